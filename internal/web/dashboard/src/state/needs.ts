import type { Schema } from "../api/client";
import { actor, count } from "../words";
import { isOwn, stageOf, titleOf, type Operation } from "./operation";

/** Something that an administrator must decide: what, why, since or until when, and its page. */
export type Need = { key: string; icon: "warning" | "clock"; what: string; why: string; expires?: string; since?: string; to: string; link: string; /** It waits for somebody else. */ others?: boolean };

/** What an operation needs somebody for. A plan of nobody needs none: there is nothing to run. */
export function needOf(operation: Operation, subject?: string): Need | undefined {
  const base = { key: operation.id, what: titleOf(operation), to: `/operations/${operation.id}` };
  const since = operation.ended ?? operation.created;
  const { failed } = operation.progress;
  switch (stageOf(operation)) {
    case "ready":
      if (operation.impact.eligible === 0) return undefined;
      return { ...base, icon: "clock", why: `${actor(operation.by)}’s plan waits to be run`, link: "Review", ...(operation.expires ? { expires: operation.expires } : {}) };
    case "waiting": {
      const own = isOwn(operation, subject);
      return {
        ...base,
        icon: "clock",
        why: own ? "Your plan waits for a second administrator" : `${actor(operation.requestedBy ?? operation.by)}’s plan waits for approval`,
        link: own ? "View plan" : "Review",
        ...(own ? { others: true } : {}),
        ...(operation.expires ? { expires: operation.expires } : {}),
      };
    }
    case "failed":
      return { ...base, icon: "warning", why: operation.why ?? "It could not be planned", since, link: "View" };
    case "done":
      return failed > 0 ? { ...base, icon: "warning", why: `${count(failed)} failed and are unchanged`, since, link: `View ${count(failed)} failed` } : undefined;
    default:
      return undefined;
  }
}

/** What a change of the access rules needs, which waits. */
function needOfProposal({ by, digest, time }: Schema<"Proposal">, subject?: string): Need {
  const own = by === subject;
  return {
    key: digest,
    icon: "clock",
    what: "Change of the access rules",
    why: own ? "Your change waits for a second administrator" : `${actor(by)}’s change waits for approval`,
    since: time,
    to: "/settings/permissions",
    link: own ? "View" : "Review",
    ...(own ? { others: true } : {}),
  };
}

/** What needs somebody: what failed, then what waits for this administrator, then what waits for another one. */
export function needsOf(operations: Operation[], subject?: string, proposal?: Schema<"Proposal">): Need[] {
  const rank = (need: Need) => (need.icon === "warning" ? 0 : need.others ? 2 : 1);
  const proposed = proposal ? [needOfProposal(proposal, subject)] : [];
  return [...proposed, ...operations.map((operation) => needOf(operation, subject))].filter((need) => need !== undefined).toSorted((a, b) => rank(a) - rank(b));
}
