import "../detail.css";
import { lazy, Suspense, useEffect, useRef, useState } from "react";
import { Link, useLocation, useParams } from "react-router";
import { useQueryClient } from "@tanstack/react-query";
import { api, isMissing } from "../api/client";
import { Button, Empty, ButtonLink, Facts, Figures, Note, Skeleton, Time, type Fact, type Figure } from "../parts/basic";
import { Field, Tick } from "../parts/field";
import { Icon } from "../parts/icon";
import { KindTable } from "../parts/kindtable";
import { OperationTag } from "../parts/operationtag";
import { Failure } from "../parts/problem";
import { useAnnounce } from "../state/announce";
import { canUndo, decidedOf, fractionOf, isMoving, stageOf, subjects, titleOf, verbsOf, type Operation, type Stage } from "../state/operation";
import { useMay } from "../state/may";
import { outcomeOf } from "../state/outcome";
import { useChange, useOperation, useRefresh, useSettings } from "../state/queries";
import { serverNow } from "../api/client";
import { TopBar } from "../shell";
import { dayAndTime, relative, zoneOf } from "../time";
import { actor, count, counted, dollars, duration, roughly } from "../words";

const Undo = lazy(() => import("./undo"));
const DoneLead = lazy(() => import("./ended"));
const Waiting = lazy(() => import("./waiting"));
const Lists = lazy(() => import("./operationlists"));

export default function OperationPage() {
  const { id = "" } = useParams();
  const { data, error, refetch } = useOperation(id);
  useEndings(data);
  return (
    <>
      <TopBar title="Operation" back={{ to: "/operations", name: "Operations" }} quiet />
      {!data && <h1 className="visually-hidden">Operation</h1>}
      {isMissing(error) ? (
        <Empty icon="list" title="There is no such operation" actions={<ButtonLink to="/operations">Go to operations</ButtonLink>}>
          Operations are kept as long as the audit log.
        </Empty>
      ) : (
        error && (
          <div className="banner-note">
            <Failure what="The operation couldn’t be loaded." error={error} retry={() => void refetch()} />
          </div>
        )
      )}
      {!data && !error && <Skeleton rows={6} columns={3} />}
      {data && <Page key={data.id} operation={data} />}
    </>
  );
}

/** When an operation ends, lists and totals are looked at again, and the outcome is said. */
function useEndings(operation: Operation | undefined): void {
  const stage = operation && stageOf(operation);
  const before = useRef<Stage>(undefined);
  const announce = useAnnounce();
  const refresh = useRefresh();
  useEffect(() => {
    const was = before.current;
    before.current = stage;
    if (!operation || !stage || !was || was === stage) return;
    if (isMoving(was) && !isMoving(stage)) {
      announce(stage === "ready" ? "The plan is ready to review." : outcomeOf(operation).lead);
      void refresh();
    }
  }, [announce, operation, refresh, stage]);
}

function Page({ operation }: { operation: Operation }) {
  const stage = stageOf(operation);
  const planned = stage === "ready" || stage === "waiting";
  return (
    <div className="page">
      <header className="head">
        <div className="title">
          <h1>{titleOf(operation)}</h1>
          <OperationTag operation={operation} />
        </div>
        <Line operation={operation} />
        <Steps operation={operation} stage={stage} />
      </header>
      <div className="columns">
        <div className="content">
          <Lead operation={operation} stage={stage} />
          {planned && <Kinds operation={operation} stage={stage} />}
          <Suspense>
            <Lists operation={operation} stage={stage} />
          </Suspense>
          {!planned && <Kinds operation={operation} stage={stage} />}
        </div>
        <aside className="side">
          <Panel operation={operation} stage={stage} />
        </aside>
      </div>
    </div>
  );
}

function Line({ operation }: { operation: Operation }) {
  const { by, appliedBy, cancelledBy, applied, ended, created, reason } = operation;
  const selection = useSelectionInWords();
  return (
    <ul className="line">
      {selection && <li>{selection}</li>}
      {reason && <li>Reason: {reason}</li>}
      <li>
        Planned by {actor(by)}, <Time at={created} />
      </li>
      {!applied && operation.requested && (
        <li>
          Asked for by {actor(operation.requestedBy ?? by)}, <Time at={operation.requested} />
        </li>
      )}
      {operation.approvedBy && <li>Approved by {actor(operation.approvedBy)}</li>}
      {applied && (
        <li>
          Started by {actor(appliedBy ?? by)}, <Time at={applied} />
        </li>
      )}
      {cancelledBy && <li>Stopped by {actor(cancelledBy)}</li>}
      {ended && (
        <li>
          Ended <Time at={ended} />
        </li>
      )}
    </ul>
  );
}

