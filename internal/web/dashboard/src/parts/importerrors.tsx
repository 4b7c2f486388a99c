import { useState, type ReactNode } from "react";
import { Link } from "react-router";
import { cellsOf, headOf, rowAt, type ImportFile } from "../state/importfile";
import type { LineError, Progress } from "../state/importrun";
import { data, targetName, type Target } from "../state/importcolumns";
import { count, counted, sentence } from "../words";
import { Button } from "./basic";

type Props = { progress: Progress; file: ImportFile; targets: Target[]; done: boolean };

const first = 5;

/** The lines that can't be imported, each with what is wrong and the line itself. */
export function ImportErrors({ progress, file, targets, done }: Props) {
  const [all, setAll] = useState(false);
  const { errors, failed } = progress;
  const shown = all ? errors : errors.slice(0, first);
  return (
    <section className="records" aria-label={done ? "Left out" : "Can’t be imported"}>
      <header>
        <h2>{done ? "Left out" : "Can’t be imported"}</h2>
        <span className="total">{counted(failed, "line")}</span>
        <div className="actions">
          <Button size="bar" icon="download" onClick={() => download(file, errors)}>
            Download these lines
          </Button>
        </div>
      </header>
      <table className="table plain lines">
        <thead>
          <tr>
            <th scope="col" className="right">
              Line
            </th>
            <th scope="col">What is wrong, and the line itself</th>
            <th scope="col" className="right">
              Way out
            </th>
          </tr>
        </thead>
        <tbody>
          {shown.map((error, index) => (
            <tr key={`${error.line} ${index}`}>
              <td className="right">{count(error.line)}</td>
              <th scope="row">
                {problemOf(error)}
                <code>
                  <Line file={file} error={error} targets={targets} />
                </code>
              </th>
              <td className="right">{wayOut(error)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {errors.length > shown.length && (
        <Button look="quiet" className="show-all" onClick={() => setAll(true)}>
          Show all {count(errors.length)}
        </Button>
      )}
      {all && failed > errors.length && <p className="small">The first {count(errors.length)} are listed. Mend them, and import the file again to see the others.</p>}
    </section>
  );
}

function problemOf({ field, problem, code }: LineError): string {
  const name = field ? targetName("customers", field) : "";
  return sentence(`${name} ${problem || code}`.trim());
}

/** The line with the value that is wrong marked. Long lines are cut around it. */
function Line({ file, error, targets }: { file: ImportFile; error: LineError; targets: Target[] }): ReactNode {
  const row = rowAt(file, error.line);
  if (file.format !== "csv") return row;
  const field = error.field?.replace(/^data\./, "") ?? (error.code === "EMAIL_TAKEN" ? "email" : "");
  if (field === "") return row;
  const index = targets.findIndex((target, at) => target === field || (target === data && file.columns[at] === field));
  const cell = cellsOf(row, file.delimiter)[index];
  if (!cell) return row;
  return (
    <>
      {row.slice(0, cell.from)}
      <strong>{row.slice(cell.from, cell.to) || "∅"}</strong>
      {row.slice(cell.to)}
    </>
  );
}

function wayOut({ owner, certificate }: LineError): ReactNode {
  if (certificate) return <Link to={`/certificates/${certificate.customer}`}>View certificate</Link>;
  if (owner) return <Link to={`/customers/${owner.id}`}>{owner.state === "active" ? "View the customer" : "Restore, or permanently delete it"}</Link>;
  return "Mend in the file";
}

/** The lines as a file, with the reason as the last column; lines of JSON as they are. */
function download(file: ImportFile, errors: LineError[]): void {
  const lines = [...new Set(errors.map(({ line }) => line))].map((line) => {
    const reasons = errors.filter((error) => error.line === line).map(problemOf).join("; ");
    return file.format === "csv" ? `${rowAt(file, line)}${file.delimiter}${headOf(file, [reasons])}` : rowAt(file, line);
  });
  const head = file.format === "csv" ? [headOf(file, [...file.columns, "Reason"])] : [];
  const address = URL.createObjectURL(new Blob([[...head, ...lines, ""].join("\n")], { type: "text/plain" }));
  const link = document.createElement("a");
  link.href = address;
  link.download = `left-out-${file.name}`;
  link.click();
  URL.revokeObjectURL(address);
}
