import { useQueryClient } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";
import { api } from "../api/client";
import { Button, Facts, Time } from "../parts/basic";
import { Field, Tick } from "../parts/field";
import { Failure } from "../parts/problem";
import { acts, useMay } from "../state/may";
import { useMe } from "../state/me";
import { isOwn, subjects, type Operation } from "../state/operation";
import { useChange } from "../state/queries";
import { actor, count } from "../words";

/** The panel of a plan that a second administrator has to approve. */
export default function Waiting({ operation, meaning, discard }: { operation: Operation; meaning: string; discard: ReactNode }) {
  const digest = operation.digest ?? "";
  return (
    <section className="panel">
      <h2>A second administrator must approve this</h2>
      <Facts
        aligned="right"
        facts={[
          { name: "Asked for by", value: actor(operation.requestedBy ?? operation.by) },
          { name: "Plan", value: <code>{digest.slice(0, 4)} {digest.slice(4, 8)} … {digest.slice(-4)}</code> },
          ...(operation.expires ? [{ name: "Expires", value: <Time at={operation.expires} /> }] : []),
        ]}
      />
      <div className="part">
        <Approve operation={operation} meaning={meaning} />
        {discard}
      </div>
    </section>
  );
}

function Approve({ operation, meaning }: { operation: Operation; meaning: string }) {
  const client = useQueryClient();
  const me = useMe();
  const may = useMay();
  const [understood, setUnderstood] = useState(false);
  const [typed, setTyped] = useState("");
  const { eligible } = operation.impact;
  const purge = operation.action === "purge";
  const approve = useChange(
    () => api.post("/v1/operations/{operation}/approve", { path: { operation: operation.id }, body: { digest: operation.digest ?? "" } }),
    () => "The operation is approved, and runs.",
    ({ data }) => client.setQueryData(["operation", operation.id], data),
  );
  if (!may("approve")) {
    return (
      <p className="small center">
        You can’t approve it. Your account lacks the permission <code>{acts.approve.needs.join(" or ")}</code>.
      </p>
    );
  }
  if (isOwn(operation, me?.subject)) {
    return (
      <>
        <Button size="full" icon="check" unavailable="It is your own">
          Approve
        </Button>
        <p className="small center">{me?.subject === operation.by ? "You planned it" : "You asked for it"}, so somebody else has to approve it.</p>
      </>
    );
  }
  const hindrance = !understood ? "Tick the box to go on." : purge && typed.replaceAll(/[,. ]/g, "") !== String(eligible) ? `Type ${eligible} to go on.` : undefined;
  return (
    <>
      {purge && <p className="danger-text strong">This can’t be undone</p>}
      <Tick label="I understand the consequences" checked={understood} change={setUnderstood}>
        {meaning}
      </Tick>
      {purge && <Field label={`Type the number of customers: ${count(eligible)}`} className="short" inputMode="numeric" value={typed} change={setTyped} />}
      <Button online size="full" look={purge ? "danger-fill" : "primary"} icon="check" unavailable={hindrance ?? (approve.isPending ? "Under way" : undefined)} onClick={() => approve.mutate(undefined)}>
        Approve for {subjects(operation, eligible)}
      </Button>
      <p className="small center">{hindrance ?? "It starts at once. The log names you, and who asked for it."}</p>
      {approve.error && <Failure what="Nothing was started." error={approve.error} />}
    </>
  );
}
