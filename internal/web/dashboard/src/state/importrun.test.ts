import { expect, it } from "vitest";
import { Refusal, UNREACHABLE } from "../api/client";
import type { Part } from "./importfile";
import { begun, run, type Answer, type Progress } from "./importrun";

const parts: Part[] = [
  { body: "a", first: 0, rows: 10, shift: 0 },
  { body: "b", first: 10, rows: 10, shift: 10 },
];

function answer(change: Partial<Answer>): Answer {
  return { dryRun: false, lines: 10, created: 10, updated: 0, existing: 0, failed: 0, blank: 0, errors: [], moreErrors: 0, found: [], moreFound: 0, mappedColumns: [], ignoredColumns: [], ...change };
}

/** Answers requests one after the other, and notes what was sent. */
function system(answers: (Answer | Error)[]) {
  const sent: string[] = [];
  const told: Progress["state"][] = [];
  const pauses: number[] = [];
  const tools = {
    send: async ({ body }: Part, fromLine: number | undefined) => {
      sent.push(`${body}${fromLine ?? ""}`);
      const next = answers.shift();
      if (!next || next instanceof Error) throw next ?? new Error("nothing more was expected");
      return next;
    },
    tell: ({ state }: Progress) => void told.push(state),
    pause: async (milliseconds: number) => void pauses.push(milliseconds),
    stopped: () => false,
  };
  return { sent, told, pauses, tools };
}

it("sends each part, and counts lines as those of the file", async () => {
  const { sent, tools } = system([answer({ failed: 1, created: 9, errors: [{ line: 3, code: "INVALID", problem: "is bad" }] }), answer({ failed: 1, created: 8, existing: 1, errors: [{ line: 3, code: "INVALID", problem: "is the same as in line 2" }] })]);
  const done = await run(parts, begun, tools);
  expect(sent).toEqual(["a", "b"]);
  expect(done).toMatchObject({ state: "done", lines: 20, created: 17, existing: 1, failed: 2 });
  expect(done.errors.map(({ line, problem }) => `${line} ${problem}`)).toEqual(["3 is bad", "13 is the same as in line 12"]);
});

it("goes on from the line that an answer names", async () => {
  const { sent, tools } = system([answer({ lines: 4, created: 4, resumeFromLine: 6 }), answer({ lines: 6, created: 6 }), answer({})]);
  expect(await run(parts, begun, tools)).toMatchObject({ state: "done", lines: 20, created: 20 });
  expect(sent).toEqual(["a", "a6", "b"]);
});

it("waits while the store is busy, as long as it says, and sends a lost request again", async () => {
  const { sent, told, pauses, tools } = system([new Refusal("UNAVAILABLE", 503, undefined, 8), new Refusal(UNREACHABLE, 0, undefined, undefined), answer({}), answer({})]);
  expect(await run(parts, begun, tools)).toMatchObject({ state: "done", lines: 20 });
  expect(sent).toEqual(["a", "a", "a", "b"]);
  expect(pauses).toEqual([8000, 2000]);
  expect(told).toEqual(["running", "waiting", "running", "waiting", "running", "running"]);
});

it("stops at a refusal that stays, keeps what was done, and goes on from there", async () => {
  const { tools } = system([answer({}), new Refusal("INVALID", 422, undefined, undefined)]);
  const stopped = await run(parts, begun, tools);
  expect(stopped).toMatchObject({ state: "stopped", part: 1, lines: 10 });
  const again = system([answer({})]);
  expect(await run(parts, stopped, again.tools)).toMatchObject({ state: "done", lines: 20 });
  expect(again.sent).toEqual(["b"]);
});

it("gives up after five attempts without an answer", async () => {
  const { sent, tools } = system(Array.from({ length: 5 }, () => new Refusal(UNREACHABLE, 0, undefined, undefined)));
  expect(await run(parts, begun, tools)).toMatchObject({ state: "stopped", part: 0 });
  expect(sent).toHaveLength(5);
});
