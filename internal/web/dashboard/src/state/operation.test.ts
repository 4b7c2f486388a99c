import { describe, expect, it } from "vitest";
import { canUndo, fractionOf, isMoving, stageOf, titleOf, type Operation, type Stage } from "./operation";
import { clauseOf, outcomeOf, reasonOf } from "./outcome";

type Change = Partial<Omit<Operation, "state" | "progress" | "impact">> & { state: string; progress?: Partial<Operation["progress"]>; impact?: Partial<Operation["impact"]> };

function operation({ state, progress, impact, ...rest }: Change): Operation {
  const overhead = { requests: 0, writeUnits: 0, readUnits: 0, queueRequests: 0, invocations: 0 };
  const usage = { requests: 0, writeUnits: 0, readUnits: 0, overhead, dollars: 0 };
  return {
    id: "op",
    action: "delete",
    state: state as Operation["state"],
    by: "ann",
    created: "2026-11-30T05:00:00Z",
    impact: { customers: 12345, eligible: 12304, blocked: {}, records: {}, ...impact },
    progress: { done: 0, skipped: 0, failed: 0, left: 12345, codes: {}, ...progress },
    estimate: usage,
    actual: usage,
    links: { items: "", csv: "" },
    ...rest,
  };
}

const applied = "2026-11-30T05:01:00Z";

describe("the stage of an operation", () => {
  it.each<[string, Change, Stage, string]>([
    ["planning", { state: "PLANNING", impact: { customers: 3200 } }, "planning", "Delete 3,200 or more customers"],
    ["just begun", { state: "PLANNING", impact: { customers: 0 } }, "planning", "Delete customers"],
    ["ready", { state: "READY" }, "ready", "Delete 12,304 customers"],
    ["one customer", { state: "READY", impact: { eligible: 1 } }, "ready", "Delete 1 customer"],
    ["expired", { state: "EXPIRED" }, "expired", "Delete 12,304 customers"],
    ["running", { state: "RUNNING", applied }, "running", "Deleting 12,304 customers"],
    ["being cancelled", { state: "CANCELLING", applied }, "stopping", "Deleting 12,304 customers"],
    ["in a state that this page doesn't know", { state: "PAUSED", applied }, "stopping", "Deleting 12,304 customers"],
    ["done", { state: "SUCCEEDED", progress: { done: 12304, skipped: 41, left: 0 } }, "done", "Deleted 12,304 customers"],
    ["done in part", { state: "PARTIAL", progress: { done: 12301, failed: 3, left: 0 } }, "done", "Deleted 12,301 customers"],
    ["all failed", { state: "FAILED", progress: { failed: 5, left: 0 } }, "done", "Deleted 0 customers"],
    ["could not be planned", { state: "FAILED", why: "too many" }, "failed", "Delete customers"],
    ["stopped", { state: "CANCELLED", applied, progress: { done: 7257, left: 5045 } }, "stopped", "Deleted 7,257 of 12,304 customers"],
    ["discarded", { state: "CANCELLED" }, "discarded", "Delete 12,304 customers"],
    ["of another action", { state: "RUNNING", action: "purge" }, "running", "Permanently deleting 12,304 customers"],
  ])("%s", (_, change, stage, title) => {
    expect(stageOf(operation(change))).toBe(stage);
    expect(titleOf(operation(change))).toBe(title);
  });

  it("moves by itself while it plans, runs and stops", () => {
    const moving: Stage[] = ["planning", "running", "stopping"];
    const still: Stage[] = ["ready", "expired", "stopped", "discarded", "done", "failed"];
    expect([...moving, ...still].filter((stage) => isMoving(stage))).toEqual(moving);
  });
});

describe("how far it is", () => {
  it("counts what is decided", () => {
    expect(fractionOf(operation({ state: "RUNNING", impact: { eligible: 200 }, progress: { left: 50 } }))).toBe(0.75);
  });
  it("doesn't count who is left alone as planned", () => {
    expect(fractionOf(operation({ state: "RUNNING", impact: { customers: 2955, eligible: 964 }, progress: { skipped: 1991, left: 964 } }))).toBe(0);
  });
  it("is whole where there is nobody", () => {
    expect(fractionOf(operation({ state: "SUCCEEDED", impact: { eligible: 0 }, progress: { left: 0 } }))).toBe(1);
  });
});

describe("the outcome in words", () => {
  it("says what failed and what was left alone", () => {
    const { lead, rest } = outcomeOf(operation({ state: "PARTIAL", progress: { done: 12301, failed: 3, skipped: 41, left: 0 } }));
    expect(`${lead} ${rest}`).toBe("12,301 customers are in the trash. 3 failed and are unchanged. 41 were left alone.");
  });
  it("speaks of one in the singular", () => {
    const { lead, rest } = outcomeOf(operation({ state: "PARTIAL", progress: { done: 1, failed: 1, skipped: 1, left: 0 } }));
    expect(`${lead} ${rest}`).toBe("1 customer is in the trash. 1 failed and is unchanged. 1 was left alone.");
  });
  it("says where it stopped", () => {
    const { lead, rest } = outcomeOf(operation({ state: "CANCELLED", applied, progress: { done: 7257, left: 5045 } }));
    expect(`${lead} ${rest}`).toBe("Stopped after 7,257 of 12,304. What is done stays done. Nothing has changed for the others.");
  });
  it("says that a purge has no undo", () => {
    expect(outcomeOf(operation({ state: "SUCCEEDED", action: "purge", progress: { done: 2, left: 0 } })).rest).toBe("There is no undo.");
  });
});

describe("undo", () => {
  it.each<[string, Change, boolean]>([
    ["after a deletion", { state: "SUCCEEDED", progress: { done: 2 } }, true],
    ["after one that was stopped", { state: "CANCELLED", applied, progress: { done: 2 } }, true],
    ["not while it runs", { state: "RUNNING", progress: { done: 2 } }, false],
    ["not where nothing was done", { state: "SUCCEEDED", progress: { done: 0 } }, false],
    ["not after a purge", { state: "SUCCEEDED", action: "purge", progress: { done: 2 } }, false],
  ])("%s", (_, change, can) => {
    expect(canUndo(operation(change))).toBe(can);
  });
});

it("says of one what it says of several, in the singular", () => {
  expect(["ON_HOLD", "HAS_DEPENDENTS", "PURGED", "UNCHANGED", "GAVE_UP"].map((code) => clauseOf(code, 1))).toEqual(["is under legal hold", "has records that block the deletion", "was purged for good", "needs no change", "failed 20 times"]);
  expect(clauseOf("ON_HOLD", 2)).toBe("are under legal hold");
});

it("a reason that this page doesn't know is shown by its code", () => {
  expect(reasonOf("ON_HOLD")).toBe("Under legal hold");
  expect(reasonOf("NEW_ONE")).toBe("NEW_ONE");
  expect(reasonOf(undefined)).toBe("–");
});
