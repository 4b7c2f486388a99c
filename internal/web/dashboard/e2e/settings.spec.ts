import { audit, declareKinds, expect, seed, test } from "./fixture";

test.beforeAll(async ({ request }) => {
  await declareKinds(request);
});

type Settings = { retention: string; kinds: { name: string; policy: string }[] };

test("retention is previewed before it is saved", async ({ page, request }) => {
  await seed(request, [{ id: "due-1", organisation: "Ysolde Due" }]);
  await request.delete("/v1/customers/due-1", { data: {} });
  await page.goto("/settings");
  await expect(page.getByText("Nothing has changed yet.")).toBeVisible();
  await page.getByLabel("Days in the trash").fill("7");
  await expect(page.getByText("Preview: from 30 days to 7 days")).toBeVisible();
  await expect(page.getByRole("slider", { name: "Becomes due on each of the next 30 days" })).toHaveAttribute("aria-valuetext", /as it is: 0, with 7 days: [1-9]/);
  await page.getByRole("button", { name: "Show as table" }).click();
  await expect(page.getByRole("columnheader", { name: "With 7 days" })).toBeVisible();
  await audit(page);
  await page.getByRole("button", { name: "Save", exact: true }).click();
  await expect(page.getByText("now 7 days")).toBeVisible();
  expect(((await (await request.get("/v1/settings")).json()) as Settings).retention).toBe("P7D");
  await page.getByLabel("At once, without a trash").check();
  await expect(page.getByText("Tick the box to go on.")).toBeVisible();
  await audit(page);
  await page.getByRole("button", { name: "Discard changes" }).click();
  await page.getByLabel("Days in the trash").fill("30");
  await page.getByLabel("Also change those already in the trash").click();
  await page.getByRole("button", { name: /^Save and plan to re-date/ }).click();
  await expect(page.getByRole("heading", { name: /^Re-date/ })).toBeVisible();
  await audit(page);
  expect(((await (await request.get("/v1/settings")).json()) as Settings).retention).toBe("P30D");
});

test("a retention that is being changed stays when somebody else changes the settings, which is said", async ({ page, request }) => {
  await page.goto("/settings");
  await page.getByLabel("Days in the trash").fill("45");
  const { version, kinds } = (await (await request.get("/v1/settings")).json()) as Settings & { version: number };
  expect((await request.put("/v1/settings", { data: { version, retention: "P20D", kinds, acknowledged: true } })).ok()).toBe(true);
  await page.getByRole("button", { name: "Save", exact: true }).click();
  await expect(page.getByText("The retention is 20 days now.")).toBeVisible();
  await expect(page.getByLabel("Days in the trash")).toHaveValue("45");
  await audit(page);
  await page.getByRole("button", { name: "Save", exact: true }).click();
  await expect(page.getByText("now 45 days")).toBeVisible();
  await expect(page.getByText("Somebody has changed the settings")).toHaveCount(0);
  expect(((await (await request.get("/v1/settings")).json()) as Settings).retention).toBe("P45D");
  await page.getByLabel("Days in the trash").fill("30");
  await page.getByRole("button", { name: "Save", exact: true }).click();
  await expect(page.getByText("now 30 days")).toBeVisible();
});

test("the policy of a kind is changed, and a kind is added", async ({ page, request }) => {
  await page.goto("/settings/kinds");
  await page.getByRole("button", { name: "Add a kind…" }).click();
  await page.getByLabel("Name").fill("visit");
  await page.getByLabel("When the customer is deleted").selectOption("restrict");
  await audit(page);
  await page.getByRole("button", { name: "Save" }).click();
  await expect(page.getByRole("rowheader", { name: "Visit" })).toBeVisible();
  await page.getByRole("button", { name: "Change visit…" }).click();
  await page.getByLabel("When the customer is deleted").selectOption("retain");
  await page.getByLabel("Fields that stay").fill("at, place");
  await page.getByLabel("Years after the purge").fill("10");
  await page.getByRole("button", { name: "Save" }).click();
  await expect(page.getByText("at, place for 3,650 days")).toBeVisible();
  const { kinds } = (await (await request.get("/v1/settings")).json()) as Settings;
  expect(kinds.find(({ name }) => name === "visit")).toMatchObject({ policy: "retain" });
});

test("the overview tells what waits, and leads there", async ({ page, request }) => {
  await seed(request, [{ id: "waits", organisation: "Ysolde Waits" }]);
  await request.post("/v1/operations", { data: { action: "delete", selection: { ids: ["waits"] } } });
  await page.goto("/");
  await expect(page.getByText("Delete 1 customer").first()).toBeVisible();
  await audit(page);
  await page.getByRole("link", { name: "Review: Delete 1 customer" }).first().click();
  await expect(page.getByText("Ready to review")).toBeVisible();
});
