import { audit, declareKinds, expect, idsOf, seed, test, wantFits } from "./fixture";

const many = Array.from({ length: 60 }, (_, n) => ({ id: `l-${String(n).padStart(2, "0")}`, organisation: `Quixotte ${String.fromCodePoint(65 + (n % 26))}${n}`, email: `zephyrine${n}@blumenkohl.example` }));

test.beforeAll(async ({ request }) => {
  await declareKinds(request);
  await seed(request, many, [{ customer: "l-01", key: "invoice~1", data: { issued: "2026-01-02", billTo: "Quixotte B1", status: "open", total: 11_556.33, currency: "EUR" } }]);
});

test("the list is searched, paged and filtered, and a reload loses nothing", async ({ page }) => {
  await page.goto("/customers?limit=25");
  await expect(page.getByRole("row")).toHaveCount(26);
  const first = await page.getByRole("rowheader").first().textContent();
  await page.getByRole("button", { name: "Next" }).click();
  await expect(page.getByText(/^26–50/)).toBeVisible();
  await page.reload();
  await expect(page.getByText(/^26–50/)).toBeVisible();
  await page.getByRole("button", { name: "Previous" }).click();
  await expect(page.getByRole("rowheader").first()).toHaveText(first ?? "");
  await page.keyboard.press("/");
  await expect(page.getByRole("searchbox")).toBeFocused();
  await page.keyboard.type("quixotte a26");
  await expect(page.getByRole("row")).toHaveCount(2);
  await page.reload();
  await expect(page.getByRole("searchbox")).toHaveValue("quixotte a26");
  await expect(page.getByRole("row")).toHaveCount(2);
  await page.keyboard.press("Tab");
  await page.getByRole("searchbox").fill("nobodyatall");
  await expect(page.getByText("No customer matches")).toBeVisible();
  await audit(page);
  await page.getByRole("button", { name: "Clear search and filter" }).click();
  await expect(page.getByRole("row")).toHaveCount(26);
  await page.getByRole("button", { name: "Filter", exact: true }).click();
  await page.getByRole("menuitem", { name: "In trash" }).click();
  await expect(page.getByText("State In trash")).toBeVisible();
  await page.getByRole("button", { name: "Remove the filter: state in trash" }).click();
  await expect(page.getByRole("row")).toHaveCount(26);
  await page.goBack();
  await expect(page.getByText("State In trash")).toBeVisible();
});

test("a search is typed at any pace", async ({ page }) => {
  await page.goto("/customers");
  await expect(page.getByRole("row")).toHaveCount(51);
  await page.keyboard.press("/");
  for (const part of ["quix", "otte ", "a2", "6"]) {
    await page.keyboard.type(part);
    await page.waitForTimeout(500); // longer than the list waits before it searches
  }
  await expect(page.getByRole("searchbox")).toHaveValue("quixotte a26");
  await expect(page.getByRole("searchbox")).toBeFocused();
  await expect(page.getByRole("row")).toHaveCount(2);
  await page.goBack();
  await expect(page.getByRole("searchbox")).toHaveValue("");
  await expect(page.getByRole("row")).toHaveCount(51);
  await page.goForward();
  await expect(page.getByRole("searchbox")).toHaveValue("quixotte a26");
});

test("a selection survives pages, searches and visits", async ({ page }) => {
  await page.goto("/customers?limit=25");
  const boxes = page.getByRole("cell").getByRole("checkbox");
  await boxes.nth(0).click();
  await boxes.nth(3).click({ modifiers: ["Shift"] });
  await expect(page.getByText("4 customers selected")).toBeVisible();
  await audit(page);
  await page.getByRole("button", { name: "Next" }).click();
  await expect(page.getByText(/^26–50/)).toBeVisible();
  await boxes.nth(1).click();
  await expect(page.getByText("5 customers selected")).toBeVisible();
  await page.getByRole("searchbox").fill("quixotte");
  await expect(page.getByText("5 customers selected")).toBeVisible();
  await page.getByRole("rowheader").first().getByRole("link").click();
  await expect(page.getByRole("heading", { level: 1 })).toContainText("Quixotte");
  await page.getByRole("link", { name: "Customers", exact: true }).first().click();
  await expect(page.getByText("5 customers selected")).toBeVisible();
  await page.getByRole("button", { name: "Clear selection" }).click();
  await expect(page.getByText("customers selected")).toHaveCount(0);
});