/** What was selected, told by the page that planned it: the API doesn't tell. It may be a search text, so it stays in the history entry. */
function useSelectionInWords(): string | undefined {
  return (useLocation().state as { selection?: string } | null)?.selection;
}

const positions: Record<Stage, number> = { planning: 0, failed: 0, ready: 1, waiting: 2, expired: 1, discarded: 1, running: 2, stopping: 2, stopped: 2, done: 4 };

/** Where a second administrator is asked for, Approve comes before Run. */
function Steps({ operation, stage }: { operation: Operation; stage: Stage }) {
  const second = stage === "waiting" || operation.approvedBy !== undefined;
  const at = positions[stage] + (second && positions[stage] >= 2 && stage !== "waiting" ? 1 : 0);
  const run = stage === "stopped" ? "Stopped" : stage === "stopping" ? "Stopping" : "Run";
  return (
    <ol className="steps" aria-label="Steps">
      {["Plan", "Review", ...(second ? ["Approve"] : []), run, "Done"].map((name, index) => (
        <li key={name} className={index < at ? "past" : index === at ? "now" : "next"} aria-current={index === at ? "step" : undefined}>
          {index < at ? <Icon name="check" size={12} /> : <span className="dot" aria-hidden="true" />}
          {name}
        </li>
      ))}
    </ol>
  );
}

function recordCount(operation: Operation): number {
  return Object.values(operation.impact.records).reduce((sum, n) => sum + n, 0);
}

/** Whether records go, or come back, with the customers of this action. */
function movesRecords(operation: Operation): boolean {
  return ["delete", "restore", "undo", "purge", "replay"].includes(operation.action);
}

function Lead({ operation, stage }: { operation: Operation; stage: Stage }) {
  switch (stage) {
    case "planning":
      return <PlanningLead operation={operation} />;
    case "running":
    case "stopping":
      return <RunningLead operation={operation} stage={stage} />;
    case "done":
    case "stopped":
      return (
        <Suspense>
          <DoneLead operation={operation} stage={stage} />
        </Suspense>
      );
    case "failed":
      return (
        <Note icon="warning">
          <strong>It could not be planned.</strong> {operation.why} Nothing has changed.
        </Note>
      );
    default:
      return <ReadyLead operation={operation} stage={stage} />;
  }
}

function PlanningLead({ operation }: { operation: Operation }) {
  const { customers, eligible } = operation.impact;
  const { past } = verbsOf(operation.action);
  return (
    <>
      <div className="running-lead">
        <p>
          <strong>{count(customers)} looked at</strong>
        </p>
        <progress aria-label="Planning" />
      </div>
      <Figures
        figures={[
          { n: eligible, what: `can be ${past}, so far` },
          { n: customers - eligible, what: "can’t be, so far" },
          ...(movesRecords(operation) ? [{ n: recordCount(operation), what: "records, so far" }] : []),
        ]}
      />
      <Note>
        <strong>You can close this page.</strong> The plan is made without it, and waits here for a day.
      </Note>
    </>
  );
}

function ReadyLead({ operation, stage }: { operation: Operation; stage: Stage }) {
  const { customers, eligible } = operation.impact;
  const { past } = verbsOf(operation.action);
  const will = stage === "ready" || stage === "waiting" ? "will be" : "would have been";
  const figures: Figure[] = [
    { n: eligible, what: `${will} ${past}`, lead: true },
    { n: customers - eligible, what: "can’t be, and stay as they are" },
  ];
  if (movesRecords(operation)) figures.push({ n: recordCount(operation), what: operation.action === "purge" ? "records are erased" : "records go with them" });
  return (
    <>
      {stage === "expired" && (
        <Note icon="clock">
          <strong>Nobody ran this plan within a day.</strong> Nothing has changed. Plan it again: things may be different now.
        </Note>
      )}
      {stage === "discarded" && (
        <Note icon="close">
          <strong>This plan was discarded.</strong> Nothing has changed.
        </Note>
      )}
      <Figures figures={figures} />
    </>
  );
}

function RunningLead({ operation, stage }: { operation: Operation; stage: Stage }) {
  const { done, failed, skipped, left } = operation.progress;
  const { eligible, customers } = operation.impact;
  const fraction = fractionOf(operation);
  const { past } = verbsOf(operation.action);
  const decided = decidedOf(operation);
  return (
    <>
      <div className={operation.action === "purge" ? "running-lead danger" : "running-lead"}>
        <p>
          <strong className="big">{Math.floor(fraction * 100)} %</strong> {count(decided)} of {count(eligible)}
          <span className="right">{stage === "stopping" ? "What is under way is finished, nothing else begins" : timeLeft(operation, fraction)}</span>
        </p>
        <progress value={decided} max={Math.max(1, eligible)} aria-label={titleOf(operation)} />
      </div>
      <Figures
        figures={[
          { n: done, what: past },
          { n: failed, what: "failed", warn: failed > 0 },
          { n: left, what: "to go" },
          { n: skipped, what: customers > eligible ? "left alone, as planned" : "left alone" },
        ]}
      />
      <Note>
        <strong>You can close this page.</strong> The operation goes on, and its result stays here.
      </Note>
    </>
  );
}

