import type { Permission, Schema } from "../api/client";
import { count } from "../words";

export type Access = Schema<"Access">;
export type Grant = Schema<"Grant">;

/** What each permission is for, as an administrator reads it. */
export const meanings: Record<Permission, string> = {
  "customers.read": "See customers, records, operations and settings",
  "customers.write": "Add, change, import, block and unblock customers; add records",
  delete: "Delete customers, and remove records",
  restore: "Restore customers from the trash",
  purge: "Permanently delete customers",
  bulk: "Plan and run operations, with the permission of what they do",
  export: "Download customers’ data",
  message: "Write to customers",
  impersonate: "Act as a customer",
  hold: "Place and lift legal holds",
  settings: "Change the retention, kinds, permissions and suspensions",
  audit: "See the log and the certificates",
  approve: "Approve what waits for a second administrator",
};

/** The permissions in the order in which they are shown. */
export const permissionNames = Object.keys(meanings) as Permission[];

export function isPermitted(grant: Grant, permission: Permission): boolean {
  return grant.permissions?.includes(permission) ?? false;
}

/** The grants with a permission given to, or taken from, a group. Permissions stay in their order. */
export function permit(grants: Grant[], group: string, permission: Permission, on: boolean): Grant[] {
  const changed = (grant: Grant) => permissionNames.filter((each) => (each === permission ? on : isPermitted(grant, each)));
  return grants.map((grant) => (grant.group === group ? { ...grant, permissions: changed(grant) } : grant));
}

/** What is wrong with the name of another group. A name that could be read as two is never mapped. */
export function wrongGroup(name: string, grants: Grant[]): string | undefined {
  if (name === "") return "Name the group.";
  if (/[\s,[\]\p{Cc}]/u.test(name)) return "A group with a space, a comma or a bracket in its name can’t have permissions.";
  if (grants.some(({ group }) => group === name)) return "It is in the table already.";
  return undefined;
}

export type FourEyesForm = { deletes: boolean; above: string; purges: boolean };

/** The number that is suggested where none is in force. */
const suggested = "100";

export function fourEyesOf({ fourEyes: { deleteAbove, purges } }: Access): FourEyesForm {
  return { deletes: deleteAbove !== undefined, above: deleteAbove === undefined ? suggested : String(deleteAbove), purges };
}

/** The number of customers that was typed; undefined if the text is not a number. */
export function deleteAboveOf(text: string): number | undefined {
  return /^\d{1,10}$/.test(text) && Number(text) <= 1_000_000_000 ? Number(text) : undefined;
}

/** The rules that a form makes. */
export function fourEyesFrom({ deletes, above, purges }: FourEyesForm): Access["fourEyes"] {
  const deleteAbove = deleteAboveOf(above);
  return deletes && deleteAbove !== undefined ? { deleteAbove, purges } : { purges };
}

/** Whether two parts of the rules say the same. */
export function same(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

type Rules = Pick<Access, "groups" | "fourEyes">;
export type RuleChange = { name: string; before: string; after: string };

function permissionsOf(rules: Rules, group: string): string {
  const grant = rules.groups.find((each) => each.group === group);
  return (grant && permissionNames.filter((each) => isPermitted(grant, each)).join(", ")) || "No permissions";
}

function inWords({ fourEyes: { deleteAbove, purges } }: Rules): Record<string, string> {
  return {
    "Deletions of many customers": deleteAbove === undefined ? "Don’t wait" : `Wait above ${count(deleteAbove)} customers`,
    "Permanent deletions": purges ? "Wait" : "Don’t wait",
  };
}

/** What two sets of rules say differently, by name: first groups, then what waits for a second administrator. */
export function changesOf(before: Rules, after: Rules): RuleChange[] {
  const groups = [...new Set([...before.groups, ...after.groups].map(({ group }) => group))].toSorted();
  const all = [
    ...groups.map((group) => ({ name: `Group ${group}`, before: permissionsOf(before, group), after: permissionsOf(after, group) })),
    ...Object.entries(inWords(before)).map(([name, text]) => ({ name, before: text, after: inWords(after)[name] ?? "" })),
  ];
  return all.filter((change) => change.before !== change.after);
}
