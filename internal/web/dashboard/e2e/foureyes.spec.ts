import type { Page } from "@playwright/test";
import { as as asAdministrator, audit, dashboard, declareKinds, expect, seed, test, wantFits } from "./fixture";

test.beforeAll(async ({ request }) => {
  await declareKinds(request);
});

const id = "x4k2qdcl6rnhsyjc7bqzv5mtgf";

/** A plan that waits, as the API would tell of it: rules that ask for a second administrator would stop the suite's other flows. */
async function waits(page: Page, change: object = {}): Promise<void> {
  const usage = { requests: 8, writeUnits: 60, readUnits: 0, overhead: { requests: 0, writeUnits: 0, readUnits: 0, queueRequests: 0, invocations: 0 }, dollars: 0.0001 };
  const operation = {
    id, action: "purge", state: "WAITING", by: "demo-privacy", requestedBy: "demo-privacy", digest: "c9586b9f00000000000021d0", created: new Date(Date.now() - 1_200_000).toISOString(), requested: new Date(Date.now() - 60_000).toISOString(),
    expires: new Date(Date.now() + 82_900_000).toISOString(), impact: { customers: 318, eligible: 318, blocked: {}, records: { ticket: 9204 } }, progress: { done: 0, skipped: 0, failed: 0, left: 318, codes: {} }, estimate: usage, actual: usage,
    links: { items: `/v1/operations/${id}/items`, csv: `/v1/operations/${id}/items.csv` }, ...change,
  };
  await page.route(`**/v1/operations/${id}`, (route) => route.fulfill({ json: operation }));
  await page.route("**/v1/operations?*", (route) => route.fulfill({ json: { operations: [operation] } }));
}

async function as(page: Page, subject: string, permissions: string[]): Promise<void> {
  await page.route("**/v1/me", (route) => route.fulfill({ json: { subject, name: "Ann", groups: ["some"], permissions } }));
}

test("a plan that waits is approved by another administrator, who names its digest", async ({ page }) => {
  await as(page, "demo-owner", ["customers.read", "bulk", "purge", "approve"]);
  await waits(page);
  await page.goto("/");
  await expect(page.getByText("demo-privacy’s plan waits for approval")).toBeVisible();
  await page.getByRole("link", { name: "Review: Permanently delete 318 customers" }).click();
  await expect(page.getByText("Waiting for approval")).toBeVisible();
  await expect(page.getByRole("list", { name: "Steps" }).getByRole("listitem")).toHaveText(["Plan", "Review", "Approve", "Run", "Done"]);
  await expect(page.getByText("c958 6b9f … 21d0")).toBeVisible();
  await audit(page);
  await wantFits(page);
  const approve = page.getByRole("button", { name: "Approve for 318 customers" });
  await expect(approve).toHaveAttribute("aria-disabled", "true");
  await page.getByLabel("I understand the consequences").click();
  await page.getByLabel("Type the number of customers: 318").fill("318");
  let sent: unknown;
  await page.route(`**/v1/operations/${id}/approve`, (route) => {
    sent = route.request().postDataJSON();
    return route.fulfill({ status: 409, contentType: "application/problem+json", json: { type: "", title: "", status: 409, code: "OWN_APPROVAL", detail: "", requestId: "r-2" } });
  });
  await approve.click();
  await expect(page.getByText("You planned it, asked for it or proposed it. Ask another administrator to approve it.")).toBeVisible();
  expect(sent).toEqual({ digest: "c9586b9f00000000000021d0" });
  await audit(page);
});

test("one's own plan can't be approved, and the reason stands beside the button", async ({ page }) => {
  await as(page, "demo-privacy", ["customers.read", "bulk", "purge", "approve"]);
  await waits(page);
  await page.goto("/");
  await expect(page.getByText("Your plan waits for a second administrator")).toBeVisible();
  await page.goto(`/operations/${id}`);
  await expect(page.getByRole("button", { name: "Approve", exact: true })).toHaveAttribute("aria-disabled", "true");
  await expect(page.getByText("You planned it, so somebody else has to approve it.")).toBeVisible();
  await expect(page.getByRole("button", { name: "Discard this plan" })).toBeVisible();
  await audit(page);
});

test("without approve, a plan that waits says which permission is missing", async ({ page }) => {
  await as(page, "ann", ["customers.read"]);
  await waits(page);
  await page.goto(`/operations/${id}`);
  await expect(page.getByText("You can’t approve it. Your account lacks the permission approve.")).toBeVisible();
  await expect(page.getByRole("button", { name: /Approve|Discard/ })).toHaveCount(0);
  await audit(page);
});

