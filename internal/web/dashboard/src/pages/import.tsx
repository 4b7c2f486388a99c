import "../detail.css";
import { lazy, Suspense, useEffect, useRef, useState } from "react";
import { Button, Note, Skeleton, Tag } from "../parts/basic";
import { Icon } from "../parts/icon";
import { useAnnounce } from "../state/announce";
import { choose, chooseWhat, discard, left, useImporter, type Importer } from "../state/importer";
import type { ImportFile } from "../state/importfile";
import { useRefresh } from "../state/queries";
import { TopBar } from "../shell";
import { count, counted } from "../words";

const Work = lazy(() => import("./importwork"));

export type Stage = "file" | "columns" | "dry" | "running" | "done";

function stageOf({ file, dry, real }: Importer): Stage {
  if (!file) return "file";
  if (real) return real.state === "done" ? "done" : "running";
  return dry?.state === "done" ? "dry" : "columns";
}

export default function ImportPage() {
  const importer = useImporter();
  const stage = stageOf(importer);
  useEnding(importer);
  useLeaveWarning(importer.real?.state === "running" || importer.real?.state === "waiting");
  return (
    <>
      <TopBar title="Import" back={{ to: "/customers", name: "Customers" }} />
      <div className="page import">
        <header className="head">
          <div className="title">
            <h1>{importer.file ? `Import ${importer.file.name}` : "Import"}</h1>
            <ImportTag importer={importer} stage={stage} />
          </div>
          <ul className="line">{importer.file ? <About file={importer.file} /> : <li>A file of customers, or of their records, in CSV or in lines of JSON</li>}</ul>
          <Steps stage={stage} />
        </header>
        {stage === "file" || !importer.file ? <Choose importer={importer} /> : <Suspense fallback={<Skeleton rows={6} columns={3} />}><Work importer={importer} file={importer.file} stage={stage} /></Suspense>}
      </div>
    </>
  );
}

/** When an import ends, lists are looked at again, and it is said. */
function useEnding({ real, what }: Importer): void {
  const state = real?.state;
  const before = useRef(state);
  const announce = useAnnounce();
  const refresh = useRefresh();
  useEffect(() => {
    const was = before.current;
    before.current = state;
    if (!was || was === state || (state !== "done" && state !== "stopped")) return;
    announce(state === "done" ? `The import of ${what} is done.` : `The import of ${what} has stopped.`);
    void refresh();
  }, [announce, refresh, state, what]);
}

/** Asks before a tab is closed in which an import runs. */
function useLeaveWarning(on: boolean): void {
  useEffect(() => {
    if (!on) return undefined;
    const warn = (event: BeforeUnloadEvent) => event.preventDefault();
    addEventListener("beforeunload", warn);
    return () => removeEventListener("beforeunload", warn);
  }, [on]);
}

function ImportTag({ importer, stage }: { importer: Importer; stage: Stage }) {
  switch (stage) {
    case "dry":
      return <Tag look="accent" icon="eye">Ready to review</Tag>;
    case "running":
      return importer.real?.state === "stopped" ? <Tag icon="stop">Stopped</Tag> : <Tag look="accent" icon="spinner">Running</Tag>;
    case "done":
      return (importer.real?.failed ?? 0) > 0 ? <Tag icon="warning">Done, {count(importer.real?.failed ?? 0)} left out</Tag> : <Tag look="outline" icon="check">Done</Tag>;
    default:
      return null;
  }
}

const delimiters: Record<string, string> = { ",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars" };

function About({ file }: { file: ImportFile }) {
  return (
    <>
      <li>{file.format === "csv" ? `${counted(file.rows.length, "row")} below the head` : counted(file.rows.length, "line")}</li>
      <li>
        {file.encoding}
        {file.format === "csv" ? `, ${delimiters[file.delimiter] ?? `“${file.delimiter}”`}` : ", JSON"}
      </li>
      <li>Read in this browser, stored nowhere</li>
    </>
  );
}

