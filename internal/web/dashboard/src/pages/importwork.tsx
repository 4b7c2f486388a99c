import { useState, type ReactNode } from "react";
import { Link } from "react-router";
import { Button, Facts, Figures, Note, type Fact } from "../parts/basic";
import { Field } from "../parts/field";
import { ImportErrors } from "../parts/importerrors";
import { Failure } from "../parts/problem";
import { choices, nothing } from "../state/importcolumns";
import { again, change, discard, start, stopIt, waitsFor, type Importer } from "../state/importer";
import { cellsOf, partsOf, rowText, type ImportFile } from "../state/importfile";
import type { Progress } from "../state/importrun";
import { useSettings } from "../state/queries";
import { count, counted } from "../words";
import type { Stage } from "./import";

/** An import from the moment that it has a file. */
export default function Work({ importer, file, stage }: { importer: Importer; file: ImportFile; stage: Stage }) {
  const shown = importer.real ?? importer.dry;
  return (
    <div className="columns">
      <div className="content">
        {file.rows.length === 0 && (
          <Note icon="warning">
            <strong>There is nothing to import.</strong> The file has no line below the one that names the columns.
          </Note>
        )}
        {importer.error !== undefined && <Failure what="The file can’t be imported." error={importer.error} retry={again} />}
        {stage === "done" && importer.real && <Outcome what={importer.what} done={importer.real} />}
        {stage === "running" && importer.real && <Running progress={importer.real} file={file} />}
        {!importer.real && importer.dry?.state !== "done" && importer.dry && <Running progress={importer.dry} file={file} dry />}
        {shown && (shown.state === "done" || importer.real) && <Counts progress={shown} done={importer.real !== undefined} />}
        {file.format === "csv" && !importer.real && <Columns importer={importer} file={file} />}
        {shown && shown.failed > 0 && <ImportErrors progress={shown} file={file} targets={importer.choice.targets} done={importer.real !== undefined} />}
      </div>
      <aside className="side">
        <Panel importer={importer} file={file} stage={stage} />
      </aside>
    </div>
  );
}

function Counts({ progress, done }: { progress: Progress; done: boolean }) {
  const { created, updated, existing, failed } = progress;
  return (
    <Figures
      figures={[
        { n: created, what: done ? "added" : "will be added", lead: true },
        ...(updated > 0 ? [{ n: updated, what: done ? "updated" : "will be updated" }] : []),
        { n: existing, what: done ? "existed already, and stayed as they are" : "exist already, and stay as they are" },
        { n: failed, what: done ? "left out" : "can’t be imported", warn: failed > 0 },
      ]}
    />
  );
}

function Outcome({ what, done }: { what: string; done: Progress }) {
  const noun = what === "customers" ? "customer" : "record";
  return (
    <p className="outcome">
      <strong>
        {counted(done.created, noun)} {done.created === 1 ? "is" : "are"} added.
      </strong>{" "}
      {done.failed > 0 ? `${counted(done.failed, "line")} ${done.failed === 1 ? "was" : "were"} left out: mend them, and import them again.` : "No line was left out."} <Link to="/customers">View customers</Link>
    </p>
  );
}

function Running({ progress, file, dry = false }: { progress: Progress; file: ImportFile; dry?: boolean }) {
  const looked = progress.lines + progress.blank;
  const total = Math.max(1, file.rows.length);
  const percent = Math.min(100, Math.floor((looked / total) * 100));
  const name = dry ? "Trying" : "Importing";
  return (
    <>
      <div className="running-lead">
        <p>
          <strong className="big">{percent} %</strong> {count(looked)} of {counted(file.rows.length, "line")} {dry ? "tried" : "imported"}
        </p>
        {progress.state === "running" && looked === 0 ? <progress aria-label={name} /> : <progress value={percent} max={100} aria-label={name} />}
      </div>
      {progress.state === "waiting" && (
        <Note icon="clock">
          <strong>The last request was not answered.</strong> It is sent again by itself in a moment. What is done stays done.
        </Note>
      )}
      {progress.state === "stopped" && progress.error !== undefined && <Failure what={dry ? "The dry run stopped." : "The import stopped. What is done stays done."} error={progress.error} retry={dry ? again : start} />}
    </>
  );
}

