import { useQueries } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";
import { Link } from "react-router";
import { api, Refusal, type Schema } from "../api/client";
import type { Operation } from "../state/operation";
import { reasonOf } from "../state/outcome";
import { useItems, type Outcome } from "../state/growing";
import { count, nameOf } from "../words";
import { Button, Skeleton } from "./basic";
import { Failure } from "./problem";

type Props = {
  operation: Operation;
  outcome: Outcome;
  title: string;
  total: number;
  lead?: string;
  action?: ReactNode;
  /** Listed only when asked for. */
  closed?: boolean;
};

const first = 5;

/** The customers of an operation with one outcome: the first few, then all, and as CSV. */
export function Items({ operation, outcome, title, total, lead, action, closed = false }: Props) {
  const [shown, setShown] = useState(closed ? 0 : first);
  const items = useItems(operation.id, outcome, shown > 0);
  const all = items.data?.pages.flatMap((page) => page.items) ?? [];
  const listed = all.slice(0, shown);
  const names = useNames(listed.slice(0, first).map((item) => item.customer));
  const more = () => {
    if (shown >= all.length) void items.fetchNextPage();
    setShown(Number.POSITIVE_INFINITY);
  };
  return (
    <section className="records" aria-label={title}>
      <header>
        <h2>{title}</h2>
        <span className="total">{count(total)}</span>
        <div className="actions">
          <a href={`${operation.links.csv}?outcome=${outcome}`} download>
            Download CSV
          </a>
          {action}
        </div>
      </header>
      {lead && <p className="lead">{lead}</p>}
      {items.error && <Failure what="They couldn’t be listed." error={items.error} retry={() => void items.refetch()} />}
      {shown > 0 && items.isPending && !items.error && <Skeleton rows={3} columns={3} />}
      {listed.length > 0 && (
        <table className="table plain items">
          <thead>
            <tr>
              <th scope="col">Customer</th>
              <th scope="col" className="roomy">
                ID
              </th>
              <th scope="col">{outcome === "done" ? "Outcome" : "Why"}</th>
              {outcome !== "done" && (
                <th scope="col" className="right">
                  Way out
                </th>
              )}
            </tr>
          </thead>
          <tbody>
            {listed.map((item) => (
              <tr key={`${item.customer} ${item.finding ?? ""}`}>
                <th scope="row">
                  <Link to={`/customers/${item.customer}`}>{names[item.customer] ?? item.customer}</Link>
                </th>
                <td className="roomy">{item.customer}</td>
                <td>{item.finding ?? (outcome === "done" ? "Done" : reasonOf(item.code))}</td>
                {outcome !== "done" && <td className="right">{wayOut(item)}</td>}
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {total > listed.length && (
        <Button online look="quiet" className="show-all" unavailable={items.isFetchingNextPage ? "Under way" : undefined} onClick={more}>
          {listed.length <= first ? `Show all ${count(total)}` : `Show more (${count(listed.length)} of ${count(total)})`}
        </Button>
      )}
    </section>
  );
}

function wayOut({ customer, code }: Schema<"Item">): ReactNode {
  switch (code) {
    case "HAS_DEPENDENTS":
      return <Link to={`/customers/${customer}`}>View records</Link>;
    case "ON_HOLD":
      return <Link to={`/customers/${customer}`}>View hold</Link>;
    case "PURGED":
      return <Link to={`/certificates/${customer}`}>View certificate</Link>;
    case "NOT_FOUND":
      return <span className="missing">–</span>;
    default:
      return <Link to={`/customers/${customer}`}>View profile</Link>;
  }
}

/** The names of a few customers: an operation knows ids only. */
function useNames(ids: string[]): Record<string, string> {
  const found = useQueries({
    queries: ids.map((id) => ({
      queryKey: ["name", id],
      staleTime: 60_000,
      queryFn: async () => {
        try {
          return nameOf((await api.get("/v1/customers/{id}", { path: { id } })).data);
        } catch (error) {
          if (error instanceof Refusal && error.status > 0 && error.status < 500) return id;
          throw error;
        }
      },
    })),
  });
  return Object.fromEntries(ids.map((id, index) => [id, found[index]?.data ?? id]));
}
