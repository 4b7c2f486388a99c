import { useInfiniteQuery } from "@tanstack/react-query";
import { api, lines, type Schema } from "../api/client";
import type { IconName } from "../parts/icon";
import { dayAfter } from "./chart";

export type LogEntry = Schema<"LogEntry">;

/** What the log is looked through for. Who it was stays out of addresses. */
export type LogFilter = { by?: string; action?: string };

/** Every action of the log, in the past tense, with its picture. A test wants one for each that the server knows. */
export const logActions: Record<string, [string, IconName]> = {
  "customer.created": ["Added a customer", "plus"],
  "customer.updated": ["Changed a profile", "pen"],
  "customer.deleted": ["Deleted", "trash"],
  "customer.restored": ["Restored", "back"],
  "customer.blocked": ["Blocked", "ban"],
  "customer.unblocked": ["Unblocked", "check"],
  "customer.purged": ["Purged", "eraser"],
  "customer.redated": ["Changed the purge time", "clock"],
  "customer.expired": ["Removed by the expiry of the table", "clock"],
  "customer.repaired": ["Repaired", "check"],
  "purge.started": ["Started the purge", "eraser"],
  "hold.placed": ["Placed a legal hold", "lock"],
  "hold.lifted": ["Lifted a legal hold", "lock"],
  "records.added": ["Added records", "plus"],
  "records.removed": ["Removed records", "trash"],
  "settings.changed": ["Changed settings", "sliders"],
  "access.changed": ["Changed access rules", "sliders"],
  "access.proposed": ["Proposed access rules", "sliders"],
  "access.approved": ["Approved access rules", "check"],
  "access.discarded": ["Discarded proposed access rules", "close"],
  "administrator.suspended": ["Suspended an administrator", "ban"],
  "administrator.reinstated": ["Lifted a suspension", "check"],
  "administrator.signedIn": ["Signed in", "person"],
  "request.refused": ["Was refused", "stop"],
  "audit.exported": ["Downloaded the audit log", "download"],
  "certificates.exported": ["Downloaded certificates", "download"],
  "operation.exported": ["Downloaded the outcomes of an operation", "download"],
  "operation.created": ["Made a plan", "list"],
  "operation.applied": ["Started an operation", "list"],
  "operation.approved": ["Approved an operation", "check"],
  "operation.cancelled": ["Stopped an operation", "stop"],
  "operation.retried": ["Retried an operation", "list"],
};

/** There is no way back from these. */
export const isFinal = (action: string): boolean => action === "customer.purged" || action === "purge.started";

/** The log from a day on, newest first: when a day has ended, the one before it follows. */
export function useLog(day: string, filter: LogFilter) {
  return useInfiniteQuery({
    queryKey: ["audit", "days", day, filter],
    initialPageParam: { day, cursor: "" },
    queryFn: async ({ pageParam: { day: of, cursor }, signal }) => {
      const { data } = await api.post("/v1/audit/search", { body: { day: of, limit: 50, ...filter, ...(cursor ? { cursor } : {}) }, signal });
      return { day: of, ...data };
    },
    getNextPageParam: ({ day: of, nextCursor }) => (nextCursor ? { day: of, cursor: nextCursor } : { day: dayAfter(of, -1), cursor: "" }),
  });
}

type LogPage = { day: string; entries: LogEntry[]; nextCursor?: string };

/** The pages by day; whether there is more of a day. */
export function byDay(pages: LogPage[]): { day: string; entries: LogEntry[]; more: boolean }[] {
  const days = new Map<string, { day: string; entries: LogEntry[]; more: boolean }>();
  for (const { day, entries, nextCursor } of pages) days.set(day, { day, entries: [...(days.get(day)?.entries ?? []), ...entries], more: nextCursor !== undefined });
  return [...days.values()];
}

export type Format = "csv" | "ndjson";

/** One file of the parts of an export. Each part of a CSV repeats the head. */
export function joined(format: Format, parts: string[]): string {
  return parts.map((part, index) => (format === "csv" && index > 0 ? part.slice(part.indexOf("\n") + 1) : part)).join("");
}

/** Brings the log of a day, with the token in a header, and saves it. */
export async function saveDay(day: string, format: Format): Promise<void> {
  const parts: string[] = [];
  let address: string | undefined = `/v1/audit/export?${new URLSearchParams({ from: day, to: day, format }).toString()}`;
  while (address) {
    const { text, next } = await lines(address);
    parts.push(text);
    address = next;
  }
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([joined(format, parts)], { type: "text/plain" }));
  link.download = `audit-${day}.${format}`;
  link.click();
  URL.revokeObjectURL(link.href);
}
