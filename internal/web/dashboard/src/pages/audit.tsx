import "../list.css";
import "../detail.css";
import "../audit.css";
import { useMutation } from "@tanstack/react-query";
import { Fragment, useState, type FormEvent } from "react";
import { Link, useLocation, useNavigate, useSearchParams } from "react-router";
import { serverNow } from "../api/client";
import { Button, Facts, Skeleton } from "../parts/basic";
import { Icon } from "../parts/icon";
import { Menu } from "../parts/menu";
import { Failure } from "../parts/problem";
import { why } from "../reasons";
import { byDay, isFinal, logActions, saveDay, useLog, type Format, type LogEntry, type LogFilter } from "../state/auditlog";
import { dayAfter, dayOf, wholeDay } from "../state/chart";
import { useMay } from "../state/may";
import { TopBar } from "../shell";
import { actionText, actor } from "../words";

const isDay = (text: string) => /^\d{4}-\d{2}-\d{2}$/.test(text) && !Number.isNaN(Date.parse(text));

/** The log of the whole site. The day stands in the address; who is looked for only in the history's state. */
export default function AuditPage() {
  const [search] = useSearchParams();
  const location = useLocation();
  const navigate = useNavigate();
  const today = dayOf(serverNow());
  const asked = search.get("day") ?? "";
  const day = isDay(asked) ? asked : today;
  const filter = (location.state as LogFilter | null) ?? {};
  const go = (to: string, with_: LogFilter) => void navigate({ search: to === today ? "" : `?day=${to}` }, { state: with_, replace: true });
  const log = useLog(day, filter);
  const days = byDay(log.data?.pages ?? []);
  const last = days.at(-1);
  return (
    <>
      <TopBar title="Audit log" actions={<Download day={day} />} />
      <div className="listpage">
        <div className="toolbar">
          <Days day={day} today={today} go={(to) => go(to, filter)} />
          <Filters filter={filter} change={(to) => go(day, to)} />
          <div className="aside">Days and times are UTC</div>
        </div>
        {log.error && (
          <div className="banner-note">
            <Failure what="The log couldn’t be loaded." error={log.error} retry={() => void (log.data ? log.fetchNextPage() : log.refetch())} />
          </div>
        )}
        {log.isPending && !log.error && <Skeleton rows={8} columns={5} />}
        {days.map((of) => (
          <Day key={of.day} {...of} today={today} filtered={filter.by !== undefined || filter.action !== undefined} />
        ))}
        {last && (
          <div className="more">
            <Button online unavailable={log.isFetchingNextPage ? "Under way" : undefined} onClick={() => void log.fetchNextPage()}>
              {last.more ? "Load more" : "Load the day before"}
            </Button>
          </div>
        )}
      </div>
    </>
  );
}

function Download({ day }: { day: string }) {
  const save = useMutation({ mutationFn: (format: Format) => saveDay(day, format) });
  return (
    <>
      {save.error && <span role="alert">The file couldn’t be loaded. Try again.</span>}
      <Menu
        subject={`Download ${wholeDay(day)}`}
        groups={[
          [
            { label: "As CSV", run: () => save.mutate("csv") },
            { label: "As NDJSON", run: () => save.mutate("ndjson") },
          ],
        ]}
      >
        <Icon name={save.isPending ? "spinner" : "download"} />
        Download<span className="visually-hidden"> this day</span>
      </Menu>
    </>
  );
}

function Days({ day, today, go }: { day: string; today: string; go: (day: string) => void }) {
  return (
    <>
      <Button icon="left" aria-label="Previous day" onClick={() => go(dayAfter(day, -1))} />
      <input className="day" type="date" aria-label="Day" max={today} value={day} onChange={(event) => isDay(event.target.value) && go(event.target.value)} />
      <Button icon="right" aria-label="Next day" unavailable={day >= today ? "This is today" : undefined} onClick={() => go(dayAfter(day, 1))} />
    </>
  );
}

