import { Refusal, UNREACHABLE, type Schema } from "../api/client";
import { shifted, type Part } from "./importfile";

export type Answer = Schema<"Import">;
export type LineError = Answer["errors"][number];

/** The progress of an import and the results of its lines. Line numbers are those of the file. */
export type Progress = {
  state: "running" | "waiting" | "stopped" | "done";
  /** The part that is next, and the line in it to go on from. */
  part: number;
  fromLine: number | undefined;
  lines: number;
  blank: number;
  created: number;
  updated: number;
  existing: number;
  failed: number;
  errors: LineError[];
  /** What the last request was refused for; with state waiting, it is tried again by itself. */
  error: unknown;
};

export const begun: Progress = { state: "running", part: 0, fromLine: undefined, lines: 0, blank: 0, created: 0, updated: 0, existing: 0, failed: 0, errors: [], error: undefined };

/** The errors that are kept to be shown. */
const mostErrors = 1000;

/** The progress after an answer about a part. */
export function after(progress: Progress, answer: Answer, part: Part): Progress {
  const errors = answer.errors.map((error) => ({ ...error, line: error.line + part.shift, problem: shifted(error.problem, part.shift) }));
  const resume = answer.resumeFromLine;
  return {
    ...progress,
    state: "running",
    part: resume ? progress.part : progress.part + 1,
    fromLine: resume,
    lines: progress.lines + answer.lines,
    blank: progress.blank + answer.blank,
    created: progress.created + answer.created,
    updated: progress.updated + answer.updated,
    existing: progress.existing + answer.existing,
    failed: progress.failed + answer.failed,
    errors: [...progress.errors, ...errors].slice(0, mostErrors),
    error: undefined,
  };
}

/** Attempts after which a busy or lost request waits for somebody to say go on. */
const mostAttempts = 5;
const firstPause = 1000;

type Tools = {
  send: (part: Part, fromLine: number | undefined) => Promise<Answer>;
  tell: (progress: Progress) => void;
  /** Waits, and tells whether to go on. */
  pause: (milliseconds: number) => Promise<void>;
  stopped: () => boolean;
};

function isPassing(error: unknown): boolean {
  return error instanceof Refusal && (error.status === 503 || error.status === 429 || error.code === UNREACHABLE);
}

/** Sends part after part, from where the progress says. A lost request is sent again: repeating lines is harmless. */
export async function run(parts: Part[], from: Progress, { send, tell, pause, stopped }: Tools): Promise<Progress> {
  let progress: Progress = { ...from, state: "running", error: undefined };
  let attempts = 0;
  for (let part = parts[progress.part]; part; part = parts[progress.part]) {
    if (stopped()) return { ...progress, state: "stopped" };
    tell(progress);
    try {
      progress = after(progress, await send(part, progress.fromLine), part);
      attempts = 0;
    } catch (error) {
      attempts++;
      if (stopped()) return { ...progress, state: "stopped" };
      if (!isPassing(error) || attempts >= mostAttempts) return { ...progress, state: "stopped", error };
      tell({ ...progress, state: "waiting", error });
      await pause(error instanceof Refusal && error.retryAfter ? error.retryAfter * 1000 : firstPause * 2 ** (attempts - 1));
    }
  }
  return { ...progress, state: "done" };
}
