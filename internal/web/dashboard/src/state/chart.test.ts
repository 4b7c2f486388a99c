import { describe, expect, it } from "vitest";
import { dayAfter, daysFrom, highest, moved, namedDay, namedMondays, stepsUpTo, wholeDay } from "./chart";

describe("a scale", () => {
  it.each([
    [1204, 3, [0, 500, 1000, 1500]],
    [281, 3, [0, 100, 200, 300]],
    [1870, 1, [0, 2000]],
    [4, 3, [0, 2, 4]],
    [1, 3, [0, 1]],
    [0, 3, [0, 1]],
    [5000, 1, [0, 5000]],
    [5001, 1, [0, 10000]],
  ])("up to %i in %i steps", (most, steps, want) => expect(stepsUpTo(most, steps)).toEqual(want));

  it("holds the largest value in so many steps, whatever it is", () => {
    for (let most = 1; most < 30_000; most = Math.ceil(most * 1.1)) {
      const steps = stepsUpTo(most, 3);
      expect(steps.at(-1)).toBeGreaterThanOrEqual(most);
      expect(steps.length).toBeLessThanOrEqual(4);
    }
  });
});

describe("days", () => {
  it("follow one another, over a change of the clock and a year's end", () => {
    expect(daysFrom("2026-12-30", 4)).toEqual(["2026-12-30", "2026-12-31", "2027-01-01", "2027-01-02"]);
    expect(dayAfter("2026-03-30", -2)).toBe("2026-03-28");
  });
  it("are named", () => {
    expect(wholeDay("2026-12-10")).toBe("Thursday 10 Dec 2026");
    expect(namedDay("2026-12-10")).toBe("Thu 10 Dec");
  });
});

describe("Mondays", () => {
  const month = daysFrom("2026-11-27", 30);
  const quarter = daysFrom("2026-08-30", 90);
  it("are all named over a month", () => expect(namedMondays(month, 24, 56).map((at) => month[at])).toEqual(["2026-11-30", "2026-12-07", "2026-12-14", "2026-12-21"]));
  it("are every second one over 90 days", () => expect(namedMondays(quarter, 7, 56)).toEqual([1, 15, 29, 43, 57, 71, 85]));
  it("are so few that their names don't touch", () => {
    for (const column of [1.5, 2, 3, 8]) {
      const named = namedMondays(quarter, column, 56);
      for (const [index, at] of named.slice(1).entries()) expect((at - (named[index] ?? 0)) * column).toBeGreaterThanOrEqual(56);
    }
  });
});

describe("keys", () => {
  it.each([
    ["ArrowRight", 3, 4],
    ["ArrowLeft", 0, 0],
    ["PageUp", 3, 10],
    ["PageDown", 3, 0],
    ["PageUp", 28, 29],
    ["Home", 12, 0],
    ["End", 12, 29],
    ["Enter", 12, undefined],
  ])("%s from %i", (key, at, want) => expect(moved(key, at, 30)).toBe(want));
});

it("finds the highest day, and none where all are 0", () => {
  expect(highest([0, 4, 9, 9])).toBe(2);
  expect(highest([0, 0])).toBeUndefined();
});
