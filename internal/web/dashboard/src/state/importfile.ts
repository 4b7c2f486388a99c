// A file to import, as the page reads it: rows with their lines, columns, and parts that fit into requests.

/** What one request may bring, in bytes: a little less than the API's 4 MB, for the header. */
export const mostBytes = 4_000_000;

/** A value of a row, and where it stands in the row's text. */
export type Cell = { value: string; from: number; to: number };

/** A row: the number of the line on which it begins, and where it stands in the text. */
type Row = { line: number; from: number; to: number };

export type ImportFile = {
  name: string;
  format: "csv" | "ndjson";
  encoding: "UTF-8" | "UTF-16";
  delimiter: string;
  columns: string[];
  rows: Row[];
  text: string;
};

export function decode(bytes: Uint8Array): { text: string; encoding: ImportFile["encoding"] } {
  const [first, second] = bytes;
  const wide = first === 0xff && second === 0xfe ? "utf-16le" : first === 0xfe && second === 0xff ? "utf-16be" : undefined;
  const text = new TextDecoder(wide ?? "utf-8").decode(bytes);
  return { text: text.replace(/^\ufeff+/, "").replaceAll(/\r\n?/g, "\n"), encoding: wide ? "UTF-16" : "UTF-8" };
}

const likely = [",", ";", "\t", "|"];

/** The delimiter that stands most often outside quotes in the first line that is not blank, as the API finds it. */
export function delimiterOf(text: string): string {
  const line = text.split("\n", 50).find((each) => each.trim() !== "") ?? "";
  const bare = line.replaceAll(/"[^"]*"?/g, "");
  const counts = likely.map((each) => bare.split(each).length);
  return likely[counts.indexOf(Math.max(...counts))] ?? ",";
}

/** The end of the row that begins there: a line feed in quotes doesn't end it. */
function endOf(text: string, from: number, delimiter: string): number {
  let start = true;
  for (let at = from; at < text.length; at++) {
    const letter = text[at];
    if (start && letter === '"') {
      at = closing(text, at);
      start = false;
    } else if (letter === "\n") return at;
    else start = letter === delimiter;
  }
  return text.length;
}

/** Where the quoted value that begins there has its last quote. */
function closing(text: string, from: number): number {
  for (let at = from + 1; at < text.length; at++) {
    if (text[at] !== '"') continue;
    if (text[at + 1] !== '"') return at;
    at++;
  }
  return text.length;
}

function rowsOf(text: string, delimiter: string | undefined): Row[] {
  const rows: Row[] = [];
  let line = 1;
  for (let from = 0; from < text.length; ) {
    const to = delimiter === undefined ? text.indexOf("\n", from) : endOf(text, from, delimiter);
    const end = to < 0 ? text.length : to;
    const row = text.slice(from, end);
    if (row.trim() !== "") rows.push({ line, from, to: end });
    line += row.split("\n").length;
    from = end + 1;
  }
  return rows;
}

/** Reads a file. The error is a sentence to show to the user. */
export function readFile(name: string, bytes: Uint8Array): ImportFile {
  const { text, encoding } = decode(bytes);
  const format = text.trimStart().startsWith("{") ? "ndjson" : "csv";
  const said = /^"?sep=(.)"?\s*\n/i.exec(text)?.[1];
  const delimiter = said ?? delimiterOf(text);
  const rows = rowsOf(text, format === "csv" ? delimiter : undefined);
  if (format === "ndjson") return { name, format, encoding, delimiter: "", columns: [], rows, text };
  if (said) rows.shift();
  const head = rows.shift();
  const columns = head ? cellsOf(text.slice(head.from, head.to), delimiter).map(({ value }) => value.trim()) : [];
  return { name, format, encoding, delimiter, columns, rows, text };
}

export function rowText(file: ImportFile, row: Row): string {
  return file.text.slice(row.from, row.to);
}

/** The values of a row. */
export function cellsOf(row: string, delimiter: string): Cell[] {
  const cells: Cell[] = [];
  for (let from = 0; from <= row.length; ) {
    const inQuotes = row[from] === '"';
    const after = inQuotes ? closing(row, from) : from;
    const found = row.indexOf(delimiter, after);
    const to = found < 0 ? row.length : found;
    const raw = row.slice(from, to);
    cells.push({ value: inQuotes ? raw.trim().slice(1, -1).replaceAll('""', '"') : raw, from, to });
    from = to + 1;
  }
  return cells;
}

function quoted(value: string, delimiter: string): string {
  return /["\n]/.test(value) || value.includes(delimiter) ? `"${value.replaceAll('"', '""')}"` : value;
}

/** A header line of these names, as the file would write it. */
export function headOf(file: ImportFile, names: string[]): string {
  return names.map((name) => quoted(name, file.delimiter)).join(file.delimiter);
}

/** What one request brings: rows of the file below a header of one line. */
export type Part = { body: string; first: number; rows: number; shift: number };

const encoder = new TextEncoder();

/** Splits the rows into parts that fit into requests, each with the header. */
export function partsOf(file: ImportFile, head: string, most = mostBytes): Part[] {
  const parts: Part[] = [];
  const top = file.format === "csv" ? `${head}\n` : "";
  let begin = 0;
  let size = encoder.encode(top).length;
  const lengths = file.rows.map((row) => encoder.encode(rowText(file, row)).length + 1);
  lengths.forEach((length, index) => {
    if (index > begin && size + length > most) {
      parts.push(partOf(file, top, begin, index));
      begin = index;
      size = encoder.encode(top).length;
    }
    size += length;
  });
  if (file.rows.length > begin) parts.push(partOf(file, top, begin, file.rows.length));
  return parts;
}

function partOf(file: ImportFile, top: string, from: number, to: number): Part {
  const first = file.rows[from];
  const last = file.rows[to - 1];
  if (!first || !last) throw new Error("a part has no rows");
  // Lines of a part are counted from 1, its header included: so many have to be added for those of the file.
  return { body: `${top}${file.text.slice(first.from, last.to)}\n`, first: from, rows: to - from, shift: first.line - (top ? 2 : 1) };
}

const mostSample = 100_000;

/** The first few rows alone, with the file's own header: enough for the API to say what the columns are. */
export function sampleOf(file: ImportFile, most = 20): string {
  const start = file.rows[0]?.from ?? 0;
  const few = file.rows.slice(0, most).filter((row, index) => index === 0 || row.to - start < mostSample).length;
  return partOf(file, file.format === "csv" ? `${headOf(file, file.columns)}\n` : "", 0, few).body;
}

/** The row that begins on a line, found by halves. */
export function rowAt(file: ImportFile, line: number): string {
  let [low, high] = [0, file.rows.length - 1];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if ((file.rows[middle]?.line ?? 0) <= line) low = middle;
    else high = middle - 1;
  }
  const row = file.rows[low];
  return row ? rowText(file, row) : "";
}

/** A sentence about lines of a part as one about lines of the file. */
export function shifted(text: string, by: number): string {
  return text.replaceAll(/\b(lines?) (\d+)(?:( to | and )(\d+))?/g, (_, word: string, a: string, between?: string, b?: string) => `${word} ${Number(a) + by}${between && b ? `${between}${Number(b) + by}` : ""}`);
}
