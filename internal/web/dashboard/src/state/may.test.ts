import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { actionNeeds, acts, mayOf, type Act } from "./may";

type Operation = { description: string; "x-permission": { anyOf: string[]; action: boolean } };
type Document = { paths: Record<string, Record<string, Operation>> };

async function operationOf(route: string): Promise<Operation> {
  const { paths } = JSON.parse(await readFile("openapi.json", "utf8")) as Document;
  const [method = "", path = ""] = route.split(" ");
  const found = paths[path]?.[method];
  if (!found) throw new Error(`the API has no ${route}`);
  return found;
}

describe("what an act needs is what its request needs", () => {
  it.each(Object.entries(acts))("%s", async (_, { route, needs }) => {
    expect((await operationOf(route))["x-permission"].anyOf).toEqual(needs);
  });
});

it("an action on many needs bulk and what the API says", async () => {
  const { description } = await operationOf(acts.plan.route);
  const told = /and the one of its action: ([^.]*(?:customers\.write[^.]*)?)\.(?:\s|$)/.exec(description)?.[1] ?? "";
  const needs = told.split("; ").flatMap((part) => {
    const [permission = "", actions = ""] = part.split(" for ");
    return actions.split(/, | and /).map((action) => [action, permission]);
  });
  expect(Object.fromEntries(needs)).toEqual(actionNeeds);
});

describe("an administrator", () => {
  it("may do all that is asked for while nothing is known", () => {
    const may = mayOf(undefined);
    expect((Object.keys(acts) as Act[]).every(may)).toBe(true);
    expect(may.lacking("purge")).toBeUndefined();
  });
  it("without permissions may do nothing", () => {
    const may = mayOf([]);
    expect((Object.keys(acts) as Act[]).some(may)).toBe(false);
    expect(may.lacking("delete")).toBe("bulk");
  });
  it("needs both for many", () => {
    expect(mayOf(["bulk"]).lacking("delete")).toBe("delete");
    expect(mayOf(["delete"]).lacking("delete")).toBe("bulk");
    expect(mayOf(["bulk", "delete"]).many("delete")).toBe(true);
    expect(mayOf(["bulk", "delete"]).many("purge")).toBe(false);
  });
});
