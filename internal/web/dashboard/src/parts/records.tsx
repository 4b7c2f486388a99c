import { lazy, Suspense, useState } from "react";
import { Link } from "react-router";
import type { Schema } from "../api/client";
import { useRecords } from "../state/growing";
import { useMay } from "../state/may";
import { exactly, onDay } from "../time";
import { count, counted, fieldTitle, kindTitle, plural, sentence } from "../words";
import { Button, Skeleton, Tag } from "./basic";
import { Failure } from "./problem";

const RemoveDialog = lazy(() => import("./removedialog"));

type Record_ = Schema<"Record">;
type Data = { [field: string]: unknown };

/** A column of a kind's table: what the first records show most of. */
type Shown = { field: string; kind: "date" | "text" | "status" | "amount"; right: boolean; text: (data: Data) => string; title?: (data: Data) => string };

const isDate = (value: unknown): value is string => typeof value === "string" && /^\d{4}-\d\d-\d\d(T[\d:.]+Z)?$/.test(value);
const isText = (value: unknown): value is string => typeof value === "string" && !isDate(value);
const moments = ["start", "issued", "received", "opened", "started", "sent", "made", "paid", "at", "created", "launched"];
const titles = ["service", "subject", "title", "text", "message", "domain", "product", "description", "method", "consent"];
const amounts = ["total", "amount", "price", "granted"];

/** Fields that never stand for a record by themselves. */
const aside = new Set(["status", "currency"]);

function pick(all: Data[], wanted: string[], fits: (value: unknown) => boolean): string | undefined {
  const fields = [...new Set(all.flatMap((data) => Object.keys(data)))].filter((field) => !aside.has(field) && all.some((data) => fits(data[field])));
  return wanted.find((field) => fields.includes(field)) ?? fields[0];
}

/** Columns that a small screen leaves out: it shows when, and how much or else what. */
function isRoomy(column: Shown, all: Shown[]): boolean {
  return column.kind === "status" || (column.kind === "text" && all.some(({ kind }) => kind === "amount"));
}

function classOf(column: Shown, all: Shown[]): string {
  return [`w-${column.kind}`, column.right && "right", isRoomy(column, all) && "roomy"].filter(Boolean).join(" ");
}

/** The columns for records of a kind that nothing is known about but its data. */
export function columnsOf(records: Record_[]): Shown[] {
  const all = records.map((record) => record.data as Data);
  const moment = pick(all, moments, isDate);
  const title = pick(all, titles, isText);
  const amount = amounts.find((field) => all.some((data) => typeof data[field] === "number"));
  const status = all.some((data) => isText(data["status"])) ? "status" : undefined;
  const columns: Shown[] = [];
  if (moment) columns.push({ field: moment, kind: "date", right: false, text: (data) => (isDate(data[moment]) ? onDay(data[moment]) : "–"), title: (data) => (isDate(data[moment]) ? exactly(data[moment]) : "") });
  if (title) columns.push({ field: title, kind: "text", right: false, text: (data) => String(data[title] ?? "–") });
  if (status) columns.push({ field: status, kind: "status", right: amount === undefined, text: (data) => sentence(String(data[status] ?? "–")) });
  if (amount) columns.push({ field: amount, kind: "amount", right: true, text: (data) => money(data[amount], data["currency"]) });
  return columns;
}

function money(amount: unknown, currency: unknown): string {
  if (typeof amount !== "number") return "–";
  if (typeof currency === "string" && /^[A-Z]{3}$/.test(currency)) return amount.toLocaleString("en-GB", { style: "currency", currency });
  return amount.toLocaleString("en-GB");
}

type SectionProps = {
  customer: string;
  kind: string;
  total: number;
  policy: Schema<"Kind">["policy"] | undefined;
  /** Only the first few, with a link to all; otherwise page after page. */
  few: boolean;
  add: () => void;
};

const first = 5;
const page = 50;

