import { serverNow } from "./api/client";

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

const date = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", year: "numeric" });
const clock = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" });
const zone = new Intl.DateTimeFormat("en-GB", { timeZoneName: "shortOffset" });

/** 27 Dec 2026 */
export function onDay(time: string | number): string {
  return date.format(new Date(time));
}

/** 27 Dec 2026, 05:50 */
export function dayAndTime(time: string | number): string {
  const at = new Date(time);
  return `${date.format(at)}, ${clock.format(at)}`;
}

/** UTC+1 */
export function zoneOf(time: string | number): string {
  const name = zone.formatToParts(new Date(time)).find((part) => part.type === "timeZoneName")?.value ?? "UTC";
  return name.replace("GMT", "UTC");
}

/** 27 Dec 2026, 05:50 UTC+1 */
export function exactly(time: string | number): string {
  return `${dayAndTime(time)} ${zoneOf(time)}`;
}

/** "2 h ago", "in 29 days", by the server's clock. */
export function relative(time: string | number, now: number = serverNow()): string {
  const away = new Date(time).getTime() - now;
  const size = Math.abs(away);
  if (size < minute) return away > 0 ? "in a moment" : "just now";
  return away > 0 ? `in ${span(size)}` : `${span(size)} ago`;
}

function span(size: number): string {
  if (size < hour) return `${Math.floor(size / minute)} min`;
  if (size < day) return `${Math.floor(size / hour)} h`;
  if (size < 21 * day) return days(Math.round(size / day));
  if (size < 60 * day) return days(Math.round(size / day));
  if (size < 365 * day) return `${Math.round(size / (30 * day))} months`;
  const years = Math.floor(size / (365 * day));
  return years === 1 ? "1 year" : `${years} years`;
}

/** "1 day", "28 days" */
export function days(n: number): string {
  return n === 1 ? "1 day" : `${n.toLocaleString("en-GB")} days`;
}
