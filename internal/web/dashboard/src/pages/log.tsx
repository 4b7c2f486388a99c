import { Button, Skeleton, Time } from "../parts/basic";
import { Failure } from "../parts/problem";
import { useAudit } from "../state/growing";
import { actionText, actor, fieldTitle } from "../words";

/** What was done to a customer. */
export default function Log({ id }: { id: string }) {
  const audit = useAudit(id);
  const entries = audit.data?.pages.flatMap((page) => page.entries) ?? [];
  return (
    <section className="records" aria-label="Log">
      {audit.error && <Failure what="The log couldn’t be loaded." error={audit.error} retry={() => void audit.refetch()} />}
      {audit.isPending && !audit.error && <Skeleton rows={5} columns={4} />}
      {audit.data && entries.length === 0 && <p className="none">Nothing is logged yet. A change shows up here a moment after it was made.</p>}
      {entries.length > 0 && (
        <table className="table plain">
          <thead>
            <tr>
              <th scope="col">When</th>
              <th scope="col">Who</th>
              <th scope="col">Action</th>
              <th scope="col">Why, or what</th>
            </tr>
          </thead>
          <tbody>
            {entries.map((entry, index) => (
              <tr key={`${entry.time} ${index}`}>
                <td>
                  <Time at={entry.time} />
                </td>
                <td>{actor(entry.by)}</td>
                <th scope="row" className={entry.action === "customer.purged" || entry.action === "purge.started" ? "danger-text" : undefined}>
                  {actionText(entry.action)}
                </th>
                <td>{[entry.reason, entry.subject, entry.fields?.map((field) => fieldTitle(field)).join(", ")].filter(Boolean).join(" · ") || "–"}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {audit.hasNextPage && (
        <Button online look="quiet" onClick={() => void audit.fetchNextPage()}>
          Show more
        </Button>
      )}
    </section>
  );
}

