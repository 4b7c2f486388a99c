import { serverNow } from "../api/client";
import { Chart, Waiting } from "../parts/chart";
import { Failure } from "../parts/problem";
import { dayOf, daysFrom, highest, wholeDay } from "../state/chart";
import { dueOn, useForecast, type Forecast } from "../state/days";
import { count, counted, period } from "../words";
import { dayAndTime } from "../time";

/** The days that the preview looks ahead. */
const ahead = 30;

const title = "Becomes due on each of the next 30 days";

/** What a retention would change, before it is saved. */
export default function Preview({ now, wanted }: { now: string; wanted: string }) {
  const before = useForecast();
  const after = useForecast(wanted);
  const error = before.error ?? after.error;
  return (
    <section className="panel preview" aria-label="Preview">
      <h2>
        Preview: from {period(now)} to {period(wanted)}
      </h2>
      {error && <Failure what="There is no preview." error={error} retry={() => void Promise.all([before.refetch(), after.refetch()])} />}
      {!error && (!before.data || !after.data) && <Waiting title={title} strips={2} />}
      {before.data && after.data && !error && <Compared before={before.data} after={after.data} wanted={wanted} />}
    </section>
  );
}

function Compared({ before, after, wanted }: { before: Forecast; after: Forecast; wanted: string }) {
  const days = daysFrom(dayOf(serverNow()), ahead);
  const series = [
    { name: "As it is", look: "trash" as const, values: dueOn(days, before) },
    { name: `With ${wanted === "never" ? "no end" : period(wanted)}`, look: "trash" as const, values: dueOn(days, after) },
  ];
  return (
    <>
      <p>{consequence(after)}</p>
      <Chart
        title={title}
        note="same scale"
        summary={<span className="visually-hidden">{series.map(({ name, values }) => sentenceOf(name, days, values)).join(" ")}</span>}
        days={days}
        series={series}
        unit=""
        said={(at) => series.map(({ name, values }) => `${name.toLowerCase()}: ${count(values[at] ?? 0)}`).join(", ")}
        start={highest(series[1]?.values ?? []) ?? 0}
        empty={`Nothing becomes due in the next ${ahead} days.`}
      />
      <Rest after={after} />
    </>
  );
}

function sentenceOf(name: string, days: string[], values: number[]): string {
  const most = highest(values);
  return most === undefined ? `${name}: nothing becomes due.` : `${name}: most on ${wholeDay(days[most] ?? "")}, ${count(values[most] ?? 0)}.`;
}

function consequence({ inTrash, complete, dueNow, earliest }: Forecast) {
  const who = inTrash === 1 ? "the one" : `all ${complete ? "" : "of the first "}${count(inTrash)}`;
  const then = dueNow > 0 ? `${counted(dueNow, "customer")} would be due at once` : earliest ? `the first would be due on ${dayAndTime(earliest)}` : "nobody would become due";
  return (
    <>
      If {who} now in the trash went by it, <strong>{then}</strong>.
    </>
  );
}

/** Who isn't in the chart. */
function Rest({ after: { later, never, held } }: { after: Forecast }) {
  const parts = [later > 0 && `${count(later)} later`, never > 0 && `${count(never)} never`, held > 0 && `${count(held)} not while on hold`].filter(Boolean);
  return parts.length > 0 && <p className="small">Besides: {parts.join(", ")}.</p>;
}