function timeLeft(operation: Operation, fraction: number): string {
  const began = Date.parse(operation.retried ?? operation.applied ?? operation.created);
  const elapsed = (serverNow() - began) / 1000;
  if (fraction < 0.02 || elapsed < 2) return "";
  return `about ${roughly((elapsed / fraction) * (1 - fraction))} left`;
}

function Kinds({ operation, stage }: { operation: Operation; stage: Stage }) {
  const settings = useSettings();
  const records = Object.entries(operation.impact.records).filter(([, n]) => n > 0);
  if (records.length === 0 || !movesRecords(operation)) return null;
  const past = stage === "done" || stage === "stopped";
  const soFar = stage === "planning" ? ", so far" : "";
  const title = operation.action === "delete" ? (past ? "What went with them, as planned" : "What goes with them") : operation.action === "purge" ? "What is erased" : "What comes back with them";
  const policyOf = (name: string) => settings.data?.settings.kinds.find((kind) => kind.name === name)?.policy;
  return (
    <section className="records">
      <h2>
        {title}
        {soFar}
      </h2>
      <KindTable records={Object.fromEntries(records.toSorted(([, a], [, b]) => b - a))} last={{ head: "What happens", of: (kind) => consequence(operation.action, policyOf(kind)) }} />
    </section>
  );
}

function consequence(action: string, policy: string | undefined): string {
  if (action === "restore" || action === "undo") return "Back in every list with the customer";
  if (action === "delete") return policy === "retain" ? "Kept by law: hidden now, stripped of personal data when purged" : "Hidden with the customer, restored with it";
  return policy === "retain" ? "Kept by law, stripped of personal data" : "Erased for good";
}

function until(at: string): Fact {
  return { name: "Restorable until", value: <strong>{dayAndTime(at)}</strong>, detail: `${relative(at, serverNow() - 30_000)}, ${zoneOf(at)}` };
}

function cost(name: string, usage: Operation["estimate"], of?: Operation["estimate"]): Fact {
  return {
    name,
    value: (
      <>
        {dollars(usage.dollars)}
        {of && of.dollars >= 0.01 && <span className="soft"> of about {dollars(of.dollars)}</span>}
      </>
    ),
    detail: `${count(Math.round(usage.writeUnits))} write units, ${counted(usage.requests, "request")}; for the audit log and its own items about ${count(Math.round(usage.overhead.writeUnits))} write units more`,
  };
}

function Panel({ operation, stage }: { operation: Operation; stage: Stage }) {
  switch (stage) {
    case "planning":
      return (
        <section className="panel">
          <h2>Nothing has changed yet</h2>
          <p>Planning only counts. When it is complete, you see who goes, who can’t and what it costs, and decide then.</p>
          <div className="part">
            <Cancel operation={operation} label="Discard this plan" said="The plan is discarded." />
          </div>
        </section>
      );
    case "ready":
      return <Review operation={operation} />;
    case "waiting":
      return (
        <Suspense>
          <Waiting operation={operation} meaning={meaning(operation)} discard={<Cancel operation={operation} label="Discard this plan" said="The plan is discarded." quiet />} />
        </Suspense>
      );
    case "running":
    case "stopping":
      return <SoFar operation={operation} stage={stage} />;
    case "done":
    case "stopped":
      return <Result operation={operation} />;
    default:
      return null;
  }
}