function Columns({ importer, file }: { importer: Importer; file: ImportFile }) {
  const { what, choice } = importer;
  const first = file.rows.slice(0, 2).map((row) => cellsOf(rowText(file, row), file.delimiter));
  const used = choice.targets.filter((target) => target !== nothing).length;
  const become = (index: number, target: string) => change({ targets: choice.targets.map((each, at) => (at === index ? target : each)) });
  return (
    <section className="records" aria-label="Columns">
      <header>
        <h2>Columns</h2>
        <span className="total">
          {used} of {file.columns.length} used
        </span>
      </header>
      {what === "records" && <RecordChoices importer={importer} />}
      <table className="table plain">
        <thead>
          <tr>
            <th scope="col">In the file</th>
            <th scope="col">First values</th>
            <th scope="col">Becomes</th>
          </tr>
        </thead>
        <tbody>
          {file.columns.map((column, index) => (
            <tr key={index}>
              <th scope="row">
                <code>{column || "(no name)"}</code>
              </th>
              <td className="values">{first.map((cells) => cells[index]?.value).filter(Boolean).join(", ") || <span className="missing">–</span>}</td>
              <td>
                <select aria-label={`What ${column} becomes`} value={choice.targets[index] ?? nothing} onChange={(event) => become(index, event.target.value)}>
                  {choices(what, column, choice.targets[index] ?? nothing).map(([target, name]) => (
                    <option key={target} value={target}>
                      {name}
                    </option>
                  ))}
                </select>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

function RecordChoices({ importer }: { importer: Importer }) {
  const settings = useSettings();
  const { choice } = importer;
  const [parent, setParent] = useState(choice.parent);
  const kinds = settings.data?.settings.kinds ?? [];
  return (
    <div className="pair">
      <div className="field">
        <label htmlFor="kind">Kind of the records</label>
        <select id="kind" value={choice.kind} onChange={(event) => change({ kind: event.target.value })}>
          <option value="">A column says it</option>
          {kinds.map(({ name }) => (
            <option key={name} value={name}>
              {name}
            </option>
          ))}
        </select>
      </div>
      <Field label="Key of the parent" note="optional, as invoice~{orderID}" value={parent} change={setParent} onBlur={() => parent !== choice.parent && change({ parent: parent.trim() })} spellCheck={false} />
    </div>
  );
}

function Panel({ importer, file, stage }: { importer: Importer; file: ImportFile; stage: Stage }) {
  if (stage === "running" && importer.real) return <SoFar progress={importer.real} />;
  if (stage === "done") {
    return (
      <section className="panel">
        <h2>Result</h2>
        <p>What was added can be deleted like every other customer.</p>
        <div className="part">
          <Button size="full" icon="upload" onClick={discard}>
            Import another file
          </Button>
        </div>
      </section>
    );
  }
  return <Review importer={importer} file={file} />;
}

function SoFar({ progress }: { progress: Progress }) {
  return (
    <section className="panel">
      <h2>So far</h2>
      <Facts aligned="right" facts={[{ name: "Lines imported", value: count(progress.lines) }]} />
      <div className="part">
        {progress.state === "stopped" ? (
          <>
            <Button online look="primary" size="full" onClick={start}>
              Go on
            </Button>
            <Button look="quiet" size="full" onClick={discard}>
              Discard the rest
            </Button>
          </>
        ) : (
          <>
            <Button size="full" icon="stop" onClick={stopIt}>
              Stop
            </Button>
            <p className="small center">Keep this tab open. What is done stays done, and you can go on later.</p>
          </>
        )}
      </div>
    </section>
  );
}

function Review({ importer, file }: { importer: Importer; file: ImportFile }) {
  const { what, choice, dry } = importer;
  const [none, setNone] = useState(choice.none);
  const noun = what === "customers" ? "customer" : "record";
  const changes = (dry?.created ?? 0) + (dry?.updated ?? 0);
  const parts = file.rows.length > 0 ? partsOf(file, file.columns.join(",")).length : 0;
  const waits = waitsFor(importer) ?? (file.rows.length === 0 ? "The file has no lines." : dry?.state === "done" ? (changes === 0 ? "No line would change anything." : undefined) : dry?.state === "stopped" || importer.error ? "The dry run has to succeed first." : "The dry run is under way.");
  const facts: Fact[] = [
    { name: "Will be added", value: <strong>{dry ? counted(dry.created, noun) : "–"}</strong> },
    { name: "Left out", value: dry ? counted(dry.failed + (choice.update ? 0 : dry.existing), "line") : "–" },
    ...(parts > 1 ? [{ name: "Sent in", value: counted(parts, "request") }] : []),
  ];
  return (
    <section className="panel">
      <h2>Nothing has been imported yet</h2>
      <Facts facts={facts} aligned="right" />
      {what === "customers" && <Existing update={choice.update} />}
      {file.format === "csv" && (
        <div className="part">
          <Field label="No value" note="a text that stands for none, as NULL" value={none} change={setNone} maxLength={40} onBlur={() => none !== choice.none && change({ none: none.trim() })} spellCheck={false} />
        </div>
      )}
      <div className="part">
        <Button online look="primary" size="full" icon="upload" unavailable={waits} onClick={start}>
          Import {counted(changes, noun)}
        </Button>
        <p className="small center">{waits ?? "You can stop it, and go on later."}</p>
        <Button look="quiet" size="full" onClick={discard}>
          Discard this import
        </Button>
      </div>
    </section>
  );
}

function Existing({ update }: { update: boolean }): ReactNode {
  return (
    <div className="part" role="radiogroup" aria-label="Lines that exist already">
      <h2>Lines that exist already</h2>
      {[false, true].map((value) => (
        <label key={String(value)} className="radio">
          <input type="radio" name="existing" checked={update === value} onChange={() => change({ update: value })} />
          {value ? "Update them from the file" : "Leave them as they are"}
        </label>
      ))}
    </div>
  );
}
