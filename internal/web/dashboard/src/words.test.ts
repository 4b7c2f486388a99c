import { expect, it } from "vitest";
import { relative } from "./time";
import { columnsOf } from "./parts/records";
import { counted, duration, fieldTitle, initials, kindTitle, listOfKinds, nameOf, period, roughly } from "./words";

it("counts in words", () => {
  expect(counted(1, "inquiry")).toBe("1 inquiry");
  expect(counted(12345, "inquiry")).toBe("12,345 inquiries");
  expect(kindTitle("consent-log")).toBe("Consent logs");
  expect(listOfKinds({ ticket: 1, booking: 34, invoice: 0 })).toBe("34 bookings and 1 ticket");
  expect(fieldTitle("validUntil")).toBe("Valid until");
});

it("names a customer by its organisation, else by its name, else by its id", () => {
  expect(nameOf({ id: "k1", organisation: "Styx Ferries", firstName: "Charon" })).toBe("Styx Ferries");
  expect(nameOf({ id: "k1", organisation: "", firstName: "Charon", lastName: "Acheron" })).toBe("Charon Acheron");
  expect(nameOf({ id: "k1" })).toBe("k1");
});

it("says periods and durations", () => {
  expect(period("P30D")).toBe("30 days");
  expect(period("P1W")).toBe("1 week");
  expect(period("PT0S")).toBe("at once");
  expect(period("P1DT2H")).toBe("P1DT2H");
  expect(duration(124)).toBe("2 min 4 s");
  expect(roughly(124)).toBe("2 minutes");
});

it("says times by the clock that it is given", () => {
  const now = Date.parse("2026-11-27T05:50:00Z");
  const at = (time: string) => relative(time, now);
  expect(at("2026-11-27T05:49:30Z")).toBe("just now");
  expect(at("2026-11-27T03:50:00Z")).toBe("2 h ago");
  expect(at("2026-12-27T05:50:00Z")).toBe("in 30 days");
  expect(at("2026-11-28T06:00:00Z")).toBe("in 1 day");
});

const record = (data: object) => ({ key: "invoice~1", kind: "invoice", id: "1", created: "2026-11-27T05:50:00Z", data: data as Record<string, never> });

it("finds columns for records that it knows nothing about", () => {
  const columns = columnsOf([record({ issued: "2025-02-27", status: "open", total: 7842.47, currency: "EUR", billTo: "x" }), record({})]);
  expect(columns.map(({ field }) => field)).toEqual(["issued", "billTo", "status", "total"]);
  expect(columns.map((column) => column.text({ issued: "2025-02-27", status: "open", total: 7842.47, currency: "EUR", billTo: "x" }))).toEqual(["27 Feb 2025", "x", "Open", "€7,842.47"]);
  expect(columns.map((column) => column.text({}))).toEqual(["–", "–", "–", "–"]);
});

it("shortens a name to its initials", () => {
  expect(["Ada Brandt", "Inês Maria Duarte", "ada", "ada@example.org", "  ", "李 小龙"].map(initials)).toEqual(["AB", "ID", "A", "AO", "", "李小"]);
});
