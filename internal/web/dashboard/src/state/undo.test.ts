import { expect, it } from "vitest";
import type { Operation } from "./operation";
import { candidates, leftToUndo } from "./undo";

function operation(change: object): Operation {
  return { id: "op", action: "delete", state: "SUCCEEDED", by: "ann", created: "2026-11-30T05:00:00Z", ended: "2026-11-30T05:02:00Z", impact: { customers: 9, eligible: 5, blocked: {}, records: {} }, progress: { done: 5, skipped: 4, failed: 0, left: 0, codes: {} }, ...change } as Operation;
}

const undo = (change: object = {}) => operation({ id: "undo", action: "undo", created: "2026-11-30T06:00:00Z", impact: { customers: 5, eligible: 5, blocked: {}, records: {} }, ...change });

it("takes later undos of as many customers for candidates, the oldest first", () => {
  const all = [undo({ id: "late", created: "2026-11-30T07:00:00Z" }), undo(), undo({ id: "before", created: "2026-11-30T05:01:00Z" }), undo({ id: "other", impact: { customers: 6 } }), operation({ created: "2026-11-30T08:00:00Z" })];
  expect(candidates(operation({}), all).map(({ id }) => id)).toEqual(["undo", "late"]);
});

it.each<[string, Operation | null, number]>([
  ["no undo yet", null, 5],
  ["an undo that runs", undo({ state: "RUNNING" }), 0],
  ["a whole undo", undo(), 0],
  ["an undo that was stopped", undo({ state: "CANCELLED", applied: "2026-11-30T06:00:01Z", progress: { done: 2, skipped: 0, failed: 0, left: 3, codes: {} } }), 3],
  ["an undo of which one failed", undo({ state: "PARTIAL", progress: { done: 4, skipped: 0, failed: 1, left: 0, codes: {} } }), 1],
  ["an undo that found them restored already", undo({ progress: { done: 0, skipped: 5, failed: 0, left: 0, codes: {} } }), 0],
])("with %s that many can be restored", (_, found, left) => {
  expect(leftToUndo(operation({}), found)).toBe(left);
});
