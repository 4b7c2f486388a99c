import { expect, it } from "vitest";
import { dueOn, type Forecast } from "./days";

it("counts who is due now on the first day, and 0 on days that are left out", () => {
  const forecast = { dueNow: 2, days: [{ day: "2026-12-01", customers: 1 }, { day: "2026-12-03", customers: 5 }, { day: "2027-02-01", customers: 9 }] } as Forecast;
  expect(dueOn(["2026-12-01", "2026-12-02", "2026-12-03"], forecast)).toEqual([3, 0, 5]);
});
