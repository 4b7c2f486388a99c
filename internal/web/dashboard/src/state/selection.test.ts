import { describe, expect, it } from "vitest";
import { everybody, forAPI, inWords, isEmpty, isSelected, mark, mostExceptions, mostIds, nobody, pageState, range, sizeOf, tooMany, underFilter, type Filter } from "./selection";
import { read, write } from "./selections";

const active: Filter = { state: "active", search: "" };
const trash: Filter = { state: "deleted", search: "" };
const ids = (n: number) => Array.from({ length: n }, (_, i) => `c${i}`);

describe("a selection of single customers", () => {
  it("grows and shrinks by ticks, and keeps those of other pages", () => {
    let selection = mark(nobody, ["a", "b"], true);
    selection = mark(selection, ["x"], true);
    selection = mark(selection, ["b"], false);
    expect([..."abx"].filter((id) => isSelected(selection, id))).toEqual(["a", "x"]);
    expect(sizeOf(selection, 100)).toBe(2);
    expect(forAPI(selection)).toEqual({ ids: ["a", "x"] });
  });
  it("leaves the one that it was made of as it was", () => {
    mark(nobody, ["a"], true);
    expect(isEmpty(nobody)).toBe(true);
  });
  it("survives another filter", () => {
    const selection = mark(nobody, ["a"], true);
    expect(underFilter(selection, { state: "active", search: "ferr" })).toEqual({ selection, cleared: false });
  });
  it("is refused above what the API takes", () => {
    expect(tooMany(mark(nobody, ids(mostIds), true))).toBeUndefined();
    expect(tooMany(mark(nobody, ids(mostIds + 1), true))).toMatch(/5,000/);
  });
});

describe("a selection of all", () => {
  it("excludes what is unticked, and takes it back", () => {
    let selection = mark(everybody(active), ["a", "b"], false);
    selection = mark(selection, ["b"], true);
    expect(isSelected(selection, "a")).toBe(false);
    expect(isSelected(selection, "b")).toBe(true);
    expect(isSelected(selection, "on another page")).toBe(true);
    expect(sizeOf(selection, 100)).toBe(99);
    expect(forAPI(selection)).toEqual({ filter: { state: "active" }, exclude: ["a"] });
  });
  it("means those of the search, of which nobody knows the number", () => {
    const selection = everybody({ state: "active", search: "ferr" });
    expect(sizeOf(selection, 100)).toBeUndefined();
    expect(forAPI(selection)).toEqual({ filter: { state: "active", search: "ferr" } });
  });
  it("means the whole trash there, and a search of the trash where there is one", () => {
    expect(forAPI(everybody(trash))).toEqual({ trash: true });
    expect(forAPI(everybody({ ...trash, search: "x" }))).toEqual({ filter: { state: "deleted", search: "x" } });
  });
  it("is cleared under another filter", () => {
    const selection = everybody(active);
    expect(underFilter(selection, active).cleared).toBe(false);
    expect(underFilter(selection, { ...active, search: "f" })).toEqual({ selection: nobody, cleared: true });
    expect(underFilter(selection, trash).cleared).toBe(true);
  });
  it("is refused when too many are left out", () => {
    expect(tooMany(mark(everybody(active), ids(mostExceptions), false))).toBeUndefined();
    expect(tooMany(mark(everybody(active), ids(mostExceptions + 1), false))).toMatch(/1,000/);
  });
});

describe("in words", () => {
  it.each<[string, Parameters<typeof inWords>[0]]>([
    ["Selected one by one", mark(nobody, ["a"], true)],
    ["All active customers", everybody(active)],
    ["Everybody in the trash, 2 left out", mark(everybody(trash), ["a", "b"], false)],
    ["All that match “ferr”, 1 left out", mark(everybody({ ...active, search: "ferr" }), ["a"], false)],
    ["All that match “ferr” in the trash", everybody({ ...trash, search: "ferr" })],
  ])("%s", (words, selection) => {
    expect(inWords(selection)).toBe(words);
  });
});

describe("the box in the head", () => {
  it("shows none, mixed and all", () => {
    expect(pageState(nobody, ["a", "b"])).toBe("none");
    expect(pageState(mark(nobody, ["a"], true), ["a", "b"])).toBe("mixed");
    expect(pageState(mark(nobody, ["a", "b"], true), ["a", "b"])).toBe("all");
    expect(pageState(everybody(active), ["a", "b"])).toBe("all");
  });
  it("is mixed where only other pages have ticks", () => {
    expect(pageState(mark(nobody, ["x"], true), ["a", "b"])).toBe("mixed");
  });
});

describe("a range", () => {
  it("goes both ways, both ends included", () => {
    expect(range(["a", "b", "c", "d"], "b", "d")).toEqual(["b", "c", "d"]);
    expect(range(["a", "b", "c", "d"], "d", "b")).toEqual(["b", "c", "d"]);
  });
  it("is one row where the first is on another page", () => {
    expect(range(["a", "b"], "x", "b")).toEqual(["b"]);
  });
});

it("survives the way to a sign-in and back as text", () => {
  const some = mark(nobody, ["a", "b"], true);
  const all = mark(everybody({ state: "active", search: "ysolde" }), ["c"], false);
  for (const selection of [nobody, some, all]) expect(read(JSON.parse(JSON.stringify(write(selection))))).toEqual(selection);
});