const steps: [Stage[], string][] = [
  [["file"], "File"],
  [["columns"], "Columns"],
  [["dry"], "Dry run"],
  [["running"], "Import"],
];

function Steps({ stage }: { stage: Stage }) {
  const at = stage === "done" ? steps.length : steps.findIndex(([stages]) => stages.includes(stage));
  return (
    <ol className="steps" aria-label="Steps">
      {steps.map(([, name], index) => (
        <li key={name} className={index < at ? "past" : index === at ? "now" : "next"} aria-current={index === at ? "step" : undefined}>
          {index < at ? <Icon name="check" size={12} /> : <span className="dot" aria-hidden="true" />}
          {name}
        </li>
      ))}
    </ol>
  );
}

/** The most that the page reads: a browser holds a file in memory. */
const mostFile = 200_000_000;

function Choose({ importer }: { importer: Importer }) {
  const [pasted, setPasted] = useState("");
  const [problem, setProblem] = useState<string>();
  const input = useRef<HTMLInputElement>(null);
  const stopped = left();
  const read = async (file: File) => {
    if (file.size > mostFile) return setProblem("The file has more than 200 MB. Split it, or import it through the API.");
    if (file.size === 0) return setProblem("The file is empty.");
    return choose(file.name, new Uint8Array(await file.arrayBuffer()));
  };
  return (
    <div className="columns">
      <div className="content">
        {stopped && (
          <Note icon="info">
            <strong>
              An import stopped after {counted(stopped.progress.lines, "line")} of {count(stopped.rows)}.
            </strong>{" "}
            Choose the same file to go on from there.{" "}
            <Button size="bar" onClick={discard}>
              Forget it
            </Button>
          </Note>
        )}
        <div className="segments" role="radiogroup" aria-label="What the file has">
          {(["customers", "records"] as const).map((what) => (
            <label key={what} className={importer.what === what ? "on" : undefined}>
              <input type="radio" name="what" checked={importer.what === what} onChange={() => chooseWhat(what)} />
              {what === "customers" ? "Customers" : "Records of customers"}
            </label>
          ))}
        </div>
        {/* oxlint-disable-next-line jsx-a11y/no-static-element-interactions -- a file can be dropped here, beside choosing it with the button */}
        <div
          className="drop"
          onDragOver={(event) => event.preventDefault()}
          onDrop={(event) => {
            event.preventDefault();
            const [file] = event.dataTransfer.files;
            if (file) void read(file);
          }}
        >
          <Button look="primary" icon="upload" onClick={() => input.current?.click()}>
            Choose a file…
          </Button>
          <p className="small">or drop it here. CSV or NDJSON; the first line of CSV names the columns.</p>
          <input
            ref={input}
            type="file"
            className="visually-hidden"
            tabIndex={-1}
            aria-label="File"
            accept=".csv,.tsv,.txt,.ndjson,.jsonl,text/csv"
            onChange={(event) => {
              const [file] = event.target.files ?? [];
              if (file) void read(file);
              event.target.value = "";
            }}
          />
          {problem && <p role="alert">{problem}</p>}
        </div>
        <div className="field">
          <label htmlFor="pasted">
            Or paste its lines <span className="note-inline">with the line that names the columns</span>
          </label>
          <textarea id="pasted" rows={6} spellCheck={false} value={pasted} onChange={(event) => setPasted(event.target.value)} />
          <div className="actions">
            <Button unavailable={pasted.trim() === "" ? "Nothing is pasted" : undefined} onClick={() => void choose("what was pasted", new TextEncoder().encode(pasted))}>
              Read it
            </Button>
          </div>
        </div>
      </div>
      <aside className="side">
        <section className="panel">
          <h2>Nothing has been imported yet</h2>
          <p>First you see what becomes of each line. Then you decide.</p>
          <p className="small">Columns are found by their names, and can be chosen. Lines with a fault are shown with their number; the others go in.</p>
        </section>
      </aside>
    </div>
  );
}