test("all that match means one search, and is cleared under another, which is said", async ({ page }) => {
  await page.goto("/customers");
  await page.getByRole("searchbox").fill("quixotte a");
  await expect(page.getByRole("row")).toHaveCount(4);
  await page.getByRole("button", { name: "Select", exact: true }).click();
  await page.getByRole("menuitem", { name: "All that match" }).click();
  await expect(page.getByText("All that match selected")).toBeVisible();
  await page.getByRole("cell").getByRole("checkbox").first().click();
  await expect(page.getByText("All that match but 1 selected")).toBeVisible();
  await expect(page.getByRole("checkbox", { name: "Select all on this page" })).toHaveJSProperty("indeterminate", true);
  await page.getByRole("searchbox").fill("quixotte b");
  await expect(page.locator(".note").getByText("Selection cleared.")).toBeVisible();
  await expect(page.getByRole("region", { name: "Selection" })).toHaveCount(0);
});

test("a customer is added, and what is wrong is said at the field", async ({ page, request }) => {
  await page.goto("/customers");
  await page.getByRole("button", { name: "Add customer" }).click();
  await expect(page.getByLabel("Organisation")).toBeFocused();
  await page.getByLabel("Organisation").fill("Waldmeister & Ysolde");
  await page.getByLabel("E-mail").fill("zephyrine0@blumenkohl.example");
  await page.getByLabel("ID").fill("added");
  await page.getByRole("dialog").getByRole("button", { name: "Add customer" }).click();
  await expect(page.getByText("Belongs to another customer.")).toBeVisible();
  await audit(page);
  await page.getByLabel("E-mail").fill("not an address");
  await page.getByRole("dialog").getByRole("button", { name: "Add customer" }).click();
  await expect(page.locator(".wrong:visible")).toHaveCount(1);
  await page.getByLabel("E-mail").fill("waldmeister@blumenkohl.example");
  await page.getByRole("dialog").getByRole("button", { name: "Add customer" }).click();
  await expect(page).toHaveURL(/\/customers\/added$/);
  await expect(page.getByRole("heading", { name: "Waldmeister & Ysolde" })).toBeVisible();
  expect(await idsOf(request, "active", "added")).toEqual(["added"]);
});

test("a profile is edited, and another administrator's change is told", async ({ page, request }) => {
  await seed(request, [{ id: "edited", organisation: "Xanthippe", phone: "1" }]);
  await page.goto("/customers/edited");
  await page.getByRole("link", { name: "Edit profile" }).click();
  await page.getByLabel("Organisation").fill("Xanthippe & Co");
  await request.patch("/v1/customers/edited", { data: { phone: "2" } });
  await page.getByRole("button", { name: "Save", exact: true }).click();
  await expect(page.getByText("Contact number is different now.")).toBeVisible();
  await audit(page);
  await page.getByRole("button", { name: "Save mine over it" }).click();
  await expect(page).toHaveURL(/\/customers\/edited$/);
  const customer = (await (await request.get("/v1/customers/edited")).json()) as { organisation: string; phone: string };
  expect(customer).toMatchObject({ organisation: "Xanthippe & Co", phone: "2" });
});

test("an open form says at the next focus that somebody else has changed the customer", async ({ page, request }) => {
  await seed(request, [{ id: "focused", organisation: "Xanthippe", phone: "1" }]);
  await page.goto("/customers/focused/edit");
  await page.getByLabel("Organisation").fill("Xanthippe & Co");
  await request.patch("/v1/customers/focused", { data: { phone: "2" } });
  await expect(page.getByText("Somebody has changed this customer")).toHaveCount(0);
  await page.waitForTimeout(5_500); // what was read is taken for fresh so long
  await page.evaluate(() => window.dispatchEvent(new Event("focus")));
  await expect(page.getByText("Contact number is different now.")).toBeVisible();
  await audit(page);
  await page.getByRole("button", { name: "Load theirs" }).click();
  await expect(page.getByLabel("Contact number")).toHaveValue("2");
  await expect(page.getByText("Somebody has changed this customer")).toHaveCount(0);
});

