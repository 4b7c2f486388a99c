import { count, kindTitle } from "../words";

type Props = {
  /** How many records there are, by kind. */
  records: Record<string, number>;
  /** The last column: its head, and what it says of a kind. */
  last?: { head: string; of: (kind: string) => string };
};

/** Records by kind. */
export function KindTable({ records, last }: Props) {
  return (
    <table className={last ? "table plain kinds" : "table plain"}>
      <thead>
        <tr>
          <th scope="col">Kind</th>
          <th scope="col" className="right">
            Count
          </th>
          {last && <th scope="col">{last.head}</th>}
        </tr>
      </thead>
      <tbody>
        {Object.entries(records).map(([kind, n]) => (
          <tr key={kind}>
            <th scope="row">{kindTitle(kind)}</th>
            <td className="right">{count(n)}</td>
            {last && <td>{last.of(kind)}</td>}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
