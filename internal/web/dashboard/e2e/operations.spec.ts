import { audit, declareKinds, expect, idsOf, seed, test } from "./fixture";

const size = 60;

function crowd(prefix: string, word: string) {
  return Array.from({ length: size }, (_, n) => ({ id: `${prefix}-${String(n).padStart(3, "0")}`, organisation: `Blumenkohl ${word} ${n}` }));
}

test.beforeAll(async ({ request }) => {
  await declareKinds(request);
});

test("many are planned, deleted and brought back, with a reload at every step", async ({ page, request }) => {
  await seed(request, crowd("bulk", "Bulk"), [{ customer: "bulk-000", key: "invoice~1" }, { customer: "bulk-001", key: "ticket~1" }]);
  const before = await idsOf(request, "active", "bulk-");
  await page.goto("/customers");
  await page.getByRole("searchbox").fill("blumenkohl bulk");
  await expect(page.getByRole("row")).toHaveCount(51);
  await page.getByRole("button", { name: "Select", exact: true }).click();
  await page.getByRole("menuitem", { name: "All that match" }).click();
  await page.getByPlaceholder("Reason, optional").fill("trials that ended");
  await page.getByRole("button", { name: "Delete…" }).click();
  await expect(page).toHaveURL(/\/operations\/[a-z0-9]+$/);
  await expect(page.getByRole("heading", { name: `Delete ${size - 1} customers` })).toBeVisible();
  await page.reload();
  await expect(page.getByText("Ready to review")).toBeVisible();
  await expect(page.getByText("All that match “blumenkohl bulk”")).toBeVisible();
  await expect(page.getByText("1 has records that block the deletion. Nothing changes for them.")).toBeVisible();
  await expect(page.getByRole("link", { name: "Blumenkohl Bulk 0" })).toBeVisible();
  await audit(page);
  const run = page.getByRole("button", { name: `Delete ${size - 1} customers` });
  await expect(run).toHaveAttribute("aria-disabled", "true");
  await page.getByLabel("I understand the consequences").click();
  await run.click();
  await expect(page.locator(".tag").getByText(/^(Running|Done)$/)).toBeVisible({ timeout: 2000 });
  await page.reload();
  await expect(page.locator(".outcome").getByText(`${size - 1} customers are in the trash.`)).toBeVisible();
  await audit(page);
  expect(await idsOf(request, "active", "bulk-")).toEqual(["bulk-000"]);
  await page.getByRole("button", { name: `Undo: restore ${size - 1} customers` }).click();
  await expect(page.locator(".outcome").getByText(`${size - 1} customers are active again.`)).toBeVisible();
  await page.reload();
  await expect(page.locator(".outcome").getByText(`${size - 1} customers are active again.`)).toBeVisible();
  expect(await idsOf(request, "active", "bulk-")).toEqual(before);
  await page.goBack();
  await expect(page.locator(".outcome").getByText(`${size - 1} customers were deleted, and ${size - 1} customers restored by an undo.`)).toBeVisible();
  await expect(page.getByText(`Undone by demo-owner: ${size - 1} customers restored.`)).toBeVisible();
  await expect(page.getByRole("button", { name: /Undo/ })).toHaveCount(0);
  await audit(page);
  await page.getByRole("link", { name: "View the undo" }).click();
  await expect(page.locator(".outcome").getByText(`${size - 1} customers are active again.`)).toBeVisible();
  await page.getByRole("link", { name: "Operations" }).first().click();
  await expect(page.getByRole("link", { name: `Deleted ${size - 1} customers` }).first()).toBeVisible();
  await audit(page);
  await page.goto("/customers");
  await expect(page.getByText("selected")).toHaveCount(0);
});

test("the permanent deletion of many takes the typed number, and says that there is no undo", async ({ page, request }) => {
  await seed(request, crowd("purged", "Purged").slice(0, 3));
  for (const n of [0, 1, 2]) await request.delete(`/v1/customers/purged-00${n}`, { data: {} });
  await page.goto("/deleted-customers");
  await page.getByRole("searchbox").fill("blumenkohl purged");
  await expect(page.getByRole("row")).toHaveCount(4);
  await page.getByRole("checkbox", { name: "Select all on this page" }).click();
  await page.getByRole("button", { name: "Permanently delete…" }).click();
  await expect(page.getByRole("heading", { name: "Permanently delete 3 customers" })).toBeVisible();
  await page.getByLabel("I understand the consequences").click();
  const run = page.getByRole("button", { name: "Permanently delete 3 customers" });
  await expect(run).toHaveAttribute("aria-disabled", "true");
  await page.getByLabel("Type the number of customers: 3").fill("3");
  await audit(page);
  await run.click();
  await expect(page.locator(".outcome").getByText("3 customers are gone for good, each with a certificate.")).toBeVisible();
  await expect(page.getByText("There is no undo.").first()).toBeVisible();
  await expect(page.getByRole("button", { name: /Undo/ })).toHaveCount(0);
  await audit(page);
  expect(await idsOf(request, "deleted", "purged-")).toEqual([]);
});

