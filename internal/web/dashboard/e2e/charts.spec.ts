import type { Page } from "@playwright/test";
import { audit, expect, test, wantFits } from "./fixture";

const ahead = [0, 20, 0, 0, 281, 0, 1204, 0];

function dayFromNow(n: number): string {
  return new Date(Date.now() + n * 86_400_000).toISOString().slice(0, 10);
}

function spoken(n: number): string {
  return new Intl.DateTimeFormat("en-GB", { weekday: "long", day: "numeric", month: "short", year: "numeric", timeZone: "UTC" }).format(Date.parse(dayFromNow(n))).replaceAll(",", "");
}

/** A trash and a past as they are after months: the suite's own system has neither. */
async function pretend(page: Page, due = ahead, deletedYesterday = 52): Promise<void> {
  const inTrash = due.reduce((sum, n) => sum + n, 12);
  const days = due.flatMap((customers, n) => (customers > 0 ? [{ day: dayFromNow(n), customers }] : []));
  await page.route("**/v1/settings/preview", (route) => route.fulfill({ json: { inTrash, held: 12, never: 0, dueNow: 0, dueDay: 0, dueWeek: 0, dueMonth: inTrash - 12, later: 0, days, complete: true } }));
  const past = Array.from({ length: 90 }, (_, n) => ({ day: dayFromNow(n - 89), added: 0, deleted: n === 88 ? deletedYesterday : 0, restored: 0, purged: deletedYesterday > 0 && n === 40 ? 9 : 0 }));
  await page.route("**/v1/totals/days?*", (route) => route.fulfill({ json: { days: past } }));
}

test("a chart is read and walked through by keyboard, and a day leads to its list", async ({ page }) => {
  await pretend(page);
  await page.goto("/");
  const due = page.getByRole("slider", { name: "Becomes due on each of the next 30 days" });
  await expect(due).toHaveAttribute("aria-valuetext", `${spoken(0)}, 0 become due`);
  await expect(due).toHaveAccessibleDescription(`1,505 of the 1,517 in the trash. 12 are on hold and don’t become due. Most on ${spoken(6)}: 1,204.`);
  await audit(page);
  await due.focus();
  for (const [key, day, n] of [["ArrowRight", 1, "20"], ["PageUp", 8, "0"], ["ArrowLeft", 7, "0"], ["ArrowDown", 6, "1,204"], ["End", 29, "0"], ["ArrowRight", 29, "0"], ["Home", 0, "0"], ["PageDown", 0, "0"]] as const) {
    await page.keyboard.press(key);
    await expect(due).toHaveAttribute("aria-valuetext", `${spoken(day)}, ${n} become due`);
  }
  for (let step = 0; step < 4; step++) await page.keyboard.press("ArrowRight");
  await expect(due.locator("text.strong", { hasText: /^281$/ })).toHaveCount(1);
  await audit(page);
  // One tab stop a chart.
  await page.keyboard.press("Tab");
  await page.keyboard.press("Tab");
  await expect(page.getByRole("slider", { name: "Deleted, restored and purged a day" })).toBeFocused();
  await page.keyboard.press("ArrowLeft");
  await expect(page.getByRole("slider", { name: "Deleted, restored and purged a day" })).toHaveAttribute("aria-valuetext", `${spoken(-1)}, 52 deleted, 0 restored, 0 purged`);
  await due.focus();
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(/\/deleted-customers$/);
  await page.goBack();
  await page.getByRole("slider", { name: "Deleted, restored and purged a day" }).focus();
  for (const key of ["End", "ArrowLeft"]) await page.keyboard.press(key);
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(new RegExp(`/audit\\?day=${dayFromNow(-1)}$`));
  await expect(page.getByRole("heading", { name: "Audit log" })).toBeVisible();
});

test("the day under the pointer has its number, and the highest keeps its own", async ({ page }) => {
  await pretend(page);
  await page.goto("/");
  const due = page.getByRole("slider", { name: "Becomes due on each of the next 30 days" });
  await expect(due.locator("text.strong")).toHaveText(["1,204"]);
  const box = await due.boundingBox();
  if (!box) throw new Error("the chart is not drawn");
  const column = (box.width - 44) / 30;
  await page.mouse.move(box.x + 44 + 1.5 * column, box.y + 80);
  await expect(due.locator("text.strong", { hasText: /^20$/ })).toHaveCount(1);
  await expect(due.locator("text.strong", { hasText: "1,204" })).toHaveCount(1);
  // Zero has no bar, and a small number has one that is seen.
  await expect(due.locator(".mark")).toHaveCount(3);
  expect(Math.min(...(await due.locator(".mark").evaluateAll((marks) => marks.map((mark) => Number(mark.getAttribute("height"))))))).toBeGreaterThanOrEqual(2);
});

test("a chart is a table, too", async ({ page }) => {
  await pretend(page);
  await page.goto("/");
  for (const chart of [0, 1]) await page.getByRole("button", { name: "Show as table" }).nth(chart).click();
  await expect(page.getByRole("row", { name: `${spoken(4)} 281` })).toBeVisible();
  await expect(page.getByRole("row", { name: `${spoken(-1)} 52 0 0` })).toBeAttached();
  await audit(page);
  await page.getByRole("link", { name: spoken(4) }).click();
  await expect(page).toHaveURL(/\/deleted-customers$/);
});

test("charts without numbers, and charts that don't load", async ({ page }) => {
  await pretend(page, [], 0);
  await page.goto("/");
  await expect(page.getByText("Nothing becomes due in the next 30 days.")).toBeVisible();
  await expect(page.getByText("Nothing happened in the past 90 days.")).toBeVisible();
  await audit(page);
  await wantFits(page);
  await page.route("**/v1/totals/days?*", (route) => route.fulfill({ status: 500, contentType: "application/problem+json", json: { type: "", title: "", status: 500, code: "INTERNAL", detail: "", requestId: "r-1" } }));
  await page.reload();
  await expect(page.getByText("The past days couldn’t be loaded.")).toBeVisible();
  await expect(page.getByText("Nothing becomes due in the next 30 days.")).toBeVisible();
  await audit(page);
  await pretend(page);
  await page.getByRole("button", { name: "Retry now" }).click();
  await expect(page.getByRole("slider", { name: "Deleted, restored and purged a day" })).toBeVisible();
});

test("charts keep their bars in forced colours, and fit", async ({ page }) => {
  await pretend(page);
  await page.goto("/");
  await expect(page.locator(".mark")).toHaveCount(5);
  await wantFits(page);
  await page.emulateMedia({ forcedColors: "active" });
  const [mark, text] = await page.evaluate(() => [".mark", "body"].map((name) => getComputedStyle(document.querySelector(name) as Element)[name === "body" ? "color" : "fill"]));
  expect(mark).toBe(text);
  await audit(page);
});
