import { sentence } from "../words";
import type { Answer } from "./importrun";

/** What is imported. */
export type What = "customers" | "records";

/** What a column becomes: a field, nothing, or a field of a record's data that is called as the column. */
export type Target = string;
export const nothing: Target = "";
export const data: Target = "data";

const fields: Record<What, [Target, string][]> = {
  customers: [["id", "ID"], ["organisation", "Organisation"], ["firstName", "First name"], ["lastName", "Last name"], ["name", "Whole name"], ["email", "E-mail"], ["phone", "Contact number"], ["push", "Push notifications"]],
  records: [["customer", "Customer’s ID"], ["key", "Key of the record"], ["kind", "Kind"], ["id", "ID of the record"], ["parent", "Key of the parent"]],
};

function consentOf(column: string): Target {
  return `consent.${column.toLowerCase().replace(/^consent[ ._-]*/, "").replaceAll(/[^a-z0-9._-]+/g, "-").replaceAll(/^-+|-+$/g, "") || "other"}`;
}

/** What a column can become, each with its name. */
export function choices(what: What, column: string, chosen: Target): [Target, string][] {
  if (what === "records") return [...fields.records, [data, "A field of its data"]];
  const consents = [...new Set([consentOf(column), ...(chosen.startsWith("consent.") ? [chosen] : [])])];
  return [...fields.customers, ...consents.map((target): [Target, string] => [target, `Consent: ${sentence(target.slice("consent.".length))}`]), [nothing, "Left out"]];
}

export function targetName(what: What, target: Target): string {
  return fields[what].find(([each]) => each === target)?.[1] ?? (target.startsWith("consent.") ? `Consent: ${sentence(target.slice("consent.".length))}` : target);
}

function squeezed(name: string): string {
  return name.toLowerCase().replaceAll(/[\s_-]/g, "");
}

/** The field of a record that a column is called as. */
function recordField(column: string): Target | undefined {
  return fields.records.find(([field]) => field === squeezed(column))?.[0] ?? (squeezed(column) === "customerid" ? "customer" : undefined);
}

/** What the API takes the columns of customers for, as its answer about the first rows tells: a column that it doesn't tell of is called as its field. Those of records are what their names say. */
export function guesses(what: What, columns: string[], answer: Answer | undefined): Target[] {
  if (what === "records") return columns.map((column) => recordField(column) ?? data);
  return columns.map((column) => {
    const taken = answer?.mappedColumns.find((each) => each.column === column)?.field;
    const own = fields.customers.some(([field]) => field === column) || /^consent\../.test(column);
    return taken ?? (own && answer ? column : nothing);
  });
}

/** The header that the page sends, so that every column is what was chosen. What is left out has a name that is no field. */
export function sentNames(columns: string[], targets: Target[]): string[] {
  return columns.map((column, index) => {
    const target = targets[index] ?? nothing;
    if (column === "") return "";
    if (target === nothing) return `left-out-${index + 1}`;
    if (target !== data) return target;
    // A column of data must not be taken for a field.
    return recordField(column) ? `${column} value` : column;
  });
}

/** Why nothing can be made of the columns as they are chosen; undefined if something can. */
export function hindrance(what: What, targets: Target[], kind: string): string | undefined {
  const used = targets.filter((target) => target !== nothing && target !== data);
  const twice = used.find((target, index) => used.indexOf(target) !== index);
  if (twice) return `Two columns become “${targetName(what, twice)}”: choose one.`;
  if (what === "customers") {
    if (used.length === 0) return "Choose what the columns become.";
    return used.includes("name") && (used.includes("firstName") || used.includes("lastName")) ? "Choose the whole name, or its parts." : undefined;
  }
  if (!used.includes("customer")) return "Choose the column with the customer’s ID.";
  if (used.includes("key")) return kind || used.some((target) => target !== "key" && target !== "customer") ? "A key has the kind, ID and parent in it: choose either." : undefined;
  if (!used.includes("id")) return "Choose the column with the record’s ID.";
  if (!kind && !used.includes("kind")) return "Choose the kind, or the column that says it.";
  return kind && used.includes("kind") ? "Choose the kind, or the column that says it, not both." : undefined;
}