test("a plan is discarded, and nothing has changed", async ({ page, request }) => {
  await seed(request, crowd("kept", "Kept").slice(0, 2));
  await page.goto("/customers");
  await page.getByRole("searchbox").fill("blumenkohl kept");
  await expect(page.getByRole("row")).toHaveCount(3);
  await page.getByRole("checkbox", { name: "Select all on this page" }).click();
  await page.getByRole("button", { name: "Delete…" }).click();
  await page.getByRole("button", { name: "Discard this plan" }).click();
  await expect(page.getByText("This plan was discarded.")).toBeVisible();
  await audit(page);
  expect(await idsOf(request, "active", "kept-")).toEqual(["kept-000", "kept-001"]);
});

test("block and unblock apply themselves", async ({ page, request }) => {
  await seed(request, crowd("locked", "Locked").slice(0, 2));
  for (const [button, sentence] of [["Block", "2 customers can't sign in any more."], ["Unblock", "2 customers can sign in again."]] as const) {
    await page.goto("/customers");
    await page.getByRole("searchbox").fill("blumenkohl locked");
    await expect(page.getByRole("row")).toHaveCount(3);
    await page.getByRole("checkbox", { name: "Select all on this page" }).click();
    await page.getByRole("button", { name: button, exact: true }).click();
    await expect(page.locator(".outcome").getByText(sentence)).toBeVisible();
  }
});

/** An operation as the API would answer it in a state that is hard to catch. */
function pretended(state: string, change: object = {}) {
  const overhead = { requests: 0, writeUnits: 0, readUnits: 0, queueRequests: 0, invocations: 0 };
  const usage = { requests: 291, writeUnits: 21771, readUnits: 0, overhead, dollars: 0.0136 };
  return {
    id: "x4k2qdcl6rnhsyjc7bqzv5mtge", action: "delete", state, by: "ann", created: new Date(Date.now() - 90_000).toISOString(), applied: new Date(Date.now() - 60_000).toISOString(),
    impact: { customers: 12345, eligible: 12304, blocked: { ON_HOLD: 41 }, records: { ticket: 21907, invoice: 12 } },
    progress: { done: 7257, skipped: 41, failed: 2, left: 5045, codes: { ON_HOLD: 41, GAVE_UP: 2 } }, estimate: usage, actual: usage,
    links: { items: "/v1/operations/x4k2qdcl6rnhsyjc7bqzv5mtge/items", csv: "/v1/operations/x4k2qdcl6rnhsyjc7bqzv5mtge/items.csv" }, ...change,
  };
}

for (const [state, change, text] of [
  ["PLANNING", { applied: undefined }, "Nothing has changed yet"],
  ["RUNNING", {}, "5,045"],
  ["CANCELLING", { cancelledBy: "bob" }, "Stopping. What is done stays done."],
  ["CANCELLED", { cancelledBy: "bob" }, "Stopped after 7,257 of 12,304. What is done stays done."],
  ["PARTIAL", { progress: { done: 12301, skipped: 41, failed: 3, left: 0, codes: {} } }, "12,301 customers are in the trash."],
  ["EXPIRED", { applied: undefined }, "Nobody ran this plan within a day."],
  ["FAILED", { applied: undefined, why: "The selection is empty." }, "It could not be planned."],
] as const) {
  test(`an operation that is ${state} says so`, async ({ page }) => {
    const operation = pretended(state, change);
    await page.route(`**/v1/operations/${operation.id}`, (route) => route.fulfill({ json: operation }));
    await page.route(`**/v1/operations/${operation.id}/items?*`, (route) => route.fulfill({ json: { items: [{ customer: "c-19022", outcome: "failed", code: "GAVE_UP" }] } }));
    await page.route("**/v1/customers/c-19022", (route) => route.fulfill({ json: { id: "c-19022", organisation: "Quarry Lane Studio" } }));
    await page.goto(`/operations/${operation.id}`);
    await expect(page.getByText(text).first()).toBeVisible();
    await audit(page);
  });
}

test("what moves is looked at twelve times a minute at most, and not at all while hidden", async ({ page }) => {
  await page.clock.install();
  const operation = pretended("RUNNING");
  let looks = 0;
  await page.route(`**/v1/operations/${operation.id}`, (route) => {
    looks++;
    return route.fulfill({ json: operation });
  });
  await page.route("**/v1/operations?*", (route) => {
    looks++;
    return route.fulfill({ json: { operations: [operation] } });
  });
  await page.goto(`/operations/${operation.id}`);
  await expect(page.getByText("Running").first()).toBeVisible();
  looks = 0;
  for (let second = 0; second < 60; second++) await page.clock.runFor(1000);
  expect(looks).toBeGreaterThan(3);
  expect(looks).toBeLessThanOrEqual(12);
});
