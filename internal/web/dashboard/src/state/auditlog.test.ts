import { readFile } from "node:fs/promises";
import { expect, it } from "vitest";
import { byDay, joined, logActions } from "./auditlog";

it("has a text for every action of the server, and for no other", async () => {
  const sources = await Promise.all(["audit/audit.go", "customer/customer.go"].map((path) => readFile(`../../${path}`, "utf8")));
  const known = sources.flatMap((source) => [...source.matchAll(/\bAction = "([a-zA-Z]+\.[a-zA-Z]+)"/g)].map(([, name]) => name ?? ""));
  expect(known.length).toBeGreaterThan(25);
  expect(Object.keys(logActions).toSorted()).toEqual(known.toSorted());
});

const entry = (time: string) => ({ time, by: "ann", action: "settings.changed" });

it("puts pages together by day", () => {
  const days = byDay([
    { day: "2026-11-30", entries: [entry("a")], nextCursor: "more" },
    { day: "2026-11-30", entries: [entry("b")] },
    { day: "2026-11-29", entries: [], nextCursor: "more" },
  ]);
  expect(days).toEqual([
    { day: "2026-11-30", entries: [entry("a"), entry("b")], more: false },
    { day: "2026-11-29", entries: [], more: true },
  ]);
});

it("joins the parts of an export, with one head", () => {
  expect(joined("csv", ["time,by\na,ann\n", "time,by\nb,bob\n"])).toBe("time,by\na,ann\nb,bob\n");
  expect(joined("ndjson", ['{"by":"ann"}\n', '{"by":"bob"}\n'])).toBe('{"by":"ann"}\n{"by":"bob"}\n');
});
