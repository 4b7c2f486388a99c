import { useSyncExternalStore } from "react";
import { Refusal, upload } from "../api/client";
import { guesses, hindrance, sentNames, type Target, type What } from "./importcolumns";
import { headOf, partsOf, readFile, sampleOf, type ImportFile, type Part } from "./importfile";
import { begun, run, type Answer, type Progress } from "./importrun";

/** What is chosen on the page of an import. */
export type Choice = { targets: Target[]; kind: string; parent: string; none: string; update: boolean };

/** What the page of an import shows. */
export type Importer = {
  what: What;
  file: ImportFile | undefined;
  choice: Choice;
  /** Why the file was refused as a whole. */
  error: unknown;
  dry: Progress | undefined;
  real: Progress | undefined;
};

const noChoice: Choice = { targets: [], kind: "", parent: "", none: "", update: false };
const empty: Importer = { what: "customers", file: undefined, choice: noChoice, error: undefined, dry: undefined, real: undefined };

/** Where an import that stopped can be gone on with after a reload: numbers and names of fields, nothing of the file. */
export type Left = { what: What; length: number; rows: number; choice: Choice; progress: Progress };
const kept = "import";

/** One import at a time, which goes on while other pages are visited. It holds the file, in memory only. */
let now: Importer = empty;
let stop = new AbortController();
const listeners = new Set<() => void>();

function set(part: Partial<Importer>): void {
  now = { ...now, ...part };
  for (const listener of listeners) listener();
}

export function useImporter(): Importer {
  return useSyncExternalStore(
    (changed) => {
      listeners.add(changed);
      return () => listeners.delete(changed);
    },
    () => now,
  );
}

export function left(): Left | undefined {
  const text = sessionStorage.getItem(kept);
  return text ? (JSON.parse(text) as Left) : undefined;
}

function keep(progress: Progress): void {
  if (!now.file || progress.state === "done") return sessionStorage.removeItem(kept);
  const at: Left = { what: now.what, length: now.file.text.length, rows: now.file.rows.length, choice: now.choice, progress: { ...progress, errors: [], error: undefined } };
  sessionStorage.setItem(kept, JSON.stringify(at));
}

/** Begins again, with nothing chosen. */
export function discard(): void {
  stop.abort();
  sessionStorage.removeItem(kept);
  set({ ...empty, what: now.what });
}

export function chooseWhat(what: What): void {
  stop.abort();
  set({ ...empty, what });
}

/** Reads a file, asks what its columns are, and tries it. One that an import stopped in goes on where that was. */
export async function choose(name: string, bytes: Uint8Array): Promise<void> {
  stop.abort();
  const file = readFile(name, bytes);
  const stopped = left();
  if (stopped && stopped.length === file.text.length && stopped.rows === file.rows.length) {
    return set({ what: stopped.what, file, choice: stopped.choice, error: undefined, dry: undefined, real: { ...stopped.progress, state: "stopped" } });
  }
  set({ file, choice: noChoice, error: undefined, dry: undefined, real: undefined });
  if (file.rows.length === 0) return;
  if (file.format === "csv") await guess(file);
  if (now.file === file) await tryIt();
}

/** Begins with what the columns are called. */
async function guess(file: ImportFile): Promise<void> {
  let answer: Answer | undefined;
  let refused: unknown;
  if (now.what === "customers") {
    stop = new AbortController();
    try {
      answer = await send(sampleOf(file), { dryRun: true, delimiter: delimiterName(file) }, stop.signal);
    } catch (error) {
      refused = isAboutColumns(error) ? undefined : error;
    }
  }
  if (now.file === file) set({ choice: { ...now.choice, targets: guesses(now.what, file.columns, answer) }, error: refused });
}

/** A refusal that choosing columns can mend. */
function isAboutColumns(error: unknown): boolean {
  return error instanceof Refusal && error.code === "INVALID" && (error.problem?.errors ?? []).every(({ field, problem }) => field?.startsWith("query.") || problem.startsWith("names no column"));
}

export function change(choice: Partial<Choice>): void {
  set({ choice: { ...now.choice, ...choice } });
  void tryIt();
}

/** Why the import can't be tried yet. */
export function waitsFor({ what, file, choice }: Importer): string | undefined {
  return file?.format === "csv" ? hindrance(what, choice.targets, choice.kind) : undefined;
}

function delimiterName(file: ImportFile): string {
  return file.delimiter === "\t" ? "tab" : file.delimiter;
}

async function send(body: string, query: object, signal: AbortSignal): Promise<Answer> {
  const type = now.file?.format === "ndjson" ? "application/x-ndjson" : "text/csv";
  return upload(`/v1/imports/${now.what}`, query, type, body, signal);
}

function names({ file, choice }: Importer): string[] {
  return file ? sentNames(file.columns, choice.targets) : [];
}

/** A template with columns in braces, with the columns called as they are sent. */
function parentOf(importer: Importer): string {
  const sent = names(importer);
  return importer.choice.parent.replaceAll(/\{([^}]*)\}/g, (whole, name: string) => {
    const index = importer.file?.columns.indexOf(name) ?? -1;
    return index < 0 ? whole : `{${sent[index] ?? name}}`;
  });
}

function queryOf(importer: Importer, dryRun: boolean): object {
  const { what, file, choice } = importer;
  const existing = what === "customers" && choice.update ? { onExisting: "update" } : {};
  if (file?.format !== "csv") return { ...(dryRun ? { dryRun } : {}), ...existing };
  const ofRecords = what === "records" ? { kind: choice.kind, parent: parentOf(importer) } : {};
  return { ...(dryRun ? { dryRun } : {}), ...existing, ...ofRecords, delimiter: delimiterName(file), null: choice.none };
}

async function go(which: "dry" | "real", from: Progress): Promise<void> {
  stop.abort();
  stop = new AbortController();
  const { signal } = stop;
  const { file } = now;
  if (!file) return;
  const query = queryOf(now, which === "dry");
  const tell = (progress: Progress) => {
    if (signal.aborted && now.file !== file) return;
    set({ [which]: progress });
    if (which === "real") keep(progress);
  };
  const pause = (milliseconds: number) => new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, milliseconds);
    signal.addEventListener("abort", () => (clearTimeout(timer), resolve()));
  });
  const parts: Part[] = partsOf(file, headOf(file, names(now)));
  const ended = await run(parts, from, {
    send: (part, fromLine) => send(part.body, { ...query, ...(fromLine ? { fromLine } : {}) }, signal),
    tell,
    pause,
    stopped: () => signal.aborted,
  });
  // A dry run that another one has replaced says nothing.
  if (which === "real" || !signal.aborted) tell(ended);
}

async function tryIt(): Promise<void> {
  stop.abort();
  set({ dry: undefined });
  if (!now.error && !waitsFor(now)) await go("dry", begun);
}

export function start(): void {
  void go("real", now.real ? { ...now.real } : begun);
}

/** Stops after the request that is under way; what is done stays done. */
export function stopIt(): void {
  stop.abort();
}

/** Tries a dry run again that was refused. */
export function again(): void {
  set({ error: undefined });
  void tryIt();
}
