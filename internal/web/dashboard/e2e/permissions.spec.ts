import type { Page } from "@playwright/test";
import { audit, declareKinds, expect, seed, test } from "./fixture";

test.beforeAll(async ({ request }) => {
  await declareKinds(request);
});

/** An administrator with these permissions, as the API would tell of it. */
async function as(page: Page, permissions: string[]): Promise<void> {
  await page.route("**/v1/me", (route) => route.fulfill({ json: { subject: "ann", name: "Ann", groups: ["some"], permissions } }));
}

test("a page without its permission says which one is missing", async ({ page }) => {
  await as(page, ["customers.read"]);
  for (const [path, what, permission] of [
    ["/certificates", "see certificates", "audit"],
    ["/import", "import customers", "customers.write"],
    ["/customers/c-1/log", "see the log", "audit"],
    ["/customers/c-1/edit", "edit customers", "customers.write"],
  ] as const) {
    await page.goto(path);
    await expect(page.getByRole("heading", { name: `You can’t ${what}` })).toBeVisible();
    await expect(page.getByText(`Your account lacks the permission ${permission}.`)).toBeVisible();
  }
  await audit(page);
  await expect(page.getByRole("navigation", { name: "Pages" }).getByRole("link")).toHaveText([/Overview/, /Customers/, /Deleted customers/, /Operations/, /Settings/]);
});

test("without any permission nothing is asked for, and each page says why", async ({ page, recorded }) => {
  await as(page, []);
  await page.goto("/operations");
  await expect(page.getByText("Your account lacks the permission customers.read.")).toBeVisible();
  await expect(page.getByRole("heading", { name: "You can’t see operations" })).toBeVisible();
  await expect(page.getByRole("navigation", { name: "Pages" }).getByRole("link")).toHaveCount(0);
  // While the permissions are on their way, a page may ask once; then nothing more is asked for.
  recorded.addresses.length = 0;
  await page.evaluate(() => dispatchEvent(new Event("focus")));
  await page.waitForTimeout(1000);
  expect(recorded.addresses.filter((address) => address.includes("/v1/") && !address.endsWith("/v1/me"))).toEqual([]);
  await audit(page);
});

test("what is never allowed is not offered", async ({ page, request }) => {
  await seed(request, [{ id: "may-1", organisation: "Xanthippe May" }, { id: "may-2", organisation: "Xanthippe Trash" }], [{ customer: "may-1", key: "ticket~1" }]);
  await request.delete("/v1/customers/may-2", { data: {} });
  await request.put("/v1/customers/may-1/holds/case-9", { data: {} });
  await as(page, ["customers.read", "bulk", "restore"]);
  await page.goto("/customers");
  await page.getByRole("searchbox").fill("xanthippe");
  await page.getByRole("checkbox", { name: "Select Xanthippe May" }).click();
  await expect(page.getByText("1 customer selected")).toBeVisible();
  for (const name of ["Delete…", "Block", "Unblock"]) await expect(page.getByRole("button", { name, exact: true })).toHaveCount(0);
  await expect(page.getByText("Your account can’t change many customers at once.")).toBeVisible();
  await expect(page.getByRole("button", { name: "Add customer" })).toHaveCount(0);
  await page.getByRole("button", { name: "Actions for Xanthippe May" }).click();
  await expect(page.getByRole("menuitem")).toHaveText(["View profile"]);
  await page.keyboard.press("Escape");
  await page.goto("/customers/may-1");
  await expect(page.getByRole("heading", { name: "Xanthippe May" })).toBeVisible();
  await expect(page.getByRole("heading", { name: "Tickets" })).toBeVisible();
  for (const name of ["Edit profile", "Actions", "Lift the hold case-9…", "Add: ticket"]) await expect(page.getByRole("button", { name })).toHaveCount(0);
  await expect(page.getByRole("link", { name: "Log", exact: true })).toHaveCount(0);
  await expect(page.getByRole("main").getByRole("checkbox")).toHaveCount(0);
  await audit(page);
  await page.goto("/deleted-customers");
  await expect(page.getByRole("button", { name: "Restore" }).first()).toBeVisible();
  await expect(page.getByRole("button", { name: "Permanently delete all…" })).toHaveCount(0);
  await page.goto("/settings");
  await expect(page.getByText("You can’t change settings. Your account lacks the permission settings.")).toBeVisible();
  await expect(page.getByLabel("Days in the trash")).toBeDisabled();
  await audit(page);
});

test("a plan of others can't be run without the permission of its action", async ({ page, request }) => {
  await seed(request, [{ id: "may-3", organisation: "Xanthippe Plan" }]);
  const { id } = (await (await request.post("/v1/operations", { data: { action: "delete", selection: { ids: ["may-3"] } } })).json()) as { id: string };
  await as(page, ["customers.read", "bulk"]);
  await page.goto(`/operations/${id}`);
  await expect(page.getByText("You can’t run this plan. Your account lacks the permission delete.")).toBeVisible();
  await expect(page.getByRole("button", { name: "Delete 1 customer" })).toHaveCount(0);
  await audit(page);
  await page.getByRole("button", { name: "Discard this plan" }).click();
  await expect(page.getByText("This plan was discarded.")).toBeVisible();
});
