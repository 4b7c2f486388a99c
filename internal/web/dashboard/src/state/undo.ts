import { useQuery } from "@tanstack/react-query";
import { api } from "../api/client";
import { canUndo, isMoving, stageOf, type Operation } from "./operation";

/** The newest operations that are looked through for an undo, and the customers that are compared to tell which operation it undoes. */
const looked = 100;
const compared = 200;

async function customersOf(operation: string, signal: AbortSignal, outcome?: "done"): Promise<string> {
  const { data } = await api.get("/v1/operations/{operation}/items", { path: { operation }, query: { limit: compared, ...(outcome ? { outcome } : {}) }, signal });
  return data.items.map((item) => item.customer).join(" ");
}

/** Undos that may be of the operation, the oldest first: later ones of as many customers as it was done to. */
export function candidates(operation: Operation, operations: Operation[]): Operation[] {
  const ended = operation.ended ?? operation.created;
  return operations.filter((each) => each.action === "undo" && each.created > ended && each.impact.customers === operation.progress.done).toSorted((a, b) => (a.created < b.created ? -1 : 1));
}

/** The undo of an operation. The API doesn't name it, so its customers are compared: an undo has those of its operation, in the same order. */
async function undoOf(operation: Operation, signal: AbortSignal): Promise<Operation | null> {
  const { data } = await api.get("/v1/operations", { query: { limit: looked }, signal });
  const found = candidates(operation, data.operations);
  const customers = found.length > 0 ? await customersOf(operation.id, signal, "done") : "";
  for (const { id } of found) {
    const undo = (await api.get("/v1/operations/{operation}", { path: { operation: id }, signal })).data;
    // While it runs its customers have no outcome yet.
    if (isMoving(stageOf(undo)) || customers === (await customersOf(id, signal))) return undo;
  }
  return null;
}

/** The undo that the operation has already, if any; undefined while nobody knows. */
export function useUndoOf(operation: Operation) {
  return useQuery({ queryKey: ["undo", operation.id], enabled: canUndo(operation), queryFn: ({ signal }) => undoOf(operation, signal) });
}

/** How many of the customers can still be restored by undoing the operation. */
export function leftToUndo(operation: Operation, undo: Operation | null): number {
  if (!canUndo(operation)) return 0;
  if (!undo) return operation.progress.done;
  if (isMoving(stageOf(undo))) return 0;
  return undo.progress.failed + undo.progress.left;
}
