import { expect, it } from "vitest";
import { needsOf } from "./needs";
import type { Operation } from "./operation";

function operation(id: string, change: object): Operation {
  return { id, action: "delete", state: "READY", by: "ann", created: "2026-11-30T05:00:00Z", impact: { customers: 9, eligible: 5, blocked: {}, records: {} }, progress: { done: 0, skipped: 0, failed: 0, left: 5, codes: {} }, ...change } as Operation;
}

it("lists what failed, then the plans that wait", () => {
  const all = [operation("waits", {}), operation("failed", { state: "PARTIAL", progress: { done: 4, skipped: 0, failed: 1, left: 0, codes: {} } }), operation("unplanned", { state: "FAILED", why: "too many" }), operation("runs", { state: "RUNNING" }), operation("done", { state: "SUCCEEDED" })];
  expect(needsOf(all).map(({ key }) => key)).toEqual(["failed", "unplanned", "waits"]);
});

it("leaves out a plan of nobody", () => {
  expect(needsOf([operation("nobody", { impact: { customers: 3, eligible: 0, blocked: { ON_HOLD: 3 }, records: {} } })])).toEqual([]);
});

it("lists what waits for me before what of mine waits for another", () => {
  const waiting = (id: string, by: string, requestedBy: string) => operation(id, { state: "WAITING", by, requestedBy });
  const needs = needsOf([waiting("planned", "me", "bob"), waiting("asked", "ann", "me"), waiting("theirs", "ann", "bob"), operation("failed", { state: "FAILED", why: "too many" })], "me");
  expect(needs.map(({ key, link }) => [key, link])).toEqual([["failed", "View"], ["theirs", "Review"], ["planned", "View plan"], ["asked", "View plan"]]);
});

it("lists a change of the rules that waits first for others, and last for its author", () => {
  const proposal = { by: "ann", digest: "d", time: "2026-11-30T05:00:00Z", groups: [], fourEyes: { purges: true } };
  const keys = (subject: string) => needsOf([operation("plan", {}), operation("failed", { state: "FAILED", why: "too many" })], subject, proposal).map(({ key }) => key);
  expect(keys("bob")).toEqual(["failed", "d", "plan"]);
  expect(keys("ann")).toEqual(["failed", "plan", "d"]);
});
