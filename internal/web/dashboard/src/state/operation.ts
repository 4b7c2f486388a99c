import type { Schema } from "../api/client";
import { count, counted } from "../words";

export type Operation = Schema<"Operation">;

/** What the page of an operation shows. */
export type Stage = "planning" | "ready" | "waiting" | "expired" | "running" | "stopping" | "stopped" | "discarded" | "done" | "failed";

/** The stage of an operation. A state that this page doesn't know is of an operation that is being stopped. */
export function stageOf(operation: Operation): Stage {
  switch (operation.state as string) {
    case "PLANNING":
      return "planning";
    case "READY":
      return "ready";
    case "WAITING":
      return "waiting";
    case "RUNNING":
      return "running";
    case "SUCCEEDED":
    case "PARTIAL":
      return "done";
    case "FAILED":
      return operation.why ? "failed" : "done";
    case "CANCELLED":
      return operation.applied || operation.progress.done > 0 ? "stopped" : "discarded";
    case "EXPIRED":
      return "expired";
    default:
      return "stopping";
  }
}

/** Whether the operation changes by itself. */
export function isMoving(stage: Stage): boolean {
  return stage === "planning" || stage === "running" || stage === "stopping";
}

type Verbs = { now: string; doing: string; done: string; past: string };

const verbs: Record<string, Verbs> = {
  delete: { now: "Delete", doing: "Deleting", done: "Deleted", past: "deleted" },
  restore: { now: "Restore", doing: "Restoring", done: "Restored", past: "restored" },
  purge: { now: "Permanently delete", doing: "Permanently deleting", done: "Permanently deleted", past: "permanently deleted" },
  block: { now: "Block", doing: "Blocking", done: "Blocked", past: "blocked" },
  unblock: { now: "Unblock", doing: "Unblocking", done: "Unblocked", past: "unblocked" },
  redate: { now: "Re-date", doing: "Re-dating", done: "Re-dated", past: "re-dated" },
  undo: { now: "Undo: restore", doing: "Undoing: restoring", done: "Undone: restored", past: "restored" },
  replay: { now: "Purge again", doing: "Purging again", done: "Purged again", past: "purged again" },
  fsck: { now: "Repair", doing: "Repairing", done: "Repaired", past: "repaired" },
};

export function verbsOf(action: string): Verbs {
  return verbs[action] ?? { now: action, doing: action, done: action, past: "done" };
}

/** What an operation is done to: customers, or with fsck what no rule allows. */
export function subjects(operation: Operation, n: number): string {
  return counted(n, operation.action === "fsck" ? "finding" : "customer");
}

export function titleOf(operation: Operation): string {
  const words = verbsOf(operation.action);
  const { eligible, customers } = operation.impact;
  const { done } = operation.progress;
  switch (stageOf(operation)) {
    case "planning":
      return operation.action === "fsck" ? "Check the tables" : `${words.now} ${customers > 0 ? `${count(customers)} or more customers` : "customers"}`;
    case "ready":
    case "waiting":
    case "expired":
    case "discarded":
      return `${words.now} ${subjects(operation, eligible)}`;
    case "running":
      return `${words.doing} ${subjects(operation, eligible)}`;
    case "stopping":
      return `${words.doing} ${subjects(operation, eligible)}`;
    case "stopped":
      return `${words.done} ${count(done)} of ${subjects(operation, eligible)}`;
    case "failed":
      return `${words.now} customers`;
    default:
      return `${words.done} ${subjects(operation, done)}`;
  }
}

/** How many of the customers that the operation can change have an outcome. */
export function decidedOf({ impact, progress }: Operation): number {
  return Math.max(0, impact.eligible - progress.left);
}

/** How much of an operation has been decided, from 0 to 1. Who is left alone as planned doesn't count. */
export function fractionOf(operation: Operation): number {
  const { eligible } = operation.impact;
  return eligible === 0 ? 1 : Math.min(1, decidedOf(operation) / eligible);
}

/** Whether somebody has a part in the plan, so that another one has to approve it. */
export function isOwn({ by, requestedBy }: Operation, subject: string | undefined): boolean {
  return subject !== undefined && (subject === by || subject === requestedBy);
}

/** Whether what was done can be taken back. */
export function canUndo(operation: Operation): boolean {
  const stage = stageOf(operation);
  return operation.action === "delete" && (stage === "done" || stage === "stopped") && operation.progress.done > 0;
}
