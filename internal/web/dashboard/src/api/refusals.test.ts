import { readFile } from "node:fs/promises";
import { expect, it } from "vitest";
import { Refusal } from "./client";
import { fieldProblem } from "./fields";
import { explain, refusals } from "./refusals";

type Document = { paths: Record<string, Record<string, { responses: Record<string, { content?: Record<string, { examples?: Record<string, unknown> }> }> }>> };

/** The codes that the API documents, from the document that the client is made of. */
async function codesOfTheAPI(): Promise<Set<string>> {
  const document = JSON.parse(await readFile("openapi.json", "utf8")) as Document;
  const operations = Object.values(document.paths).flatMap((methods) => Object.values(methods));
  const problems = operations.flatMap((operation) => Object.values(operation.responses).map((response) => response.content?.["application/problem+json"]));
  return new Set(problems.flatMap((problem) => Object.keys(problem?.examples ?? {})));
}

it("has a text for every code of the API", async () => {
  const codes = await codesOfTheAPI();
  expect(codes.size).toBeGreaterThan(30);
  expect([...codes].filter((code) => !refusals[code])).toEqual([]);
});

it("tells a code that it doesn't know in the API's own words", () => {
  const problem = { type: "", title: "", status: 409, code: "NEW", detail: "The API says why.", requestId: "r" };
  expect(explain(new Refusal("NEW", 409, problem, undefined))).toBe("The API says why.");
});

it("finds what is wrong with a field", () => {
  const problem = { type: "", title: "", status: 422, code: "INVALID", detail: "", requestId: "r", errors: [{ field: "email", problem: "is no address" }] };
  const refusal = new Refusal("INVALID", 422, problem, undefined);
  expect(fieldProblem(refusal, "email")).toBe("Is no address.");
  expect(fieldProblem(refusal, "phone")).toBeUndefined();
});

it("names the permission that is missing, and how fresh a sign-in has to be", () => {
  const problem = { type: "", title: "", status: 403, code: "FORBIDDEN", detail: "", requestId: "r", permission: "purge" };
  expect(explain(new Refusal("FORBIDDEN", 403, problem, undefined))).toBe("Your account lacks the permission purge. Ask an administrator who manages permissions.");
  const stale = { type: "", title: "", status: 401, code: "STALE_SIGN_IN", detail: "", requestId: "r", maxAge: 300 };
  expect(explain(new Refusal("STALE_SIGN_IN", 401, stale, undefined))).toContain("within the last 5 minutes. Sign in again");
});