function Review({ operation }: { operation: Operation }) {
  const client = useQueryClient();
  const [understood, setUnderstood] = useState(false);
  const [typed, setTyped] = useState("");
  const { impact, estimate, action } = operation;
  const lacking = useMay().lacking(action);
  const { eligible, restoreUntil } = impact;
  const purge = action === "purge" || action === "replay";
  const expected = String(eligible);
  const apply = useChange(
    () => api.post("/v1/operations/{operation}/apply", { path: { operation: operation.id }, body: { digest: operation.digest ?? "", acknowledged: understood, onBlocked: "skip" } }),
    ({ data }) => (data.state === "WAITING" ? "The plan waits for a second administrator." : "The operation runs."),
    ({ data }) => client.setQueryData(["operation", operation.id], data),
  );
  const hindrance =
    eligible === 0 ? "Nobody is left to do it to." : !understood ? "Tick the box to go on." : purge && typed.replaceAll(/[,. ]/g, "") !== expected ? `Type ${expected} to go on.` : undefined;
  const facts: Fact[] = [
    ...(restoreUntil ? [until(restoreUntil)] : []),
    { name: "Takes about", value: roughly(estimate.seconds ?? 1) },
    cost("Costs about", estimate),
    ...(operation.expires ? [{ name: "Plan expires", value: <Time at={operation.expires} /> }] : []),
  ];
  return (
    <section className="panel">
      <h2>Before you start</h2>
      <Facts facts={facts} aligned="right" />
      {lacking ? (
        <div className="part">
          <p className="small center">
            You can’t run this plan. Your account lacks the permission <code>{lacking}</code>.
          </p>
          <Cancel operation={operation} label="Discard this plan" said="The plan is discarded." quiet />
        </div>
      ) : (
      <div className="part">
        {purge && <p className="danger-text strong">This can’t be undone</p>}
        <Tick label="I understand the consequences" checked={understood} change={setUnderstood}>
          {meaning(operation)}
        </Tick>
        {purge && <Field label={`Type the number of customers: ${count(eligible)}`} className="short" inputMode="numeric" value={typed} change={setTyped} />}
        <Button online look={purge ? "danger-fill" : "primary"} size="full" icon={purge ? "eraser" : action === "delete" ? "trash" : "check"} unavailable={hindrance ?? (apply.isPending ? "Under way" : undefined)} onClick={() => apply.mutate(undefined)}>
          {verbsOf(action).now} {subjects(operation, eligible)}
        </Button>
        <p className="small center">{hindrance ?? "Only these customers. Later matches are not touched."}</p>
        {apply.error && <Failure what="Nothing was started." error={apply.error} />}
        <Cancel operation={operation} label="Discard this plan" said="The plan is discarded." quiet />
      </div>
      )}
    </section>
  );
}

function meaning(operation: Operation): string {
  const who = subjects(operation, operation.impact.eligible);
  const records = counted(recordCount(operation), "record");
  switch (operation.action) {
    case "delete":
      return `${who} lose access at once, and disappear from every list with ${records}.`;
    case "purge":
    case "replay":
      return `${who} and ${records} are erased. ${count(operation.impact.eligible)} certificates stay.`;
    case "restore":
      return `${who} are back in every list with ${records}. Who was blocked is still blocked.`;
    case "redate":
      return `${who} get a new purge time. Nobody becomes due without notice.`;
    default:
      return `${who} are changed.`;
  }
}

type CancelProps = { operation: Operation; label: string; said: string; quiet?: boolean; stop?: boolean };

function Cancel({ operation, label, said, quiet = false, stop = false }: CancelProps) {
  const client = useQueryClient();
  const may = useMay();
  const cancel = useChange(
    () => api.post("/v1/operations/{operation}/cancel", { path: { operation: operation.id } }),
    () => said,
    ({ data }) => client.setQueryData(["operation", operation.id], data),
  );
  if (!may("stop")) return null;
  return (
    <>
      <Button online size="full" look={quiet ? "quiet" : "default"} {...(stop ? { icon: "stop" as const } : {})} unavailable={cancel.isPending ? "Under way" : undefined} onClick={() => cancel.mutate(undefined)}>
        {label}
      </Button>
      {cancel.error && <Failure what="It goes on." error={cancel.error} />}
    </>
  );
}

function SoFar({ operation, stage }: { operation: Operation; stage: Stage }) {
  const began = operation.retried ?? operation.applied ?? operation.created;
  const { restoreUntil } = operation.impact;
  return (
    <section className="panel">
      <h2>So far</h2>
      <Facts
        aligned="right"
        facts={[
          ...(restoreUntil ? [until(restoreUntil)] : []),
          { name: "Running for", value: duration((serverNow() - Date.parse(began)) / 1000) },
          cost("Cost so far", operation.actual, operation.estimate),
        ]}
      />
      <div className="part">
        {stage === "stopping" ? (
          <p className="small center">Stopping. What is done stays done.</p>
        ) : (
          <>
            <Cancel operation={operation} label="Stop" said="The operation stops." stop />
            <p className="small center">What is done stays done.{operation.action === "delete" && " You can undo it afterwards."}</p>
          </>
        )}
      </div>
    </section>
  );
}

function Result({ operation }: { operation: Operation }) {
  const may = useMay();
  return (
    <section className="panel">
      <h2>Result</h2>
      <Facts
        aligned="right"
        facts={[
          ...(operation.actual.seconds ? [{ name: "Took", value: duration(operation.actual.seconds) }] : []),
          cost("Cost", operation.actual),
        ]}
      />
      <Suspense>{canUndo(operation) && may.many("undo") && <Undo operation={operation} />}</Suspense>
      {operation.action === "purge" && (
        <div className="part">
          <p className="small center">
            There is no undo. {may("seeCertificates") && <Link to="/certificates">View the certificates</Link>}
          </p>
        </div>
      )}
    </section>
  );
}
