import { useId, useState, type ReactNode } from "react";
import { Link, useNavigate } from "react-router";
import { api, Refusal, type Schema } from "../api/client";
import { fieldProblem } from "../api/fields";
import { Facts, type Fact } from "../parts/basic";
import { Dialog } from "../parts/dialog";
import { Field } from "../parts/field";
import { Why } from "../parts/why";
import { reasonFor, type ReasonCode } from "../reasons";
import { Failure } from "../parts/problem";
import type { Operation } from "../state/operation";
import { plan, useChange, useCustomer, useSettings, type Customer, type ListedCustomer } from "../state/queries";
import { serverNow } from "../api/client";
import { dayAndTime, onDay, relative } from "../time";
import { counted, kindTitle, listOfKinds, nameOf, plural } from "../words";

type Props = { customer: ListedCustomer; close: () => void };
type Policy = Schema<"Kind">["policy"];

/** The customer's records of the kinds with a policy. */
function recordsOf(customer: Customer, kinds: Schema<"Kind">[], policy: Policy): Record<string, number> {
  const names = new Set(kinds.filter((kind) => kind.policy === policy).map((kind) => kind.name));
  return Object.fromEntries(Object.entries(customer.records).filter(([kind, n]) => names.has(kind) && n > 0));
}

function factsOf(customer: Customer, kinds: Schema<"Kind">[], goes: string): Fact[] {
  const along = listOfKinds(recordsOf(customer, kinds, "cascade"));
  const kept = listOfKinds(recordsOf(customer, kinds, "retain"));
  return [{ name: goes, value: along || "No records" }, ...(kept ? [{ name: "Kept by law", value: `${kept}, without personal data` }] : [])];
}

function hasBlockers(customer: Customer, kinds: Schema<"Kind">[]): boolean {
  return customer.holds.length > 0 || Object.keys(recordsOf(customer, kinds, "restrict")).length > 0;
}