/** The records of one kind: the first ones, or all. */
export function RecordSection({ customer, kind, total, policy, few, add }: SectionProps) {
  const records = useRecords(customer, kind, few ? first : page);
  const [ticked, setTicked] = useState<ReadonlySet<string>>(new Set());
  const [asking, setAsking] = useState(false);
  const may = useMay();
  const removable = may("removeRecord");
  const shown = records.data?.pages.flatMap((each) => each.records) ?? [];
  const columns = columnsOf(shown);
  const tick = (keys: string[], on: boolean) => {
    const next = new Set(ticked);
    for (const key of keys) {
      if (on) next.add(key);
      else next.delete(key);
    }
    setTicked(next);
  };
  const chosen = shown.filter((record) => ticked.has(record.key));
  const title = kindTitle(kind);
  return (
    <section className="records" aria-label={title}>
      <header>
        <h2>{title}</h2>
        <span className="total">{count(total)}</span>
        {policy === "restrict" && total > 0 && (
          <Tag look="outline" icon="lock">
            Blocks deletion
          </Tag>
        )}
        {policy === "retain" && <Tag icon="shield">Kept by law</Tag>}
        <div className="actions">
          {chosen.length > 0 ? (
            <>
              <span>{count(chosen.length)} selected</span>
              <Button look="danger" icon="eraser" size="bar" onClick={() => setAsking(true)}>
                Remove {counted(chosen.length, kind)}…
              </Button>
            </>
          ) : (
            may("addRecord") && (
              <Button look="quiet" icon="plus" size="bar" aria-label={`Add: ${kind}`} onClick={add}>
                Add
              </Button>
            )
          )}
          {few && total > shown.length && shown.length > 0 && <Link to={`/customers/${customer}/records/${kind}`} aria-label={`Show all ${count(total)} ${plural(kind)}`}>Show all {count(total)}</Link>}
        </div>
      </header>
      {records.error && <Failure what={`${title} couldn’t be loaded.`} error={records.error} retry={() => void records.refetch()} />}
      {records.isPending && !records.error && <Skeleton rows={Math.min(3, Math.max(total, 1))} columns={4} />}
      {records.data && shown.length === 0 && <p className="none">No {plural(kind)}.</p>}
      {shown.length > 0 && (
        <table className="table plain">
          <thead>
            <tr>
              {removable && (
                <th scope="col" className="c-tick">
                  <label className="box">
                    <input type="checkbox" aria-label={`Select all ${plural(kind)} shown`} checked={chosen.length === shown.length} onChange={(event) => tick(shown.map((record) => record.key), event.target.checked)} />
                  </label>
                </th>
              )}
              <th scope="col">ID</th>
              {columns.map((column) => (
                <th key={column.field} scope="col" className={classOf(column, columns)}>
                  {fieldTitle(column.field)}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {shown.map((record) => (
              <Row key={record.key} record={record} columns={columns} ticked={ticked.has(record.key)} tick={removable ? (on) => tick([record.key], on) : undefined} />
            ))}
          </tbody>
        </table>
      )}
      {!few && records.hasNextPage && (
        <Button online look="quiet" unavailable={records.isFetchingNextPage ? "Under way" : undefined} onClick={() => void records.fetchNextPage()}>
          Show more
        </Button>
      )}
      <Suspense>{asking && <RemoveDialog customer={customer} kind={kind} records={chosen} close={() => setAsking(false)} done={() => setTicked(new Set())} />}</Suspense>
    </section>
  );
}

function Row({ record, columns, ticked, tick }: { record: Record_; columns: Shown[]; ticked: boolean; tick: ((on: boolean) => void) | undefined }) {
  const data = record.data as Data;
  return (
    <tr className={ticked ? "selected" : undefined}>
      {tick && (
        <td className="c-tick">
          <label className="box">
            <input type="checkbox" aria-label={`Select ${record.kind} ${record.id}`} checked={ticked} onChange={(event) => tick(event.target.checked)} />
          </label>
        </td>
      )}
      <th scope="row">{record.id}</th>
      {columns.map((column) => (
        <td key={column.field} className={classOf(column, columns)} title={column.title?.(data)}>
          {column.text(data)}
        </td>
      ))}
    </tr>
  );
}
