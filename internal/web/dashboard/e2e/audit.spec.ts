import { readFile } from "node:fs/promises";
import { audit, declareKinds, expect, seed, test, wantFits } from "./fixture";

test.beforeAll(async ({ request }) => {
  await declareKinds(request);
});

test("the log of a day says who did what, opens an entry in place, and is downloaded", async ({ page, request }) => {
  await seed(request, [{ id: "log-1", organisation: "Quixotte Logged" }]);
  await request.delete("/v1/customers/log-1", { data: { reasonCode: "duplicate" } });
  // The change stream brings it a moment later.
  const day = new Date().toISOString().slice(0, 10);
  await expect
    .poll(async () => JSON.stringify(await (await request.post("/v1/audit/search", { data: { day, action: "customer.deleted" } })).json()), { timeout: 30_000 })
    .toContain("log-1");
  await page.goto("/audit");
  await expect(page.getByRole("heading", { name: "Audit log" })).toBeVisible();
  await page.getByRole("combobox", { name: "Action" }).selectOption("customer.deleted");
  const row = page.getByRole("row").filter({ hasText: "log-1" });
  await expect(row).toContainText("Deleted");
  await expect(row).toContainText("demo-owner");
  await row.getByRole("button", { name: /^Details: Deleted/ }).click();
  await expect(page.getByText("Duplicate").first()).toBeVisible();
  await audit(page);
  await wantFits(page);

  await page.getByRole("searchbox", { name: "Who, by the subject" }).fill("nobody-at-all");
  await page.keyboard.press("Enter");
  await expect(page.getByText("Nothing matches on this day.")).toBeVisible();
  await audit(page);
  expect(page.url()).not.toContain("nobody");
  await page.getByRole("button", { name: "Remove the filter: who" }).click();
  await expect(row).toBeVisible();

  const saved = page.waitForEvent("download");
  await page.getByRole("button", { name: /Download/ }).click();
  await page.getByRole("menuitem", { name: "As CSV" }).click();
  const text = await readFile(await (await saved).path(), "utf8");
  expect(text).toContain("customer.deleted");
  expect(text).not.toMatch(/quixotte/i);
});

test.describe("support", () => {
  test.use({ administrator: "support" });

  test("who may not see the log is told, and has no way to it", async ({ page }) => {
    await page.goto("/audit");
    await expect(page.getByRole("heading", { name: "You can’t see the audit log" })).toBeVisible();
    await expect(page.getByRole("navigation", { name: "Pages" }).getByRole("link", { name: "Audit log" })).toHaveCount(0);
    await audit(page);
  });
});
