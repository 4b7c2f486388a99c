import { counted } from "../words";
import { Refusal, UNREACHABLE, UNREADABLE } from "./client";

/** What each refusal means to an administrator, and the way out. A test wants one for every code of the API. */
export const refusals: Record<string, string> = {
  [UNREACHABLE]: "Lethe can't be reached. Check the connection, then try again.",
  [UNREADABLE]: "The answer can't be read. Try again; if it stays so, tell who runs Lethe.",
  MALFORMED: "The request can't be read. Reload the page and try again.",
  BAD_QUERY: "The address can't be read. Reload the page and try again.",
  BAD_CURSOR: "This page of the list is gone. Go to the first page.",
  BAD_IF_MATCH: "The version can't be read. Reload the page and try again.",
  BAD_IDEMPOTENCY_KEY: "The request can't be repeated safely. Reload the page and try again.",
  UNAUTHENTICATED: "Your session has ended. Sign in again to come back to this page.",
  FORBIDDEN: "Your account may not do that. Ask an administrator who manages permissions.",
  SUSPENDED: "Your account is suspended. Ask an administrator to lift the suspension.",
  STALE_SIGN_IN: "Your sign-in is too old for this. Sign in again: you come back to this page, and can ask for it again.",
  NO_ROUTE: "This version of Lethe can't do that. Reload the page.",
  NOT_FOUND: "There is no such customer, and there has been none that was purged.",
  NO_CERTIFICATE: "No customer with this id was purged.",
  PURGE_RUNNING: "The purge has not finished. Its certificate is there when it has; look again in a moment.",
  RECORD_NOT_FOUND: "The record is gone. Reload to see what is there.",
  IN_TRASH: "The customer is in the trash. Restore it first.",
  METHOD_NOT_ALLOWED: "This version of Lethe can't do that. Reload the page.",
  BODY_TIMEOUT: "The request did not arrive in time. Try again over a faster connection.",
  EXISTS: "There is one with this id already. Choose another id.",
  EMAIL_TAKEN: "Another customer has this e-mail address.",
  HAS_DEPENDENTS: "Records block the deletion. Remove them, or change the policy of their kind.",
  ON_HOLD: "The customer is under legal hold. Lift its holds first.",
  PURGE_STARTED: "The permanent deletion has started, and there is no way back.",
  NOT_DELETED: "The customer is not in the trash any more. Reload to see where it is.",
  PURGED: "The customer was purged for good. Its certificate proves it.",
  NO_OPERATION: "There is no such operation. Operations are kept as long as the audit log.",
  PLANNING: "The plan is not finished. Wait until it is ready.",
  PLAN_STALE: "The plan, or the settings that it goes by, have changed since. Reload the page, or plan it again.",
  PLAN_BLOCKED: "The rules refuse some of the customers. Leave them out, or go on without them.",
  OPERATION_RUNNING: "The operation has not ended. Wait until it has, or stop it first.",
  OPERATION_ENDED: "The operation has ended. Plan another one.",
  PLAN_EXPIRED: "Nobody applied the plan within a day. Plan it again: things have changed since.",
  APPROVAL_REQUIRED: "A second administrator has to approve this. Plan an operation with these customers: it waits for the approval.",
  OWN_APPROVAL: "You planned it, asked for it or proposed it. Ask another administrator to approve it.",
  NOT_WAITING: "Nothing waits for approval here any more. Reload the page to see what it is now.",
  ACKNOWLEDGEMENT_REQUIRED: "Tick the box that says you understand the consequences.",
  VERSION_MISMATCH: "Somebody has changed it since you read it. Reload, and repeat your change.",
  TOO_LARGE: "That is too large. Send less at a time.",
  UNSUPPORTED_MEDIA_TYPE: "Lethe can't read this kind of file.",
  INVALID: "Some fields need another value.",
  NO_PARENT: "The record above does not exist. Add it first.",
  IDEMPOTENCY_KEY_REUSED: "This was sent before with another content. Reload the page and try again.",
  CONFIRMATION_MISMATCH: "What you typed is not the customer's id.",
  CONFIRMATION_REQUIRED: "This leaves less than a day to undo a deletion. Confirm that it is meant.",
  VERSION_REQUIRED: "The version is missing. Reload the page and try again.",
  INTERNAL: "Something went wrong inside Lethe. It is in its log under the request's id.",
  UNAVAILABLE: "The store is busy. What was done stays done; try again.",
  BUSY: "The store is busy, or does not answer. Try again in a moment.",
  DISK_FULL: "The disk that the store is on is full. Make room on it, then try again.",
};

/** The text for an error; unknown codes have the API's own words. */
export function explain(error: unknown): string {
  if (!(error instanceof Refusal)) return "Something went wrong in this page. Reload it.";
  const { permission, maxAge } = error.problem ?? {};
  if (permission) return `Your account lacks the permission ${permission}. Ask an administrator who manages permissions.`;
  if (maxAge) return `For this you must have signed in within the last ${counted(Math.round(maxAge / 60), "minute")}. Sign in again: you come back to this page, and can ask for it again.`;
  return refusals[error.code] ?? error.problem?.detail ?? refusals[UNREADABLE] ?? error.code;
}

/** Names the request in the log, where the API gave it a name. */
export function requestOf(error: unknown): string | undefined {
  return error instanceof Refusal ? error.problem?.requestId : undefined;
}
