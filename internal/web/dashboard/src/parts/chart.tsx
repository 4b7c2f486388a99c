import "../chart.css";
import { memo, useId, useLayoutEffect, useRef, useState, type KeyboardEvent, type PointerEvent, type ReactNode } from "react";
import { Link } from "react-router";
import { highest, moved, namedDay, namedMondays, shortDay, stepsUpTo, total, wholeDay } from "../state/chart";
import { count } from "../words";
import { Button } from "./basic";

export type Series = { name: string; look: "trash" | "accent" | "danger"; values: number[] };

type ChartProps = {
  title: string;
  note?: ReactNode;
  /** One sentence about the whole: it is shown, and describes the chart to a screen reader. */
  summary: ReactNode;
  days: string[];
  /** One is drawn as a plot, several as strips below one another on one scale. */
  series: Series[];
  /** What happens on a day, after its date: "281 become due". */
  said: (at: number) => string;
  /** The head of the column of numbers, where there is one series. */
  unit: string;
  /** Where the first step of the keyboard begins. */
  start: number;
  /** The list of a day. */
  open?: { to: (day: string) => string; go: (to: string) => void };
  /** Said on the foot where all is 0. */
  empty: string;
};

/** Numbers by day, as a chart or as a table. */
export function Chart(props: ChartProps) {
  const [asTable, setAsTable] = useState(false);
  const heading = useId();
  return (
    <section className="chart-section" aria-labelledby={heading}>
      <header>
        <h3 id={heading}>{props.title}</h3>
        {props.note && <span className="note-inline">{props.note}</span>}
        <Button look="quiet" size="bar" icon="columns" aria-pressed={asTable} onClick={() => setAsTable(!asTable)}>
          Show as table
        </Button>
      </header>
      <p className="lead" id={`${heading}-summary`}>
        {props.summary}
      </p>
      {asTable ? <Table {...props} /> : <Plot {...props} describedBy={`${heading}-summary`} />}
    </section>
  );
}

