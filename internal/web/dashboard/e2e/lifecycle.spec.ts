import { audit, declareKinds, expect, idsOf, seed, test } from "./fixture";

test.beforeAll(async ({ request }) => {
  await declareKinds(request);
});

test("a customer is deleted from its row, found in the trash, and restored", async ({ page, request }) => {
  await seed(request, [{ id: "row-1", organisation: "Ysolde Row" }], [{ customer: "row-1", key: "ticket~1" }, { customer: "row-1", key: "payment~1" }]);
  await page.goto("/customers");
  await page.getByRole("searchbox").fill("ysolde row");
  await expect(page.getByRole("row")).toHaveCount(2);
  await page.getByRole("button", { name: "Actions for Ysolde Row" }).click();
  await page.getByRole("menuitem", { name: "Delete…" }).click();
  const dialog = page.getByRole("dialog", { name: "Delete Ysolde Row?" });
  await expect(dialog.getByText("1 ticket")).toBeVisible();
  await expect(dialog.getByText("1 payment, without personal data")).toBeVisible();
  await expect(dialog.getByRole("button", { name: "Cancel" })).toBeFocused();
  await audit(page);
  await dialog.getByLabel("Why").selectOption("Asked to be forgotten");
  await dialog.getByLabel("Reason").fill("asked by phone");
  await dialog.getByRole("button", { name: "Delete customer" }).click();
  await expect(page.getByRole("dialog")).toHaveCount(0);
  expect(await idsOf(request, "deleted", "row-1")).toEqual(["row-1"]);
  await page.getByRole("link", { name: /Deleted customers/ }).click();
  const row = page.getByRole("row").filter({ hasText: "Ysolde Row" });
  await expect(row).toContainText("Asked to be forgotten");
  await expect(row).toContainText("30 days");
  await audit(page);
  await row.getByRole("link", { name: "Ysolde Row" }).click();
  await expect(page.getByText("Reason: asked by phone.")).toBeVisible();
  await page.goBack();
  await row.getByRole("button", { name: "Restore" }).click();
  await expect(row).toHaveCount(0);
  expect(await idsOf(request, "active", "row-1")).toEqual(["row-1"]);
});

test("the row that takes a deleted one's place gets the focus", async ({ page, request }) => {
  await seed(request, ["a", "b", "c"].map((letter) => ({ id: `focus-${letter}`, organisation: `Waldmeister Focus ${letter}` })));
  await page.goto("/customers");
  await page.getByRole("searchbox").fill("waldmeister focus");
  await expect(page.getByRole("row")).toHaveCount(4);
  await expect(page.getByRole("button", { name: "Actions for Waldmeister Focus b" })).toBeVisible();
  await page.getByRole("button", { name: "Actions for Waldmeister Focus b" }).click();
  await page.getByRole("menuitem", { name: "Delete…" }).click();
  await page.getByRole("button", { name: "Delete customer" }).click();
  await expect(page.getByRole("row").filter({ hasText: "Waldmeister Focus b" })).toHaveCount(0);
  await expect(page.locator("tbody :focus")).toHaveCount(1);
});

test("records that block a deletion are listed with links, removed, and the customer goes", async ({ page, request }) => {
  await seed(request, [{ id: "blocked-1", organisation: "Xanthippe Blocked" }], [{ customer: "blocked-1", key: "invoice~1", data: { issued: "2026-01-02", total: 12.5, currency: "EUR" } }, { customer: "blocked-1", key: "invoice~2" }]);
  await request.put("/v1/customers/blocked-1/holds/case-17", { data: {} });
  await page.goto("/customers/blocked-1");
  await expect(page.getByText("Can’t be deleted yet")).toBeVisible();
  await audit(page);
  await page.getByRole("button", { name: "Actions", exact: true }).click();
  await page.getByRole("menuitem", { name: "Delete…" }).click();
  const dialog = page.getByRole("dialog", { name: "Xanthippe Blocked can’t be deleted yet" });
  await expect(dialog.getByText("2 invoices")).toBeVisible();
  await expect(dialog.getByText("“case-17”")).toBeVisible();
  await expect(dialog.getByRole("button", { name: "Close" })).toBeFocused();
  await audit(page);
  await dialog.getByRole("link", { name: "View invoices" }).click();
  await expect(page).toHaveURL(/\/records\/invoice$/);
  await page.getByLabel("Select all invoices shown").click();
  await page.getByRole("button", { name: "Remove 2 invoices…" }).click();
  await audit(page);
  await page.getByRole("button", { name: "Remove 2 invoices", exact: true }).click();
  await expect(page.getByText("No invoices.")).toBeVisible();
  await page.getByRole("link", { name: "Overview" }).last().click();
  await page.getByRole("button", { name: "Lift the hold case-17…" }).click();
  await page.getByRole("button", { name: "Lift hold" }).click();
  await expect(page.getByText("Legal hold")).toHaveCount(0);
  await page.getByRole("button", { name: "Actions", exact: true }).click();
  await page.getByRole("menuitem", { name: "Delete…" }).click();
  await page.getByRole("button", { name: "Delete customer" }).click();
  await expect(page.getByText("In the trash since")).toBeVisible();
  await audit(page);
});

