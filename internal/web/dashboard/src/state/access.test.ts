import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { changesOf, deleteAboveOf, fourEyesFrom, fourEyesOf, permissionNames, permit, wrongGroup, type Access } from "./access";

type Document = { components: { schemas: { Grant: { properties: { permissions: { items: { enum: string[] } } } } } } };

it("knows the permissions of the API, in its order", async () => {
  const document = JSON.parse(await readFile("openapi.json", "utf8")) as Document;
  expect(permissionNames).toEqual(document.components.schemas.Grant.properties.permissions.items.enum);
});

describe("a permission", () => {
  const grants = [{ group: "support", permissions: ["customers.read" as const, "message" as const] }, { group: "auditors", permissions: [] }];
  it("is given in the order of all", () => expect(permit(grants, "support", "customers.write", true)[0]?.permissions).toEqual(["customers.read", "customers.write", "message"]));
  it("is taken, and stays with the others", () => {
    expect(permit(grants, "support", "message", false)).toEqual([{ group: "support", permissions: ["customers.read"] }, grants[1]]);
    expect(grants[0]?.permissions).toEqual(["customers.read", "message"]);
  });
});

describe("the name of a group", () => {
  it.each(["a b", "a,b", "[a", "a]", "a\tb", "a\u0000b", "", "support"])("%j is refused", (name) => expect(wrongGroup(name, [{ group: "support", permissions: [] }])).toBeTruthy());
  it.each(["privacy", "päd/ops-1", "group:x"])("%s is taken", (name) => expect(wrongGroup(name, [])).toBeUndefined());
});

const rules = (fourEyes: Access["fourEyes"]) => ({ version: 1, groups: [], fourEyes }) as Access;

describe("four eyes", () => {
  it("that ask for nothing suggest a number", () => expect(fourEyesOf(rules({ purges: false }))).toEqual({ deletes: false, above: "100", purges: false }));
  it("of every deletion are those above 0", () => expect(fourEyesOf(rules({ purges: true, deleteAbove: 0 }))).toEqual({ deletes: true, above: "0", purges: true }));
  it("come back from the form as they were", () => {
    for (const wanted of [{ purges: false }, { purges: true, deleteAbove: 0 }, { purges: false, deleteAbove: 12 }]) expect(fourEyesFrom(fourEyesOf(rules(wanted)))).toEqual(wanted);
  });
  it.each([["0", 0], ["1000000000", 1_000_000_000], ["1000000001", undefined], ["1.5", undefined], ["", undefined], ["-1", undefined]] as const)("%s as a number", (text, want) => expect(deleteAboveOf(text)).toBe(want));
});

it("names what two sets of rules say differently", () => {
  const before: Pick<Access, "groups" | "fourEyes"> = { groups: [{ group: "support", permissions: ["message", "customers.read"] }, { group: "same", permissions: ["hold"] }], fourEyes: { deleteAbove: 1000, purges: true } };
  const after: typeof before = { groups: [{ group: "same", permissions: ["hold"] }, { group: "auditors", permissions: ["audit"] }], fourEyes: { purges: true } };
  expect(changesOf(before, before)).toEqual([]);
  expect(changesOf(before, after)).toEqual([
    { name: "Group auditors", before: "No permissions", after: "audit" },
    { name: "Group support", before: "customers.read, message", after: "No permissions" },
    { name: "Deletions of many customers", before: "Wait above 1,000 customers", after: "Don’t wait" },
  ]);
});