/** Until when a deletion of now could be taken back; undefined: for ever. */
function restorableUntil(retention: string): number | undefined {
  const match = /^P(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?$/.exec(retention);
  if (!match) return undefined;
  const [weeks, days, hours, minutes, seconds] = match.slice(1).map((part) => Number(part ?? 0));
  return serverNow() + ((((weeks ?? 0) * 7 + (days ?? 0)) * 24 + (hours ?? 0)) * 60 + (minutes ?? 0)) * 60_000 + (seconds ?? 0) * 1000;
}

function Reason({ value, change }: { value: string; change: (reason: string) => void }) {
  return <Field label="Reason" note="optional, kept in the log" maxLength={200} value={value} change={change} />;
}

/** Shown while what a dialog tells is on its way, or when it didn't come. */
function Waiting({ title, error, close }: { title: string; error: unknown; close: () => void }) {
  return (
    <Dialog title={title} close={close}>
      {error ? <Failure what="The customer couldn’t be loaded." error={error} /> : <p aria-busy="true">Looking at what goes with it …</p>}
    </Dialog>
  );
}

const needsSecond = "A second administrator has to approve this. Its plan is made: review it, and ask for the approval.";

/** Where nobody may do it alone, an operation with this one customer is planned instead. */
async function orPlanned(change: Promise<unknown>, instead: Schema<"NewOperation">): Promise<Operation | undefined> {
  try {
    await change;
    return undefined;
  } catch (error) {
    if (error instanceof Refusal && error.code === "APPROVAL_REQUIRED") return plan(instead);
    throw error;
  }
}

/** Closes the dialog, and leads to the operation that was planned. */
function useThen(close: () => void) {
  const navigate = useNavigate();
  return (planned: Operation | undefined) => {
    close();
    if (planned) void navigate(`/operations/${planned.id}`, { state: { selection: "One customer" } });
  };
}

export function DeleteDialog({ customer: listed, close }: Props) {
  const customer = useCustomer(listed.id);
  const settings = useSettings();
  const name = nameOf(listed);
  if (!customer.data || !settings.data || customer.isFetching) {
    return <Waiting title={`Delete ${name}?`} error={customer.error ?? settings.error} close={close} />;
  }
  const { kinds, retention } = settings.data.settings;
  if (hasBlockers(customer.data.customer, kinds)) return <Blocked customer={customer.data.customer} kinds={kinds} close={close} />;
  return <Deletable customer={customer.data.customer} etag={customer.data.etag} kinds={kinds} retention={retention} close={close} />;
}

type DeletableProps = { customer: Customer; etag: string | undefined; kinds: Schema<"Kind">[]; retention: string; close: () => void };

function Deletable({ customer, etag, kinds, retention, close }: DeletableProps) {
  const [code, setCode] = useState<ReasonCode | "">("");
  const [reason, setReason] = useState("");
  const name = nameOf(customer);
  const until = restorableUntil(retention);
  const then = useThen(close);
  const remove = useChange(
    () => orPlanned(api.delete("/v1/customers/{id}", { path: { id: customer.id }, ifMatch: etag, body: reasonFor(code, reason) }), { action: "delete", selection: { ids: [customer.id] }, ...reasonFor(code, reason) }),
    (planned) => (planned ? needsSecond : `${name} is in the trash.`),
    then,
  );
  return (
    <Dialog title={`Delete ${name}?`} close={close} action={{ label: "Delete customer", icon: "trash", busy: remove.isPending, run: () => remove.mutate(undefined) }}>
      <p>
        It disappears from every list, and loses access at once. {until === undefined ? <>You can restore it <strong>at any time</strong>.</> : <>You can restore it <strong>until {dayAndTime(until)}</strong>, {relative(until + 30_000)}.</>}
      </p>
      <Facts facts={factsOf(customer, kinds, "Goes along")} />
      <Why label="Why" note="optional, shown in the list" value={code} change={setCode} />
      <Reason value={reason} change={setReason} />
      {remove.error && <Failure what="Nothing was deleted." error={remove.error} />}
    </Dialog>
  );
}

function Blocked({ customer, kinds, close }: { customer: Customer; kinds: Schema<"Kind">[]; close: () => void }) {
  const blocking = Object.entries(recordsOf(customer, kinds, "restrict"));
  return (
    <Dialog title={`${nameOf(customer)} can’t be deleted yet`} close={close}>
      <p>Nothing has changed. {blocking.length + customer.holds.length === 1 ? "This stands" : "These stand"} in the way:</p>
      <ul className="rows">
        {blocking.map(([kind, n]) => (
          <li key={kind}>
            <span className="what">{kindTitle(kind)}</span>
            <span>{counted(n, kind)}</span>
            <Link to={`/customers/${customer.id}/records/${kind}`}>View {plural(kind)}</Link>
          </li>
        ))}
        {customer.holds.map((hold) => (
          <li key={hold.id}>
            <span className="what">Legal hold</span>
            <span>
              “{hold.id}”, since {onDay(hold.time)}
            </span>
            <Link to={`/customers/${customer.id}`}>View hold</Link>
          </li>
        ))}
      </ul>
      {blocking.length > 0 && (
        <p className="small">
          {kindTitle(blocking.map(([kind]) => kind)[0] ?? "record")} can also go with the customer: <Link to="/settings/kinds">change the policy</Link>.
        </p>
      )}
    </Dialog>
  );
}

export function PurgeDialog({ customer: listed, close }: Props) {
  const customer = useCustomer(listed.id);
  const settings = useSettings();
  const name = nameOf(listed);
  if (!customer.data || !settings.data) return <Waiting title={`Permanently delete ${name}?`} error={customer.error ?? settings.error} close={close} />;
  return <Purgeable customer={customer.data.customer} kinds={settings.data.settings.kinds} close={close} />;
}

function Purgeable({ customer, kinds, close }: { customer: Customer; kinds: Schema<"Kind">[]; close: () => void }) {
  const [typed, setTyped] = useState("");
  const [reason, setReason] = useState("");
  const name = nameOf(customer);
  const { id, deletion, holds } = customer;
  const body = { confirm: typed, ...(deletion?.id ? { deletionId: deletion.id } : {}), ...(reason.trim() ? { reason: reason.trim() } : {}) };
  const then = useThen(close);
  const purge = useChange(
    () => orPlanned(api.post("/v1/customers/{id}/purge", { path: { id }, body }), { action: "purge", selection: { ids: [id] }, ...reasonFor("", reason) }),
    (planned) => (planned ? needsSecond : `The permanent deletion of ${name} has started.`),
    then,
  );
  const kept = recordsOf(customer, kinds, "retain");
  const records = Object.entries(customer.records).reduce((sum, [kind, n]) => (kind in kept ? sum : sum + n), 0);
  const unavailable = holds.length > 0 ? `Under legal hold “${holds[0]?.id ?? ""}”: lift it first.` : typed === id ? undefined : `Type ${id} to go on.`;
  return (
    <Dialog
      title={`Permanently delete ${name}?`}
      close={close}
      action={{ label: "Permanently delete", icon: "eraser", danger: true, busy: purge.isPending, unavailable, run: () => purge.mutate(undefined) }}
    >
      <p>
        <strong className="danger-text">This can’t be undone.</strong> The customer {records > 0 && `and ${counted(records, "record")} `}{records > 0 ? "are" : "is"} erased. A certificate without personal data stays.
      </p>
      <Facts facts={factsOf(customer, kinds, "Erased")} />
      <Reason value={reason} change={setReason} />
      <Field
        label={
          <>
            Type <code>{id}</code> to confirm
          </>
        }
        value={typed}
        change={(text) => setTyped(text.trim())}
        spellCheck={false}
      />
      {purge.error && <Failure what="Nothing was erased." error={purge.error} />}
    </Dialog>
  );
}

export function BlockDialog({ customer, close }: Props) {
  const [reason, setReason] = useState("");
  const name = nameOf(customer);
  const block = useChange(
    () => api.post("/v1/customers/{id}/block", { path: { id: customer.id }, body: reason.trim() ? { reason: reason.trim() } : {} }),
    () => `${name} is blocked.`,
    close,
  );
  return (
    <Dialog title={`Block ${name}?`} close={close} action={{ label: "Block customer", icon: "ban", busy: block.isPending, run: () => block.mutate(undefined) }}>
      <p>It can’t sign in until somebody unblocks it. Nothing is deleted.</p>
      <Reason value={reason} change={setReason} />
      {block.error && <Failure what="Nothing was blocked." error={block.error} />}
    </Dialog>
  );
}

export function HoldDialog({ customer, close }: Props) {
  const [hold, setHold] = useState("");
  const [reason, setReason] = useState("");
  const name = nameOf(customer);
  const place = useChange(
    () => api.put("/v1/customers/{id}/holds/{hold}", { path: { id: customer.id, hold }, body: reason.trim() ? { reason: reason.trim() } : {} }),
    () => `${name} is under legal hold.`,
    close,
  );
  const wrong = hold !== "" && !/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(hold) ? "Use letters, digits, dots, hyphens and underscores; a letter or digit first." : undefined;
  return (
    <Dialog
      form
      title={`Place a legal hold on ${name}`}
      close={close}
      action={{ label: "Place hold", icon: "lock", busy: place.isPending, unavailable: hold === "" ? "Name the hold to go on." : wrong, run: () => place.mutate(undefined) }}
    >
      <p>While it stands, the customer can be neither deleted nor permanently deleted, also when its time in the trash is over.</p>
      <Field label="Name" note="the case’s number, say" value={hold} change={(text) => setHold(text.trim())} problem={wrong} maxLength={64} spellCheck={false} />
      <Reason value={reason} change={setReason} />
      {place.error && <Failure what="The hold was not placed." error={place.error} />}
    </Dialog>
  );
}

/** The object that a text holds, or what is wrong with it. */
function parseData(text: string): { data?: Record<string, never>; problem?: string } {
  if (text.trim() === "") return { data: {} };
  try {
    const parsed: unknown = JSON.parse(text);
    if (parsed === null || typeof parsed !== "object" || Array.isArray(parsed)) return { problem: "Has to be a JSON object, such as {\"status\": \"open\"}." };
    return { data: parsed as Record<string, never> };
  } catch {
    return { problem: "Can’t be read as JSON." };
  }
}

export function AddRecord({ customer, kind: given, close }: Props & { kind?: string }) {
  const settings = useSettings();
  const kinds = settings.data?.settings.kinds ?? [];
  const [kind, setKind] = useState(given ?? "");
  const [id, setId] = useState("");
  const [text, setText] = useState("");
  const chosen = kind || kinds[0]?.name || "";
  const parsed = parseData(text);
  const add = useChange(
    () => api.post("/v1/customers/{id}/records", { path: { id: customer.id }, body: { kind: chosen, ...(id ? { id } : {}), data: parsed.data ?? {} } }),
    () => `The ${chosen} is added.`,
    close,
  );
  const kindId = useId();
  const dataId = useId();
  return (
    <Dialog
      form
      title={`Add a record to ${nameOf(customer)}`}
      close={close}
      action={{ label: "Add record", icon: "plus", busy: add.isPending, unavailable: parsed.problem ? "Mend the data to go on." : undefined, run: () => add.mutate(undefined) }}
    >
      <div className="field">
        <label htmlFor={kindId}>Kind</label>
        <select id={kindId} value={chosen} onChange={(event) => setKind(event.target.value)}>
          {kinds.map((each) => (
            <option key={each.name} value={each.name}>
              {each.name}
            </option>
          ))}
        </select>
      </div>
      <Field label="ID" note="leave it empty to have one made" value={id} change={(value) => setId(value.trim())} maxLength={64} problem={problemOf(add.error, "id")} spellCheck={false} />
      <div className="field">
        <label htmlFor={dataId}>
          Data <span className="note-inline">a JSON object, optional</span>
        </label>
        <textarea id={dataId} rows={4} spellCheck={false} value={text} aria-invalid={parsed.problem ? true : undefined} aria-describedby={`${dataId}-below`} onChange={(event) => setText(event.target.value)} />
        <p className="wrong" id={`${dataId}-below`}>
          {parsed.problem}
        </p>
      </div>
      {add.error && <Failure what="The record was not added." error={add.error} />}
    </Dialog>
  );
}

function problemOf(error: unknown, field: string): ReactNode {
  if (error instanceof Refusal && error.code === "EXISTS" && field === "id") return "There is one with this id already.";
  return fieldProblem(error, field);
}

/** The dialog for something that is done to one customer. */
export default function CustomerDialog({ what, ...props }: Props & { what: "delete" | "purge" | "block" | "hold" | "record" }) {
  switch (what) {
    case "delete":
      return <DeleteDialog {...props} />;
    case "purge":
      return <PurgeDialog {...props} />;
    case "block":
      return <BlockDialog {...props} />;
    case "hold":
      return <HoldDialog {...props} />;
    default:
      return <AddRecord {...props} />;
  }
}
