import { expect, it } from "vitest";
import { choices, data, guesses, hindrance, nothing, sentNames } from "./importcolumns";
import type { Answer } from "./importrun";

const answer = { mappedColumns: [{ column: "E-Mail Address", field: "email" }], ignoredColumns: ["fax"] } as unknown as Answer;

it("takes the columns for what the API takes them for", () => {
  expect(guesses("customers", ["id", "E-Mail Address", "fax", "consent.news"], answer)).toEqual(["id", "email", nothing, "consent.news"]);
  expect(guesses("records", ["Customer_ID", "total", "ID", "Kind"], undefined)).toEqual(["customer", data, "id", "kind"]);
  expect(guesses("customers", ["id"], undefined)).toEqual([nothing]);
});

it("sends names that mean what was chosen, and nothing else", () => {
  expect(sentNames(["email", "firma", ""], [nothing, "organisation", nothing])).toEqual(["left-out-1", "organisation", ""]);
  expect(sentNames(["customer", "ID", "total"], ["customer", data, data])).toEqual(["customer", "ID value", "total"]);
});

it("offers a consent by the column's name", () => {
  expect(choices("customers", "Newsletter (weekly)", nothing).map(([target]) => target)).toContain("consent.newsletter-weekly");
  expect(choices("records", "x", data).map(([, name]) => name)).toContain("A field of its data");
});

it.each<[string | undefined, Parameters<typeof hindrance>]>([
  [undefined, ["customers", ["email", nothing], ""]],
  ["Choose what the columns become.", ["customers", [nothing], ""]],
  ["Two columns become “E-mail”: choose one.", ["customers", ["email", "email"], ""]],
  ["Choose the whole name, or its parts.", ["customers", ["name", "lastName"], ""]],
  ["Choose the column with the customer’s ID.", ["records", ["id", data], "invoice"]],
  ["Choose the column with the record’s ID.", ["records", ["customer", data], "invoice"]],
  ["Choose the kind, or the column that says it.", ["records", ["customer", "id"], ""]],
  ["Choose the kind, or the column that says it, not both.", ["records", ["customer", "id", "kind"], "invoice"]],
  ["A key has the kind, ID and parent in it: choose either.", ["records", ["customer", "key", "id"], ""]],
  [undefined, ["records", ["customer", "key", data], ""]],
])("says %s", (says, chosen) => {
  expect(hindrance(...chosen)).toBe(says);
});
