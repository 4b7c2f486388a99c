import { count } from "../words";
import { stageOf, subjects, type Operation } from "./operation";

/** How the end of an operation is told. */
export function outcomeOf(operation: Operation): { lead: string; rest: string } {
  const { done, failed, skipped, left } = operation.progress;
  const rest: string[] = [];
  if (failed > 0) rest.push(`${count(failed)} failed and ${failed === 1 ? "is" : "are"} unchanged.`);
  if (skipped > 0) rest.push(`${count(skipped)} ${skipped === 1 ? "was" : "were"} left alone.`);
  if (stageOf(operation) === "stopped") {
    if (left > 0) rest.push("Nothing has changed for the others.");
    return { lead: `Stopped after ${count(done)} of ${count(operation.impact.eligible)}. What is done stays done.`, rest: rest.join(" ") };
  }
  if (operation.action === "purge") rest.push("There is no undo.");
  return { lead: doneSentence(operation, done), rest: rest.join(" ") };
}

function doneSentence(operation: Operation, done: number): string {
  const who = subjects(operation, done);
  const are = done === 1 ? "is" : "are";
  switch (operation.action) {
    case "delete":
      return `${who} ${are} in the trash.`;
    case "restore":
    case "undo":
      return `${who} ${are} active again.`;
    case "purge":
    case "replay":
      return `${who} ${are} gone for good, each with a certificate.`;
    case "block":
      return `${who} can't sign in any more.`;
    case "unblock":
      return `${who} can sign in again.`;
    case "redate":
      return `${who} ${done === 1 ? "has" : "have"} a new purge time.`;
    default:
      return `${who} ${are} repaired.`;
  }
}

/** Why a customer was left alone or failed: of one, in a table; and of several, after their number. */
const reasons: Record<string, { one: string; several: string }> = {
  CHANGED: { one: "Changed since the plan", several: "have changed since the plan" },
  UNCHANGED: { one: "Nothing to change", several: "need no change" },
  ON_HOLD: { one: "Under legal hold", several: "are under legal hold" },
  HAS_DEPENDENTS: { one: "Records block the deletion", several: "have records that block the deletion" },
  IN_TRASH: { one: "In the trash", several: "are in the trash" },
  NOT_DELETED: { one: "Not in the trash", several: "are not in the trash" },
  PURGE_STARTED: { one: "Being purged", several: "are being purged" },
  PURGED: { one: "Purged for good", several: "were purged for good" },
  NOT_FOUND: { one: "No customer has this ID", several: "were not found" },
  GAVE_UP: { one: "Gave up after 20 attempts", several: "failed 20 times" },
  INTERRUPTED: { one: "Interrupted: it may have been done", several: "were interrupted, and may have been done" },
};

export function reasonOf(code: string | undefined): string {
  return code ? (reasons[code]?.one ?? code) : "–";
}

const ofOne: Record<string, string> = { are: "is", have: "has", were: "was", need: "needs" };

/** What follows the number of those with a code: "are under legal hold", of one "is under legal hold". */
export function clauseOf(code: string, n: number): string {
  const several = reasons[code]?.several ?? `have the code ${code}`;
  return n === 1 ? several.replace(/^\w+/, (verb) => ofOne[verb] ?? verb) : several;
}
