import { api, type Schema } from "../api/client";
import { Button, Facts, Time } from "../parts/basic";
import { Failure } from "../parts/problem";
import { changesOf, type Access } from "../state/access";
import { acts, useMay } from "../state/may";
import { useMe } from "../state/me";
import { useChange } from "../state/queries";
import { actor } from "../words";

export const waits = "Waiting for a second administrator. The rules in force have not changed.";

/** A change of the rules that a second administrator has to approve. */
export function Proposed({ access, proposal }: { access: Access; proposal: Schema<"Proposal"> }) {
  const may = useMay();
  return (
    <section className="panel proposed" aria-label="Proposed change">
      <h3>{waits}</h3>
      <Facts
        facts={[
          { name: "Proposed by", value: actor(proposal.by) },
          { name: "When", value: <Time at={proposal.time} /> },
        ]}
      />
      <table className="table plain">
        <caption className="visually-hidden">What would change</caption>
        <thead>
          <tr>
            <th scope="col">What changes</th>
            <th scope="col">In force</th>
            <th scope="col">Proposed</th>
          </tr>
        </thead>
        <tbody>
          {changesOf(access, proposal).map(({ name, before, after }) => (
            <tr key={name}>
              <th scope="row">{name}</th>
              <td>{before}</td>
              <td>{after}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {may("approveAccess") || may("discardAccess") ? <Decide proposal={proposal} /> : <Lacking />}
    </section>
  );
}

function Lacking() {
  return (
    <p className="small">
      You can’t approve it. Your account lacks the permission <code>{acts.approveAccess.needs.join(" or ")}</code>.
    </p>
  );
}

function Decide({ proposal: { by, digest } }: { proposal: Schema<"Proposal"> }) {
  const may = useMay();
  const own = useMe()?.subject === by;
  const approve = useChange(
    () => api.post("/v1/access/approve", { body: { digest } }),
    () => "The change is approved, and in force.",
  );
  const discard = useChange(
    () => api.post("/v1/access/discard", { body: { digest } }),
    () => "The proposed change is discarded.",
  );
  const busy = approve.isPending || discard.isPending ? "Under way" : undefined;
  return (
    <>
      <div className="actions">
        {may("approveAccess") && (
          <Button online look="primary" icon="check" unavailable={own ? "It is your own" : busy} onClick={() => approve.mutate(undefined)}>
            Approve
          </Button>
        )}
        {may("discardAccess") && (
          <Button online look="quiet" unavailable={busy} onClick={() => discard.mutate(undefined)}>
            Discard
          </Button>
        )}
        {own && <span className="reason">You proposed it, so another administrator has to approve it.</span>}
      </div>
      {!may("approveAccess") && <Lacking />}
      {(approve.error ?? discard.error) && <Failure what="The rules have not changed." error={approve.error ?? discard.error} />}
    </>
  );
}
