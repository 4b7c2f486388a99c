import type { Permission } from "../api/client";
import { useMe } from "./me";

/** One of the permissions is enough. */
type Need = { route: string; needs: Permission[] };

/**
 * What an administrator can do here, by the request that it makes, and the permissions of which that needs one. This is the only place
 * that says so; a test compares it with the API's document.
 */
export const acts = {
  see: { route: "get /v1/customers", needs: ["customers.read"] },
  add: { route: "post /v1/customers", needs: ["customers.write"] },
  edit: { route: "patch /v1/customers/{id}", needs: ["customers.write"] },
  import: { route: "post /v1/imports/customers", needs: ["customers.write"] },
  block: { route: "post /v1/customers/{id}/block", needs: ["customers.write"] },
  hold: { route: "put /v1/customers/{id}/holds/{hold}", needs: ["hold"] },
  lift: { route: "delete /v1/customers/{id}/holds/{hold}", needs: ["hold"] },
  delete: { route: "delete /v1/customers/{id}", needs: ["delete"] },
  restore: { route: "post /v1/customers/{id}/restore", needs: ["restore"] },
  purge: { route: "post /v1/customers/{id}/purge", needs: ["purge"] },
  addRecord: { route: "post /v1/customers/{id}/records", needs: ["customers.write"] },
  removeRecord: { route: "delete /v1/customers/{id}/records/{key}", needs: ["delete"] },
  seeOperations: { route: "get /v1/operations", needs: ["customers.read"] },
  plan: { route: "post /v1/operations", needs: ["bulk"] },
  run: { route: "post /v1/operations/{operation}/apply", needs: ["bulk"] },
  stop: { route: "post /v1/operations/{operation}/cancel", needs: ["bulk"] },
  retry: { route: "post /v1/operations/{operation}/retry", needs: ["bulk"] },
  approve: { route: "post /v1/operations/{operation}/approve", needs: ["approve"] },
  seeSettings: { route: "get /v1/settings", needs: ["customers.read"] },
  change: { route: "put /v1/settings", needs: ["settings"] },
  forecast: { route: "post /v1/settings/preview", needs: ["customers.read"] },
  seeCertificates: { route: "get /v1/certificates", needs: ["audit"] },
  seeAudit: { route: "post /v1/audit/search", needs: ["audit"] },
  seeLog: { route: "get /v1/customers/{id}/audit", needs: ["audit"] },
  seeAccess: { route: "get /v1/access", needs: ["settings", "audit", "approve"] },
  changeAccess: { route: "put /v1/access", needs: ["settings"] },
  approveAccess: { route: "post /v1/access/approve", needs: ["approve"] },
  discardAccess: { route: "post /v1/access/discard", needs: ["settings", "approve"] },
  seeSuspensions: { route: "get /v1/suspensions", needs: ["settings", "audit"] },
  suspend: { route: "post /v1/suspensions", needs: ["settings"] },
  unsuspend: { route: "post /v1/suspensions/lift", needs: ["settings"] },
} satisfies Record<string, Need>;

export type Act = keyof typeof acts;

/** What an operation needs beside bulk: the permission of the same action on one customer. */
export const actionNeeds: Record<string, Permission> = {
  delete: "delete",
  restore: "restore",
  undo: "restore",
  purge: "purge",
  replay: "purge",
  block: "customers.write",
  unblock: "customers.write",
  redate: "settings",
  fsck: "audit",
};

export type May = {
  /** Whether the administrator may do it. Until that is known, everybody may: the API has the last word. */
  (act: Act): boolean;
  /** The same of an action on many. */
  many: (action: string) => boolean;
  /** Which permission for an action on many is missing. */
  lacking: (action: string) => Permission | undefined;
};

export function mayOf(permissions: readonly Permission[] | undefined): May {
  const has = (permission: Permission): boolean => permissions?.includes(permission) ?? true;
  const lacking = (action: string) => [...acts.plan.needs, ...(actionNeeds[action] ? [actionNeeds[action]] : [])].find((permission) => !has(permission));
  return Object.assign((act: Act) => acts[act].needs.some(has), { lacking, many: (action: string) => lacking(action) === undefined });
}

/** Tells what the administrator may do: what is never allowed is hidden. */
export function useMay(): May {
  return mayOf(useMe()?.permissions);
}
