import { describe, expect, it } from "vitest";
import { cellsOf, decode, headOf, partsOf, readFile, rowAt, rowText, sampleOf, shifted } from "./importfile";

const bytes = (text: string) => new TextEncoder().encode(text);
const read = (text: string) => readFile("a.csv", bytes(text));

describe("reading a file", () => {
  it.each([
    ["commas", "name,email\nAda,a@x.example\n", ",", ["name", "email"], 1],
    ["semicolons, though a quoted value has commas", '"name, whole";email\nAda;a\n', ";", ["name, whole", "email"], 1],
    ["tabs", "name\temail\nAda\ta\n\n\nBo\tb", "\t", ["name", "email"], 2],
    ["what sep= says", "sep=|\nname|e,mail\nAda|a\n", "|", ["name", "e,mail"], 1],
    ["line ends of old", "name,email\rAda,a\rBo,b\r", ",", ["name", "email"], 2],
  ])("finds %s", (_, text, delimiter, columns, rows) => {
    const file = read(text);
    expect([file.delimiter, file.columns, file.rows.length]).toEqual([delimiter, columns, rows]);
  });
  it("counts lines as the file has them, also where a value has several", () => {
    const file = read('name,note\n\nAda,"two\nlines, ""quoted"""\nBo,one\n');
    expect(file.rows.map(({ line }) => line)).toEqual([3, 5]);
    expect(rowAt(file, 5)).toBe("Bo,one");
    expect(cellsOf(rowAt(file, 3), ",").map(({ value }) => value)).toEqual(["Ada", 'two\nlines, "quoted"']);
  });
  it("doesn't take a quote within a value for the beginning of one", () => {
    expect(read('size,name\n5" pipe,Ada\n6,Bo\n').rows).toHaveLength(2);
  });
  it("reads UTF-16 by its mark, and drops marks", () => {
    expect(decode(new Uint8Array([0xff, 0xfe, 0x41, 0, 0xe4, 0]))).toEqual({ text: "Aä", encoding: "UTF-16" });
    expect(decode(bytes("\ufeff\ufeffA")).text).toBe("A");
  });
  it("takes lines of JSON for what they are", () => {
    const file = read('{"id":"a"}\n\n{"id":"b"}\n');
    expect([file.format, file.columns, file.rows.map(({ line }) => line)]).toEqual(["ndjson", [], [1, 3]]);
    expect(partsOf(file, "")[0]).toMatchObject({ body: '{"id":"a"}\n\n{"id":"b"}\n', shift: 0 });
  });
});

describe("parts", () => {
  const file = read(`sep=,\nfirma,mail\n${Array.from({ length: 100 }, (_, n) => `Ä${n},a${n}@x.example`).join("\n")}\n`);
  const parts = partsOf(file, headOf(file, ["organisation", "email"]), 500);
  it("fit, have the header, and hold every row once", () => {
    expect(parts.length).toBeGreaterThan(3);
    expect(parts.every(({ body }) => bytes(body).length <= 500 && body.startsWith("organisation,email\n"))).toBe(true);
    expect(parts.flatMap(({ body }) => body.trimEnd().split("\n").slice(1))).toEqual(file.rows.map((row) => rowText(file, row)));
    expect(parts.map(({ first }) => first)).toEqual(parts.map((_, index) => parts.slice(0, index).reduce((sum, { rows }) => sum + rows, 0)));
  });
  it("tell the file's lines from their own", () => {
    const second = parts[1];
    expect(second && rowAt(file, 2 + second.shift)).toBe(second?.body.split("\n")[1]);
  });
  it("quote a name that has the delimiter", () => {
    expect(headOf(file, ['a,"b"', "c"])).toBe('"a,""b""",c');
  });
  it("begin with a sample under the file's own header", () => {
    expect(sampleOf(file, 2)).toBe("firma,mail\nÄ0,a0@x.example\nÄ1,a1@x.example\n");
  });
});

it("tells sentences about lines with the file's numbers", () => {
  expect(shifted("is the same as in line 98; nothing of lines 5 to 7 was read", 100)).toBe("is the same as in line 198; nothing of lines 105 to 107 was read");
});
