import { useNavigate } from "react-router";
import { serverNow } from "../api/client";
import { Chart, Waiting } from "../parts/chart";
import { Failure } from "../parts/problem";
import { dayOf, daysFrom, highest, total, wholeDay } from "../state/chart";
import { dueOn, looksBack, useDays, useForecast, type Forecast } from "../state/days";
import { useMay } from "../state/may";
import { count } from "../words";

/** The days that the overview looks ahead. */
const ahead = 30;

const dueTitle = `Becomes due on each of the next ${ahead} days`;
const pastTitle = "Deleted, restored and purged a day";

export default function OverviewCharts() {
  return (
    <>
      {useMay()("forecast") && <Due />}
      <Past />
    </>
  );
}

function Due() {
  const { data, error, refetch } = useForecast();
  const navigate = useNavigate();
  if (error) return <Broken title={dueTitle} what="What becomes due couldn’t be counted." error={error} retry={() => void refetch()} />;
  if (!data) return <Waiting title={dueTitle} />;
  const days = daysFrom(dayOf(serverNow()), ahead);
  const values = dueOn(days, data);
  return (
    <Chart
      title={dueTitle}
      summary={dueSummary(data, days, values)}
      days={days}
      series={[{ name: "Due", look: "trash", values }]}
      unit="Become due"
      said={(at) => `${count(values[at] ?? 0)} become due`}
      start={0}
      // The trash lists who is due first, first. It can't be asked for a day.
      open={{ to: () => "/deleted-customers", go: (to) => void navigate(to) }}
      empty={`Nothing becomes due in the next ${ahead} days.`}
    />
  );
}

function dueSummary({ inTrash, held, complete }: Forecast, days: string[], values: number[]) {
  const due = total(values);
  const most = highest(values);
  return (
    <>
      {count(due)} of the {complete ? "" : "first "}
      {count(inTrash)} in the trash.
      {held > 0 && ` ${count(held)} ${held === 1 ? "is on hold and doesn’t" : "are on hold and don’t"} become due.`}
      {most !== undefined && <span className="visually-hidden"> Most on {wholeDay(days[most] ?? "")}: {count(values[most] ?? 0)}.</span>}
    </>
  );
}

function Past() {
  const { data, error, refetch } = useDays();
  const navigate = useNavigate();
  const logged = useMay()("seeAudit");
  if (error) return <Broken title={pastTitle} what="The past days couldn’t be loaded." error={error} retry={() => void refetch()} />;
  if (!data) return <Waiting title={pastTitle} strips={3} />;
  const days = data.map(({ day }) => day);
  const series = [
    { name: "Deleted", look: "trash" as const, values: data.map(({ deleted }) => deleted) },
    { name: "Restored", look: "accent" as const, values: data.map(({ restored }) => restored) },
    { name: "Purged", look: "danger" as const, values: data.map(({ purged }) => purged) },
  ];
  return (
    <Chart
      title={pastTitle}
      note={`${looksBack} days, same scale`}
      summary={pastSummary(days, series)}
      days={days}
      series={series}
      unit=""
      said={(at) => series.map(({ name, values }) => `${count(values[at] ?? 0)} ${name.toLowerCase()}`).join(", ")}
      start={days.length - 1}
      {...(logged ? { open: { to: (day: string) => `/audit?day=${day}`, go: (to: string) => void navigate(to) } } : {})}
      empty={`Nothing happened in the past ${looksBack} days.`}
    />
  );
}

function pastSummary(days: string[], series: { name: string; values: number[] }[]) {
  const parts = series.map(({ name, values }) => {
    const most = highest(values);
    return `${name} ${count(total(values))}${most === undefined ? "" : `, most on ${wholeDay(days[most] ?? "")}`}`;
  });
  return <span className="visually-hidden">{parts.join("; ")}.</span>;
}

function Broken({ title, what, error, retry }: { title: string; what: string; error: unknown; retry: () => void }) {
  return (
    <section className="chart-section">
      <header>
        <h3>{title}</h3>
      </header>
      <div className="chart broken">
        <Failure what={what} error={error} retry={retry} />
      </div>
    </section>
  );
}
