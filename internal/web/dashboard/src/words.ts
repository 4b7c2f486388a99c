const whole = new Intl.NumberFormat("en-GB");

/** 12345 as 12,345. */
export function count(n: number): string {
  return whole.format(n);
}

const irregular: Record<string, string> = { inquiry: "inquiries", reply: "replies" };

/** "1 booking", "3 bookings"; "consent-log" reads "consent log". */
export function counted(n: number, noun: string): string {
  return `${count(n)} ${n === 1 ? singular(noun) : plural(noun)}`;
}

function singular(noun: string): string {
  return noun.replaceAll(/[-_]/g, " ");
}

export function plural(noun: string): string {
  const one = singular(noun);
  return irregular[one] ?? (/(s|x|z|ch|sh)$/.test(one) ? `${one}es` : `${one}s`);
}

export function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** The name of a kind's tab and section: Bookings. */
export function kindTitle(kind: string): string {
  return sentence(plural(kind));
}

/** "2 bookings, 1 chat and 3 tickets", largest first. */
export function listOfKinds(records: Record<string, number>): string {
  const parts = Object.entries(records)
    .filter(([, n]) => n > 0)
    .toSorted(([, a], [, b]) => b - a)
    .map(([kind, n]) => counted(n, kind));
  return new Intl.ListFormat("en-GB").format(parts);
}

/** A field's name of a record as a column's head: validUntil reads "Valid until". */
export function fieldTitle(field: string): string {
  return sentence(field.replaceAll(/([a-z])([A-Z])/g, "$1 $2").replaceAll(/[-_]/g, " ").toLowerCase());
}

export type Named = { id: string; organisation?: string; firstName?: string; lastName?: string };

/** The name that a customer goes by. */
export function nameOf(customer: Named): string {
  return customer.organisation || [customer.firstName, customer.lastName].filter(Boolean).join(" ") || customer.id;
}

/** Two letters for a name, or one: AB for Ada Brandt. */
export function initials(name: string): string {
  const words = name.split(/[\s@._-]+/).filter(Boolean);
  return [words[0], words.length > 1 ? words.at(-1) : undefined].map((word) => [...(word ?? "")][0] ?? "").join("").toUpperCase();
}

export function dollars(amount: number): string {
  if (amount === 0) return "$0.00";
  if (amount < 0.01) return "less than $0.01";
  return `$${amount.toFixed(2)}`;
}

/** 124 seconds as "2 min 4 s". */
export function duration(seconds: number): string {
  if (seconds < 60) return `${Math.max(0, Math.round(seconds))} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${Math.round(seconds % 60)} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** An estimate as people say it: "2 minutes". */
export function roughly(seconds: number): string {
  if (seconds <= 1) return "1 second";
  if (seconds < 90) return `${Math.round(seconds)} seconds`;
  if (seconds < 90 * 60) return `${Math.round(seconds / 60)} minutes`;
  return `${Math.round(seconds / 3600)} hours`;
}

/** An ISO 8601 period as people say it; one that has more than one part stays as it is. */
export function period(text: string): string {
  if (text === "never") return "never";
  const match = /^P(?:(\d+)W|(\d+)D|T(\d+)H|T(\d+)M|T(\d+)S)$/.exec(text);
  if (!match) return text;
  const units = ["week", "day", "hour", "minute", "second"];
  const at = match.slice(1).findIndex((part) => part !== undefined);
  const n = Number(match[at + 1]);
  return n === 0 ? "at once" : counted(n, units[at] ?? "");
}

/** Actions of the audit log in the past tense. */
const actions: Record<string, string> = {
  "customer.created": "Added",
  "customer.updated": "Changed the profile",
  "customer.deleted": "Deleted",
  "customer.restored": "Restored",
  "customer.blocked": "Blocked",
  "customer.unblocked": "Unblocked",
  "customer.purged": "Purged",
  "customer.redated": "Changed the purge time",
  "customer.expired": "Removed by the expiry of the table",
  "customer.repaired": "Repaired",
  "purge.started": "Started the purge",
  "hold.placed": "Placed a legal hold",
  "hold.lifted": "Lifted a legal hold",
  "records.added": "Added records",
  "records.removed": "Removed records",
};

export function actionText(action: string): string {
  return actions[action] ?? sentence(action.replaceAll(/[.]/g, " "));
}

/** Who did something, in words where it was nobody. */
export function actor(by: string): string {
  if (by === "schedule") return "Schedule";
  if (by === "ttl") return "Expiry of the table";
  return by;
}