test("who may not delete one customer alone is led to an operation with it", async ({ page, request }) => {
  await seed(request, [{ id: "alone-1", organisation: "Xanthippe Alone" }]);
  await page.route("**/v1/customers/alone-1", (route) => {
    if (route.request().method() !== "DELETE") return route.continue();
    return route.fulfill({ status: 409, contentType: "application/problem+json", json: { type: "", title: "", status: 409, code: "APPROVAL_REQUIRED", detail: "", requestId: "r-3" } });
  });
  await page.goto("/customers/alone-1");
  await page.getByRole("button", { name: "Actions" }).click();
  await page.getByRole("menuitem", { name: "Delete…" }).click();
  await page.getByRole("button", { name: "Delete customer" }).click();
  await expect(page).toHaveURL(/\/operations\/[a-z0-9]+$/);
  await expect(page.getByRole("heading", { name: "Delete 1 customer" })).toBeVisible();
  await page.getByRole("button", { name: "Discard this plan" }).click();
  await expect(page.getByText("This plan was discarded.")).toBeVisible();
});

type Rules = { version: number; groups: { group: string; permissions: string[] }[]; fourEyes: { deleteAbove?: number; purges: boolean }; proposal?: { digest: string } };

test("a change that gives more waits until a second administrator approves or discards it", async ({ page, request, playwright, issuer, browser, cookiesOf }) => {
  const read = async () => (await (await request.get("/v1/access")).json()) as Rules;
  const before = await read();
  const groups = [...before.groups.filter(({ group }) => group !== "privacy"), { group: "privacy", permissions: ["customers.read", "approve"] }];
  expect((await request.put("/v1/access", { data: { version: before.version, groups, fourEyes: { purges: true } } })).status()).toBe(200);
  const privacy = await asAdministrator(playwright, issuer, "privacy");
  try {
    const propose = async () => {
      await page.goto("/settings/permissions");
      await page.getByRole("checkbox", { name: "hold for privacy" }).click();
      await page.getByRole("button", { name: "Save" }).click();
      await expect(page.getByRole("heading", { name: "Waiting for a second administrator. The rules in force have not changed." })).toBeVisible();
    };
    await propose();
    await expect(page.getByText("The permissions are saved.")).toHaveCount(0);
    await expect(page.getByRole("checkbox", { name: "hold for privacy" })).not.toBeChecked();
    await expect(page.getByRole("row", { name: "Group privacy customers.read, approve customers.read, hold, approve" })).toBeVisible();
    await expect(page.getByText("You proposed it, so another administrator has to approve it.")).toBeVisible();
    await expect(page.getByRole("button", { name: "Approve", exact: true })).toHaveAttribute("aria-disabled", "true");
    await audit(page);
    await wantFits(page);
    await page.goto("/");
    await expect(page.getByText("Your change waits for a second administrator")).toBeVisible();
    await page.goto("/settings/four-eyes");
    await page.getByRole("button", { name: "Discard", exact: true }).click();
    await expect(page.getByRole("region", { name: "Proposed change" })).toHaveCount(0);
    expect((await read()).proposal).toBeUndefined();

    await propose();
    const context = await browser.newContext({ baseURL: dashboard, storageState: await cookiesOf("privacy") });
    const second = await context.newPage();
    await second.goto("/");
    await expect(second.getByText("demo-owner’s change waits for approval")).toBeVisible();
    await second.getByRole("link", { name: "Review: Change of the access rules" }).click();
    await audit(second);
    await second.getByRole("button", { name: "Approve", exact: true }).click();
    await expect(second.getByRole("checkbox", { name: "hold for privacy" })).toBeChecked();
    await expect(second.getByRole("region", { name: "Proposed change" })).toHaveCount(0);
    await context.close();
    expect((await read()).groups.find(({ group }) => group === "privacy")?.permissions).toContain("hold");
  } finally {
    // The suite's other flows run under the rules that they found.
    const { version } = await read();
    const { proposal } = (await (await request.put("/v1/access", { data: { version, groups: before.groups, fourEyes: before.fourEyes } })).json()) as Rules;
    expect((await privacy.post("/v1/access/approve", { data: { digest: proposal?.digest } })).status()).toBe(200);
    await privacy.dispose();
  }
});