test("at a zoom of 400 % everything is reached, and nothing that sticks covers it", async ({ page }) => {
  await page.setViewportSize({ width: 360, height: 225 }); // 1440 by 900 at 400 %
  await page.goto("/customers");
  await expect(page.getByRole("rowheader").first()).toBeVisible();
  for (const bar of [".topbar", ".foot"]) await expect(page.locator(bar)).toHaveCSS("position", "static");
  expect(await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)).toBe(0);
  await page.getByRole("cell").getByRole("checkbox").first().click();
  await page.getByRole("button", { name: "Delete…" }).click();
  await expect(page.getByText("Ready to review")).toBeVisible();
  await audit(page);
  await page.getByRole("button", { name: "Discard this plan" }).click();
  await expect(page.getByText("This plan was discarded.")).toBeVisible();
});

test("what was typed and not saved survives Back, another page and a reload", async ({ page, request }) => {
  await seed(request, [{ id: "typed", organisation: "Xanthippe Typed" }]);
  await page.goto("/customers/typed");
  await page.getByRole("link", { name: "Edit profile" }).click();
  await page.getByLabel("Contact number").fill("12");
  await page.reload();
  await expect(page.getByLabel("Contact number")).toHaveValue("12");
  await page.goBack();
  await expect(page.getByRole("link", { name: "Edit profile" })).toBeVisible();
  await page.goForward();
  await expect(page.getByLabel("Contact number")).toHaveValue("12");
  await page.getByLabel("Contact number").fill("123");
  await page.getByRole("link", { name: /^Customers/ }).click();
  await page.getByRole("searchbox").fill("xanthippe typed");
  await page.getByRole("link", { name: "Xanthippe Typed" }).click();
  await page.getByRole("link", { name: "Edit profile" }).click();
  await expect(page.getByText("Not saved yet.")).toBeVisible();
  await expect(page.getByLabel("Contact number")).toHaveValue("123");
  await audit(page);
  await page.getByRole("button", { name: "Discard it" }).click();
  await expect(page.getByLabel("Contact number")).toHaveValue("");
  await page.getByLabel("Contact number").fill("1234");
  await page.getByRole("button", { name: "Save", exact: true }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Xanthippe Typed");
  await page.getByRole("link", { name: "Edit profile" }).click();
  await expect(page.getByLabel("Contact number")).toHaveValue("1234");
  await expect(page.getByText("Not saved yet.")).toHaveCount(0);
});

test("the list works by keyboard alone", async ({ page }) => {
  await page.goto("/customers?limit=25");
  await expect(page.getByRole("row")).toHaveCount(26);
  await page.keyboard.press("j");
  await expect(page.getByRole("rowheader").first().getByRole("link")).toBeFocused();
  await page.keyboard.press("j");
  await expect(page.getByRole("rowheader").nth(1).getByRole("link")).toBeFocused();
  await page.keyboard.press("x");
  await expect(page.getByText("1 customer selected")).toBeVisible();
  await page.keyboard.press(".");
  await expect(page.getByRole("menuitem", { name: "View profile" })).toBeFocused();
  await page.keyboard.press("End");
  await expect(page.getByRole("menuitem", { name: "Delete…" })).toBeFocused();
  await audit(page);
  await page.keyboard.press("Escape");
  await expect(page.getByRole("menu")).toHaveCount(0);
  await page.keyboard.press("x");
  await expect(page.getByText("1 customer selected")).toHaveCount(0);
  await page.keyboard.press("Delete");
  await expect(page.getByRole("dialog", { name: /^Delete / })).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(page.getByRole("dialog")).toHaveCount(0);
  await page.keyboard.press("x");
  await page.keyboard.press("j");
  await page.keyboard.press("j");
  await expect(page.getByRole("rowheader").nth(3).getByRole("link")).toBeFocused();
  await page.keyboard.press("Shift+X");
  await expect(page.getByText("3 customers selected")).toBeVisible();
  await page.keyboard.press("Delete");
  await expect(page.getByText("Selected one by one")).toBeVisible();
  await page.getByRole("button", { name: "Discard this plan" }).click();
  await expect(page.getByText("This plan was discarded.")).toBeVisible();
  await page.goBack();
  await expect(page.getByRole("row")).toHaveCount(26);
  await page.keyboard.press("?");
  await expect(page.getByRole("dialog", { name: "Keys" })).toBeVisible();
  await audit(page);
  await page.keyboard.press("Escape");
  await expect(page.getByRole("dialog")).toHaveCount(0);
  await page.keyboard.press("g");
  await page.keyboard.press("d");
  await expect(page).toHaveURL(/\/deleted-customers$/);
});

test("columns are chosen, and stay chosen", async ({ page }) => {
  await page.goto("/customers");
  await page.getByRole("button", { name: "Columns" }).click();
  await page.getByLabel("Contact number").click();
  await page.getByRole("button", { name: "Close" }).click();
  await expect(page.getByRole("columnheader", { name: "Contact number" })).toHaveCount(0);
  await page.reload();
  await expect(page.getByRole("columnheader", { name: "E-mail" })).toBeVisible();
  await expect(page.getByRole("columnheader", { name: "Contact number" })).toHaveCount(0);
});

test("a list that can't be loaded says why, and is loaded again", async ({ page }) => {
  await page.route("**/v1/customers?*", (route) => route.fulfill({ status: 503, contentType: "application/problem+json", headers: { "Retry-After": "1" }, body: JSON.stringify({ code: "UNAVAILABLE", status: 503, requestId: "7f3a91", title: "", detail: "", type: "" }) }));
  await page.goto("/customers");
  await expect(page.getByRole("alert")).toContainText("The store is busy");
  await expect(page.getByRole("alert")).toContainText("Request 7f3a91");
  await audit(page);
  await page.unroute("**/v1/customers?*");
  await page.getByRole("button", { name: "Retry now" }).click();
  await expect(page.getByRole("rowheader").first()).toBeVisible();
});

test("offline the rows stay, and nothing that needs the API can be pressed", async ({ page, context, recorded, request }) => {
  await seed(request, [{ id: "offline", organisation: "Quixotte Offline" }]);
  await Promise.all([page.waitForResponse(/keylist-/), page.goto("/customers?limit=25")]);
  await page.getByRole("cell").getByRole("checkbox").first().click();
  await expect(page.getByText("1 customer selected")).toBeVisible();
  await context.setOffline(true);
  await expect(page.getByText("You are offline.")).toBeVisible();
  await expect(page.getByRole("row")).toHaveCount(26);
  for (const name of ["Next", "Delete…", "Block"]) await expect(page.getByRole("button", { name, exact: true })).toHaveAttribute("aria-disabled", "true");
  await page.getByRole("button", { name: "Next" }).click({ force: true });
  await expect(page.getByText(/^1–25/)).toBeVisible();
  await audit(page);
  await page.getByRole("button", { name: /^Actions for/ }).first().click();
  await page.getByRole("menuitem", { name: "Block…" }).click();
  await expect(page.getByRole("dialog").getByRole("button", { name: "Block customer" })).toHaveAttribute("aria-disabled", "true");
  await expect(page.getByRole("dialog").getByText("You are offline")).toBeVisible();
  await page.keyboard.press("Escape");
  await page.getByRole("link", { name: "Settings" }).click();
  await expect(page.getByText("This part of the dashboard couldn’t be shown.")).toBeVisible();
  await audit(page);
  await page.getByRole("link", { name: /^Customers/ }).click();
  await expect(page.getByText("1 customer selected")).toBeVisible();
  await context.setOffline(false);
  await page.getByRole("button", { name: "Next" }).click();
  await expect(page.getByText(/^51–/)).toBeVisible();
  recorded.errors.length = 0; // the browser tells of the part that did not load
});

test("a profile with long words fits every width", async ({ page, request }) => {
  const id = `eu-west-1:${"4f0e1c-".repeat(16)}x`;
  await seed(request, [{ id, organisation: "Ysolde".repeat(18), email: `${"ysolde".repeat(10)}@${"blumenkohl".repeat(6)}.example` }]);
  for (const path of [`/customers/${id}`, `/customers/${id}/log`, `/customers/${id}/edit`]) {
    await page.goto(path);
    await expect(page.getByRole("heading", { level: 1 })).toContainText("Ysolde");
    await wantFits(page);
  }
});

test("what nobody can have or search for is no failure", async ({ page }) => {
  await page.goto("/customers");
  await page.getByRole("searchbox").fill("q");
  await expect(page.getByText("Needs a word of at least two letters or digits")).toBeVisible();
  await expect(page.getByRole("alert")).toHaveCount(0);
  await audit(page);
  await page.getByRole("searchbox").fill("quixotte a26");
  await expect(page.getByRole("row")).toHaveCount(2);
  for (const id of ["@x", "a%2Fb", "a%20b", "a%2Fb/edit", "none-such/edit"]) {
    await page.goto(`/customers/${id}`);
    await expect(page.getByText("There is no such customer")).toBeVisible();
    await expect(page.getByRole("alert")).toHaveCount(0);
  }
  for (const id of ["nope", "a%2Fb"]) {
    await page.goto(`/operations/${id}`);
    await expect(page.getByText("There is no such operation")).toBeVisible();
    await page.goto(`/certificates/${id}`);
    await expect(page.getByText("There is no such certificate")).toBeVisible();
    await audit(page);
  }
});

test("the pages fit every width, and the menu of a small screen works", async ({ page }) => {
  for (const path of ["/", "/customers", "/deleted-customers", "/customers/l-01", "/customers/l-01/records/invoice", "/customers/l-01/edit", "/import", "/operations", "/certificates", "/settings", "/settings/kinds", "/nowhere"]) {
    await page.goto(path);
    await expect(page.getByRole("main")).not.toBeEmpty();
    await page.waitForLoadState("networkidle");
    await wantFits(page);
    await audit(page);
  }
  await page.setViewportSize({ width: 390, height: 800 });
  await page.goto("/customers");
  await page.getByRole("button", { name: "Menu", exact: true }).click();
  await audit(page);
  await page.getByRole("link", { name: /Deleted customers/ }).click();
  await expect(page).toHaveURL(/deleted-customers/);
  await page.goto("/customers");
  await page.getByRole("button", { name: /^Actions for/ }).first().click();
  await expect(page.getByRole("menu")).toBeInViewport();
  await audit(page);
});

test("forced colours keep boxes, ticks and the chosen page visible", async ({ page }) => {
  await page.emulateMedia({ forcedColors: "active" });
  await page.goto("/customers");
  const box = page.getByRole("cell").getByRole("checkbox").first();
  await box.click();
  await expect(box).toHaveCSS("appearance", "auto");
  await expect(page.getByRole("link", { name: /^Customers/ })).toHaveCSS("outline-style", "solid");
});

test("a page that the browser was sent away from is there again, and an address that is none says so", async ({ page }) => {
  await page.goto("/customers/l-02/records/invoice");
  await expect(page.getByText("No invoices.")).toBeVisible();
  await page.goto("/customers/none-such");
  await expect(page.getByText("There is no such customer")).toBeVisible();
  await audit(page);
  await page.goto("/operations/x4k2qdcl6rnhsyjc7bqzv5mtgz");
  await expect(page.getByText("There is no such operation")).toBeVisible();
  await page.goto("/nowhere");
  await expect(page.getByText("There is nothing at this address")).toBeVisible();
  await page.goBack();
  await expect(page.getByText("There is no such operation")).toBeVisible();
});