function Filters({ filter, change }: { filter: LogFilter; change: (filter: LogFilter) => void }) {
  const [who, setWho] = useState("");
  const { by, action } = filter;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (who.trim() === "") return;
    change({ ...filter, by: who.trim() });
    setWho("");
  };
  return (
    <>
      <form className="search who" onSubmit={submit}>
        <Icon name="search" />
        <input type="search" aria-label="Who, by the subject" placeholder="Who (subject)" maxLength={512} value={who} onChange={(event) => setWho(event.target.value)} />
        <kbd aria-hidden="true">/</kbd>
      </form>
      <select className="action" aria-label="Action" value={action ?? ""} onChange={(event) => change({ ...(by ? { by } : {}), ...(event.target.value ? { action: event.target.value } : {}) })}>
        <option value="">Every action</option>
        {Object.entries(logActions).map(([name, [text]]) => (
          <option key={name} value={name}>
            {text}
          </option>
        ))}
      </select>
      {by && <Chip name="Who" value={actor(by)} remove={() => change(action ? { action } : {})} />}
      {action && <Chip name="Action" value={textOf(action)} remove={() => change(by ? { by } : {})} />}
    </>
  );
}

function Chip({ name, value, remove }: { name: string; value: string; remove: () => void }) {
  return (
    <span className="chip">
      {name} <strong>{value}</strong>
      <button type="button" aria-label={`Remove the filter: ${name.toLowerCase()}`} onClick={remove}>
        <Icon name="close" size={12} />
      </button>
    </span>
  );
}

const textOf = (action: string) => logActions[action]?.[0] ?? actionText(action);

function Day({ day, entries, more, today, filtered }: { day: string; entries: LogEntry[]; more: boolean; today: string; filtered: boolean }) {
  const title = `${day === today ? "Today, " : ""}${wholeDay(day)}`;
  return (
    <section className="logday">
      <h2>{title}</h2>
      {entries.length === 0 && <p>{more ? "Nothing matches so far." : filtered ? "Nothing matches on this day." : "Nothing is logged on this day."}</p>}
      {entries.length > 0 && (
        <table className="table edge">
          <caption className="visually-hidden">Log of {title}</caption>
          <thead>
            <tr>
              <th scope="col">Time</th>
              <th scope="col">Who</th>
              <th scope="col">Action</th>
              <th scope="col" className="wide">
                On
              </th>
              <th scope="col" className="wide">
                Why, or what
              </th>
              <th scope="col" className="c-action">
                <span className="visually-hidden">Details</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {entries.map((entry, index) => (
              <Entry key={`${entry.time} ${entry.action} ${index}`} entry={entry} />
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}

function Entry({ entry }: { entry: LogEntry }) {
  const [open, setOpen] = useState(false);
  const { time, by, action } = entry;
  const what = textOf(action);
  return (
    <Fragment>
      <tr className={open ? "selected" : undefined}>
        <td>{time.slice(11, 19)}</td>
        <td className="by">{actor(by)}</td>
        <th scope="row" className={isFinal(action) ? "danger-text" : undefined}>
          <Icon name={logActions[action]?.[1] ?? "info"} /> {what}
        </th>
        <td className="wide">
          <On entry={entry} />
        </td>
        <td className="wide">{why(entry) ?? entry.subject ?? entry.fields?.join(", ") ?? "–"}</td>
        <td className="c-action">
          <button type="button" className="button quiet caret" aria-label={`Details: ${what}, ${time.slice(11, 19)}`} aria-expanded={open} onClick={() => setOpen(!open)}>
            <Icon name="down" />
          </button>
        </td>
      </tr>
      {open && (
        <tr className="selected opened">
          <td colSpan={6}>
            <Details entry={entry} />
          </td>
        </tr>
      )}
    </Fragment>
  );
}

function On({ entry: { customer, operation } }: { entry: LogEntry }) {
  const may = useMay();
  if (customer) return may("see") ? <Link to={`/customers/${encodeURIComponent(customer)}`}>{customer}</Link> : customer;
  if (operation) return may("seeOperations") ? <Link to={`/operations/${operation}`}>Operation</Link> : "Operation";
  return "–";
}

function Details({ entry }: { entry: LogEntry }) {
  const { time, by, approvedBy, reason, reasonCode, subject, fields, requestId } = entry;
  const facts = [
    { name: "Time", value: `${time.slice(0, 10)} ${time.slice(11, 23).replace("Z", "")} UTC` },
    { name: "Who", value: actor(by) },
    { name: "Approved by", value: approvedBy },
    { name: "On", value: entry.customer || entry.operation ? <On entry={entry} /> : undefined },
    { name: "Reason", value: reasonCode ? [why({ reasonCode }), reason].filter(Boolean).join(": ") : reason },
    { name: "About", value: subject },
    { name: entry.action === "request.refused" ? "Missing" : "Changed", value: fields?.join(", ") },
    { name: "Request", value: requestId && <code>{requestId}</code> },
  ];
  return <Facts facts={facts.filter(({ value }) => value)} />;
}