test("a customer is blocked, unblocked and held, records are added, and the log tells it", async ({ page, request }) => {
  await seed(request, [{ id: "flags", organisation: "Ysolde Flags" }]);
  await page.goto("/customers/flags");
  const act = async (item: string) => {
    await page.getByRole("button", { name: "Actions", exact: true }).click();
    await page.getByRole("menuitem", { name: item }).click();
  };
  await act("Block…");
  await page.getByRole("button", { name: "Block customer" }).click();
  await expect(page.locator(".tag", { hasText: "Blocked" })).toBeVisible();
  await act("Unblock");
  await expect(page.locator(".tag", { hasText: "Blocked" })).toHaveCount(0);
  await act("Place a legal hold…");
  await page.getByLabel("Name").fill("case-18");
  await audit(page);
  await page.getByRole("button", { name: "Place hold" }).click();
  await expect(page.locator(".tag", { hasText: "On hold" })).toBeVisible();
  await act("Add a record…");
  await page.getByLabel("Kind").selectOption("ticket");
  await page.getByLabel("Data").fill('{"subject":"two coins short","status":"open"}');
  await audit(page);
  await page.getByRole("button", { name: "Add record" }).click();
  await expect(page.getByText("two coins short")).toBeVisible();
  await page.getByRole("link", { name: "Log", exact: true }).click();
  await expect(page.getByRole("rowheader", { name: "Placed a legal hold" })).toBeVisible();
  await audit(page);
});

test("lifting the last hold of a customer in the trash says when it goes", async ({ page, request }) => {
  await seed(request, [{ id: "held-1", organisation: "Xanthippe Held" }]);
  await request.delete("/v1/customers/held-1", { data: {} });
  await request.put("/v1/customers/held-1/holds/case-19", { data: {} });
  await page.goto("/customers/held-1");
  await page.getByRole("button", { name: "Lift the hold case-19…" }).click();
  await expect(page.getByRole("dialog").getByText("a day after its last hold is lifted")).toBeVisible();
  await page.getByRole("button", { name: "Lift hold" }).click();
  await expect(page.getByText("Legal hold")).toHaveCount(0);
});

test("a permanent deletion takes the typed id, and leaves a certificate that the browser verifies", async ({ page, request }) => {
  await seed(request, [{ id: "gone-1", organisation: "Xanthippe Gone" }], [{ customer: "gone-1", key: "ticket~1" }, { customer: "gone-1", key: "payment~1", data: { total: 3 } }]);
  await request.delete("/v1/customers/gone-1", { data: {} });
  await page.goto("/customers/gone-1");
  await page.getByRole("button", { name: "Permanently delete…" }).click();
  const dialog = page.getByRole("dialog");
  await expect(dialog.getByText("This can’t be undone.")).toBeVisible();
  const purge = dialog.getByRole("button", { name: "Permanently delete" });
  await expect(purge).toHaveAttribute("aria-disabled", "true");
  await audit(page);
  await dialog.getByLabel("Type gone-1 to confirm").fill("gone-1");
  await purge.click();
  await expect(page.getByRole("heading", { name: "Certificate of purge" })).toBeVisible();
  await expect(page.locator(".tag", { hasText: "Verified" })).toBeVisible();
  await page.getByRole("button", { name: "Verify all chains" }).click();
  await expect(page.getByText("The chains are complete and unaltered.")).toBeVisible();
  await audit(page);
  await page.goto("/customers/gone-1/edit");
  await expect(page.getByRole("heading", { name: "Certificate of purge" })).toBeVisible();
  await page.getByRole("link", { name: "Certificates", exact: true }).first().click();
  await page.getByRole("searchbox").fill("gone-1");
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(/\/certificates\/gone-1$/);
});
