// The numbers behind a chart of days: its days, its scale, and which of its days are named. Days are those of UTC, as the API counts them.

const dayLength = 24 * 60 * 60 * 1000;

/** The day of a moment, as 2026-12-10. */
export function dayOf(time: number): string {
  return new Date(time).toISOString().slice(0, 10);
}

export function dayAfter(day: string, n: number): string {
  return dayOf(Date.parse(day) + n * dayLength);
}

/** Days one after another, the first of them included. */
export function daysFrom(first: string, n: number): string[] {
  return Array.from({ length: n }, (_, index) => dayAfter(first, index));
}

const short = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", timeZone: "UTC" });
const weekday = new Intl.DateTimeFormat("en-GB", { weekday: "short", day: "numeric", month: "short", timeZone: "UTC" });
const whole = new Intl.DateTimeFormat("en-GB", { weekday: "long", day: "numeric", month: "short", year: "numeric", timeZone: "UTC" });

/** 10 Dec */
export const shortDay = (day: string) => short.format(Date.parse(day));
/** Thu 10 Dec */
export const namedDay = (day: string) => weekday.format(Date.parse(day)).replace(",", "");
/** Thursday 10 Dec 2026 */
export const wholeDay = (day: string) => whole.format(Date.parse(day)).replaceAll(",", "");

/** A scale from 0 in round steps: the largest value lies at its top or below. */
export function stepsUpTo(most: number, steps: number): number[] {
  const wanted = Math.max(1, most) / steps;
  let step = 1;
  for (const factor of roundFactors()) {
    step = factor;
    if (step >= wanted) break;
  }
  const n = Math.max(1, Math.ceil(most / step));
  return Array.from({ length: n + 1 }, (_, index) => index * step);
}

/** 1, 2, 5, 10, 20, 50, … */
function* roundFactors(): Generator<number> {
  for (let power = 1; ; power *= 10) yield* [power, 2 * power, 5 * power];
}

/** Positions of the Mondays that are named: so many that their names, of this width, don't touch. */
export function namedMondays(days: string[], column: number, width: number): number[] {
  const mondays = days.flatMap((day, index) => (new Date(day).getUTCDay() === 1 ? [index] : []));
  const every = Math.max(days.length > 45 ? 2 : 1, Math.ceil(width / (7 * column)));
  return mondays.filter((_, index) => index % every === 0);
}

/** Where the largest value is; undefined where all are 0. */
export function highest(values: number[]): number | undefined {
  const most = Math.max(0, ...values);
  return most === 0 ? undefined : values.indexOf(most);
}

export function total(values: number[]): number {
  return values.reduce((sum, n) => sum + n, 0);
}

/** Where a key leads on a chart of so many days. */
export function moved(key: string, at: number, n: number): number | undefined {
  const to: Record<string, number> = { ArrowLeft: at - 1, ArrowDown: at - 1, ArrowRight: at + 1, ArrowUp: at + 1, PageDown: at - 7, PageUp: at + 7, Home: 0, End: n - 1 };
  const next = to[key];
  return next === undefined ? undefined : Math.min(n - 1, Math.max(0, next));
}