/** Measures an element, so that nothing in the drawing is scaled. */
function useWidth(): [React.RefObject<HTMLDivElement | null>, number] {
  const ref = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(0);
  useLayoutEffect(() => {
    const element = ref.current;
    if (!element) return undefined;
    const measure = () => setWidth(Math.floor(element.getBoundingClientRect().width));
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  return [ref, width];
}

/** Pixels of the drawing. */
const size = { top: 24, foot: 28, plot: 132, strip: 50, between: 20, gutter: 44, names: 124, name: 56, wide: 560 };

type Frame = { width: number; height: number; left: number; column: number; bottoms: number[]; plot: number; named: boolean };

function frameOf(width: number, days: number, strips: number): Frame {
  const several = strips > 1;
  const named = several && width < size.wide;
  const left = several && !named ? size.names : size.gutter;
  const plot = several ? size.strip : size.plot;
  const between = named ? 2 * size.between : size.between;
  const first = size.top + (named ? size.between : 0) + plot;
  const bottoms = Array.from({ length: strips }, (_, index) => first + index * (plot + between));
  return { width, height: (bottoms.at(-1) ?? first) + size.foot, left, column: (width - left) / days, bottoms, plot, named };
}

/** The width of a bar. */
const barOf = ({ column }: Frame) => Math.max(1, column * 0.68);

const middle = ({ left, column }: Frame, at: number) => left + (at + 0.5) * column;

function Plot({ title, days, series, said, start, open, empty, describedBy }: ChartProps & { describedBy: string }) {
  const [ref, width] = useWidth();
  const [at, setAt] = useState(start);
  const [hover, setHover] = useState<number>();
  const [focused, setFocused] = useState(false);
  const frame = frameOf(width, days.length, series.length);
  const steps = stepsUpTo(Math.max(...series.flatMap(({ values }) => values)), series.length > 1 ? 1 : 3);
  const shown = hover ?? (focused ? at : undefined);
  const go = (index: number) => open?.go(open.to(days[index] ?? ""));
  const pressed = (event: KeyboardEvent) => {
    const to = moved(event.key, at, days.length);
    if (event.key === "Enter") go(at);
    if (to === undefined) return;
    event.preventDefault();
    setHover(undefined);
    setAt(to);
  };
  const under = (event: PointerEvent<HTMLElement>) => {
    const x = event.clientX - event.currentTarget.getBoundingClientRect().left - frame.left;
    return x < 0 ? undefined : Math.min(days.length - 1, Math.floor(x / frame.column));
  };
  return (
    <div
      ref={ref}
      className={["chart", series.length > 1 && "strips", open && "leads"].filter(Boolean).join(" ")}
      role="slider"
      tabIndex={0}
      aria-label={title}
      aria-describedby={describedBy}
      aria-valuemin={0}
      aria-valuemax={days.length - 1}
      aria-valuenow={at}
      aria-valuetext={`${wholeDay(days[at] ?? "")}, ${said(at)}`}
      onKeyDown={pressed}
      onFocus={() => setFocused(true)}
      onBlur={() => setFocused(false)}
      onPointerMove={(event) => setHover(under(event))}
      onPointerLeave={() => setHover(undefined)}
      onClick={() => hover !== undefined && go(hover)}
    >
      {width > 0 && (
        <svg width={width} height={frame.height} aria-hidden="true">
          {hover !== undefined && <Column frame={frame} at={hover} look="tint" />}
          <Axes frame={frame} steps={steps} />
          {series.map((each, index) => (
            <Bars key={each.name} frame={frame} strip={index} series={each} top={steps.at(-1) ?? 1} />
          ))}
          {series.length > 1 && <Names frame={frame} series={series} />}
          <Highest frame={frame} series={series} days={days} top={steps.at(-1) ?? 1} shown={shown} />
          <Dates frame={frame} days={days} shown={series.length > 1 ? undefined : shown} />
          {shown !== undefined && <Day frame={frame} series={series} days={days} at={shown} />}
          {focused && <Column frame={frame} at={at} look="ring" />}
          {series.every(({ values }) => total(values) === 0) && (
            <text className="empty-foot" x={frame.left + 8} y={(frame.bottoms.at(-1) ?? 0) - 8}>
              {empty}
            </text>
          )}
        </svg>
      )}
    </div>
  );
}

/** The column of a day, from its number to its foot. */
function Column({ frame, at, look }: { frame: Frame; at: number; look: "tint" | "ring" }) {
  const width = Math.max(frame.column - 1, 6);
  const top = frame.bottoms.length > 1 ? size.top - 4 : size.top - 3;
  const bottom = (frame.bottoms.at(-1) ?? 0) + 3;
  const x = Math.min(frame.width - width - 1, Math.max(1, middle(frame, at) - width / 2));
  return <rect className={look} x={x} y={top} width={width} height={bottom - top} rx={4} />;
}

function Axes({ frame, steps }: { frame: Frame; steps: number[] }) {
  const top = steps.at(-1) ?? 1;
  return frame.bottoms.map((bottom) =>
    steps.map((step) => {
      const y = Math.round(bottom - (step / top) * frame.plot) + 0.5;
      return (
        <g key={`${bottom} ${step}`}>
          <line className={step === 0 ? "base" : "step"} x1={frame.left} x2={frame.width} y1={y} y2={y} />
          <text className="number" x={frame.left - 9} y={y + 4}>
            {count(step)}
          </text>
        </g>
      );
    }),
  );
}

/** One has at least 2 px, zero has no bar. */
function heightOf(value: number, top: number, plot: number): number {
  return value === 0 ? 0 : Math.max(2, (value / top) * plot);
}

const Bars = memo(function Bars({ frame, strip, series, top }: { frame: Frame; strip: number; series: Series; top: number }) {
  const bottom = frame.bottoms[strip] ?? 0;
  const width = barOf(frame);
  return series.values.map((value, index) => {
    const height = heightOf(value, top, frame.plot);
    return height > 0 && <rect key={index} className={`mark ${series.look}`} x={middle(frame, index) - width / 2} y={bottom - height} width={width} height={height} rx={width > 4 ? 1 : 0} />;
  });
});

function Names({ frame, series }: { frame: Frame; series: Series[] }) {
  return series.map(({ name, values }, index) => {
    const bottom = frame.bottoms[index] ?? 0;
    const sum = count(total(values));
    if (frame.named) {
      return (
        <text key={name} x={0} y={bottom - frame.plot - 12}>
          <tspan className="name">{name}</tspan> <tspan dx={6}>{sum}</tspan>
        </text>
      );
    }
    return (
      <g key={name}>
        <text className="name" x={0} y={bottom - frame.plot / 2 + 2}>
          {name}
        </text>
        <text x={0} y={bottom - frame.plot / 2 + 18}>
          {sum}
        </text>
      </g>
    );
  });
}

/** The number of the highest bar, the only one that is always there. It makes room for the number of the day that is looked at. */
function Highest({ frame, series, days, top, shown }: { frame: Frame; series: Series[]; days: string[]; top: number; shown: number | undefined }) {
  const several = series.length > 1;
  const room = several ? 128 : 48;
  return series.map(({ name, values }, index) => {
    const at = highest(values);
    if (at === undefined || (shown !== undefined && Math.abs(middle(frame, shown) - middle(frame, at)) < room)) return null;
    const value = values[at] ?? 0;
    const bottom = frame.bottoms[index] ?? 0;
    const x = middle(frame, at);
    if (!several) {
      return (
        <text key={name} className="number strong center" x={Math.min(frame.width - 18, Math.max(18, x))} y={bottom - heightOf(value, top, frame.plot) - 6}>
          {count(value)}
        </text>
      );
    }
    const before = x + room > frame.width;
    const beside = barOf(frame) / 2 + 8;
    return (
      <text key={name} className={before ? "haloed number" : "haloed"} x={x + (before ? -beside : beside)} y={Math.min(bottom - 6, bottom - heightOf(value, top, frame.plot) + 10)}>
        {count(value)} on {shortDay(days[at] ?? "")}
      </text>
    );
  });
}

function Dates({ frame, days, shown }: { frame: Frame; days: string[]; shown: number | undefined }) {
  const y = (frame.bottoms.at(-1) ?? 0) + 19;
  const inside = (x: number, half: number) => Math.min(frame.width - half, Math.max(half, x));
  return (
    <>
      {namedMondays(days, frame.column, size.name).map((at) => {
        const x = middle(frame, at);
        const covered = shown !== undefined && Math.abs(x - middle(frame, shown)) < 62;
        return (
          !covered &&
          x + 20 <= frame.width && (
            <text key={at} className="center" x={x} y={y}>
              {shortDay(days[at] ?? "")}
            </text>
          )
        );
      })}
      {shown !== undefined && (
        <text className="center strong" x={inside(middle(frame, shown), 36)} y={y}>
          {namedDay(days[shown] ?? "")}
        </text>
      )}
    </>
  );
}

/** The day under the pointer or the focus: its number above the plot; through strips a line, with a number beside it in each. */
function Day({ frame, series, days, at }: { frame: Frame; series: Series[]; days: string[]; at: number }) {
  const x = middle(frame, at);
  const [first] = series;
  if (series.length === 1 && first) {
    return (
      <text className="center strong" x={Math.min(frame.width - 18, Math.max(18, x))} y={size.top - 10}>
        {count(first.values[at] ?? 0)}
      </text>
    );
  }
  const before = x + 48 > frame.width;
  return (
    <>
      <line className="through" x1={x} x2={x} y1={size.top - 6} y2={frame.bottoms.at(-1)} />
      <text className="center strong" x={Math.min(frame.width - 36, Math.max(36, x))} y={size.top - 12}>
        {namedDay(days[at] ?? "")}
      </text>
      {series.map(({ name, values }, index) => (
        <text key={name} className={before ? "haloed strong number" : "haloed strong"} x={x + (before ? -8 : 8)} y={(frame.bottoms[index] ?? 0) - frame.plot + 14}>
          {count(values[at] ?? 0)}
        </text>
      ))}
    </>
  );
}

/** The same numbers in the same place. */
function Table({ title, unit, days, series, open }: ChartProps) {
  const [only] = series;
  return (
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- it scrolls, so the keyboard must reach it
    <div className="chart-table" role="region" aria-label={`${title}, as a table`} tabIndex={0}>
      <table className="table plain">
        <caption className="visually-hidden">{title}</caption>
        <thead>
          <tr>
            <th scope="col">Day</th>
            {series.map(({ name }) => (
              <th key={name} scope="col" className="right">
                {series.length === 1 && only ? unit : name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {days.map((day, index) => (
            <tr key={day}>
              <th scope="row">{open ? <Link to={open.to(day)}>{wholeDay(day)}</Link> : wholeDay(day)}</th>
              {series.map(({ name, values }) => (
                <td key={name} className="right">
                  {count(values[index] ?? 0)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** In the place of a chart whose numbers are not there yet: axes without bars. */
export function Waiting({ title, strips = 1 }: { title: string; strips?: number }) {
  const [ref, width] = useWidth();
  const frame = frameOf(width, 1, strips);
  return (
    <section className="chart-section" aria-busy="true">
      <header>
        <h3>{title}</h3>
      </header>
      <p className="lead">Counting …</p>
      <div ref={ref} className={strips > 1 ? "chart strips" : "chart"}>
        {width > 0 && (
          <svg width={width} height={frame.height} aria-hidden="true">
            {frame.bottoms.map((bottom) => (
              <line key={bottom} className="base" x1={frame.left} x2={width} y1={bottom + 0.5} y2={bottom + 0.5} />
            ))}
          </svg>
        )}
      </div>
    </section>
  );
}
