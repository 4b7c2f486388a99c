import type { Page } from "@playwright/test";
import { as, audit, choose, dashboard, expect, historyOf, idsOf, seed, test, wantFits, type Administrator } from "./fixture";

/** Members of the group support may read and write, and the others but the owner nothing; the leaver is suspended. */
test.beforeAll(async ({ request }) => {
  const access = (await (await request.get("/v1/access")).json()) as { version: number };
  const groups = [{ group: "support", permissions: ["customers.read", "customers.write"] }];
  expect((await request.put("/v1/access", { data: { version: access.version, groups, fourEyes: { purges: false } } })).ok()).toBe(true);
  await request.post("/v1/suspensions", { data: { subject: "demo-leaver" } });
  await seed(request, [...["a", "b", "c"].map((letter) => ({ id: `sign-in-${letter}`, organisation: `Zephyrine Sign In ${letter}` })), { id: "sign-in-other", organisation: "Blumenkohl Other" }]);
});

/** Notes each request for a code, each for a token, and each refused request to the API. */
function watchSignIns(page: Page, issuer: string): { codes: string[]; tokens: number; refused: number } {
  const seen = { codes: [] as string[], tokens: 0, refused: 0 };
  page.on("request", (request) => {
    if (request.url().startsWith(`${issuer}/auth?`)) seen.codes.push(request.url());
    if (request.url() === `${issuer}/token` && request.method() === "POST") seen.tokens++;
  });
  page.on("response", (response) => {
    if (response.url().includes("/v1/") && response.status() === 401) seen.refused++;
  });
  return seen;
}

/** Has the issuer say that a token lives that many seconds. */
async function shorten(page: Page, issuer: string, seconds: number): Promise<void> {
  await page.route(`${issuer}/token`, async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, json: { ...((await response.json()) as object), expires_in: seconds } });
  });
}

/** Opens a page in a session of its own at the issuer: it is ended or renewed, and the other flows go on with theirs. */
async function openAlone(page: Page, path: string): Promise<void> {
  await page.context().clearCookies();
  await page.goto(path);
  await choose(page, "owner");
  await expect(page.getByRole("button", { name: /^Account of / })).toBeVisible();
}

const signedOut = (page: Page) => page.getByRole("heading", { level: 1, name: "You are signed out" });

test.describe("without a sign-in", () => {
  test.use({ known: false });

  test("a link into the dashboard leads there by the issuer's page, which Back doesn't show again", async ({ page, context, issuer }) => {
    await page.goto("/customers?limit=25");
    await expect(page).toHaveURL(new RegExp(`^${issuer}/`));
    await choose(page, "owner");
    await expect(page).toHaveURL(`${dashboard}/customers?limit=25`);
    await expect(page.getByRole("button", { name: /^Account of / })).toContainText("owners");
    await page.getByRole("link", { name: "Operations" }).click();
    await expect(page.getByRole("heading", { level: 1, name: "Operations" })).toBeVisible();
    expect(await historyOf(context, page)).toEqual(["about:blank", `${dashboard}/customers?limit=25`, `${dashboard}/operations`]);
    await page.goBack();
    await expect(page).toHaveURL(`${dashboard}/customers?limit=25`);
    await page.goBack();
    expect(page.url()).toBe("about:blank");
  });

  test("Back from the issuer's page leads to one that doesn't lead there again", async ({ page, issuer }) => {
    await page.goto("/settings");
    await expect(page).toHaveURL(new RegExp(`^${issuer}/`));
    await page.goBack();
    const heading = page.getByRole("heading", { level: 1, name: "You are not signed in" });
    await expect(heading).toBeFocused();
    await audit(page);
    await page.getByRole("button", { name: "Sign in" }).click();
    await choose(page, "owner");
    await expect(page).toHaveURL(`${dashboard}/settings`);
    await expect(page.getByLabel("Days in the trash")).toBeVisible();
  });
});

test("an answer of another issuer is refused, and its code not used", async ({ page, issuer }) => {
  const seen = watchSignIns(page, issuer);
  await page.addInitScript(() => {
    if (location.pathname === "/signed-in") history.replaceState(null, "", location.href.replace(/iss=[^&]*/, "iss=https%3A%2F%2Fevil.example"));
  });
  await page.goto("/");
  await expect(page.getByRole("heading", { level: 1, name: "The sign-in was not accepted" })).toBeFocused();
  await audit(page);
  expect(seen).toMatchObject({ codes: { length: 1 }, tokens: 0 });
});

test("a forged answer is refused, and its code is in no entry of the history", async ({ page, context, issuer }) => {
  const seen = watchSignIns(page, issuer);
  await page.goto("/signed-in?code=stolen&state=forged");
  await expect(page.getByRole("heading", { level: 1, name: "This sign-in was not begun here" })).toBeFocused();
  await audit(page);
  expect(await historyOf(context, page)).toEqual(["about:blank", `${dashboard}/`]);
  expect(seen).toMatchObject({ codes: [], tokens: 0 });
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page.getByRole("button", { name: /^Account of / })).toBeVisible();
});

test("a code is of no use with another verifier", async ({ page, issuer }) => {
  await page.route(`${issuer}/token`, (route) => route.continue({ postData: (route.request().postData() ?? "").replace(/code_verifier=[^&]*/, `code_verifier=${"x".repeat(43)}`) }));
  await page.goto("/");
  await expect(page.getByRole("heading", { level: 1, name: "The sign-in was not accepted" })).toBeVisible();
});

test("a reload signs in again without a click, and keeps the search and the page of the list", async ({ page, issuer }) => {
  const seen = watchSignIns(page, issuer);
  await page.goto("/customers?limit=25");
  await page.getByRole("searchbox").fill("zephyrine sign");
  await expect(page.getByRole("row")).toHaveCount(4);
  await page.reload();
  await expect(page.getByRole("searchbox")).toHaveValue("zephyrine sign");
  await expect(page.getByRole("row")).toHaveCount(4);
  await expect(page).toHaveURL(`${dashboard}/customers?limit=25`);
  expect(seen.codes.map((code) => new URL(code).searchParams.get("prompt"))).toEqual(["none", "none"]);
  expect(await page.evaluate(() => sessionStorage.length)).toBe(0);
});

test("a token is replaced before it ends: no request fails, and the selection and the search are kept", async ({ page, issuer }) => {
  await shorten(page, issuer, 8);
  const seen = watchSignIns(page, issuer);
  await page.goto("/customers");
  await page.getByRole("searchbox").fill("zephyrine sign");
  await expect(page.getByRole("row")).toHaveCount(4);
  for (const letter of ["a", "b"]) await page.getByRole("row", { name: `Zephyrine Sign In ${letter}` }).getByRole("checkbox").click();
  await page.unroute(`${issuer}/token`);
  await page.waitForTimeout(6_500);
  // What is shown is looked at again when the window gets the focus.
  await page.evaluate(() => dispatchEvent(new Event("focus")));
  await expect.poll(() => seen.tokens).toBe(2);
  await expect(page.getByText("2 customers selected")).toBeVisible();
  await expect(page.getByRole("searchbox")).toHaveValue("zephyrine sign");
  await expect(page.getByRole("row")).toHaveCount(4);
  expect(seen.refused).toBe(0);
  await expect(page.getByText("You have signed in again.")).toHaveCount(0);
});

test("a dialog stays when the session ends, and says how to go on", async ({ page, issuer, request }) => {
  await page.goto("/customers/sign-in-c");
  await page.getByRole("button", { name: "Actions", exact: true }).click();
  await page.getByRole("menuitem", { name: "Block…" }).click();
  await page.getByLabel("Reason").fill("asked by phone");
  // The issuer's tokens end while the dialog is open.
  await page.evaluate(() => {
    const now = Date.now;
    Date.now = () => now() + 2 * 3600_000;
  });
  const sent: string[] = [];
  page.on("request", (each) => sent.push(each.url()));
  await page.getByRole("button", { name: "Block customer" }).click();
  await expect(page.getByRole("alert")).toContainText("Nothing was blocked. Your session has ended.");
  await expect(page.getByLabel("Reason")).toHaveValue("asked by phone");
  expect(sent.filter((url) => url.includes("/v1/"))).toEqual([]);
  await audit(page);
  const seen = watchSignIns(page, issuer);
  await page.getByRole("button", { name: "Sign in again" }).click();
  await expect.poll(() => seen.tokens).toBe(1);
  await expect(page.getByRole("heading", { level: 1 })).toContainText("Zephyrine Sign In c");
  expect(((await (await request.get("/v1/customers/sign-in-c")).json()) as { blocked: boolean }).blocked).toBe(false);
});

test("an API that refuses each token is told in words, and nothing goes round in circles", async ({ page, issuer }) => {
  await page.route("**/v1/**", (route) => route.fulfill({ status: 401, json: { message: "Unauthorized" } }));
  const seen = watchSignIns(page, issuer);
  await page.goto("/customers");
  await expect(page.getByRole("heading", { level: 1, name: "Lethe doesn’t accept your sign-in" })).toBeFocused();
  await audit(page);
  await page.waitForTimeout(1_500);
  expect(seen.codes).toHaveLength(1);
});

test("what needs a fresh sign-in says why, and is not done by itself after it", async ({ page, issuer, request }) => {
  await seed(request, [{ id: "stale-1", organisation: "Zephyrine Stale" }]);
  await request.delete("/v1/customers/stale-1", { data: {} });
  await openAlone(page, "/customers/stale-1");
  await page.route("**/v1/customers/stale-1/purge", (route) =>
    route.fulfill({ status: 401, contentType: "application/problem+json", json: { type: "", title: "", status: 401, code: "STALE_SIGN_IN", detail: "", requestId: "r-1", maxAge: 300 } }),
  );
  await page.getByRole("button", { name: "Permanently delete…" }).click();
  await page.getByLabel("Type stale-1 to confirm").fill("stale-1");
  await page.getByRole("dialog").getByRole("button", { name: "Permanently delete" }).click();
  await expect(page.getByRole("alert")).toContainText("Nothing was erased. For this you must have signed in within the last 5 minutes.");
  await audit(page);
  await page.unroute("**/v1/customers/stale-1/purge");
  const seen = watchSignIns(page, issuer);
  await page.getByRole("button", { name: "Sign in again" }).click();
  await expect(page).toHaveURL(new RegExp(`^${issuer}/`));
  expect(new URL(seen.codes[0] ?? "").searchParams.get("prompt")).toBe("login");
  expect(new URL(seen.codes[0] ?? "").searchParams.get("max_age")).toBe("300");
  await choose(page, "owner");
  await expect(page).toHaveURL(`${dashboard}/customers/stale-1`);
  await expect(page.getByText("You have signed in again.")).toBeVisible();
  await expect(page.getByRole("heading", { level: 1 })).toContainText("Zephyrine Stale");
  await audit(page);
  expect(await idsOf(request, "deleted", "stale-1")).toEqual(["stale-1"]);
  await page.getByRole("button", { name: "Permanently delete…" }).click();
  await page.getByLabel("Type stale-1 to confirm").fill("stale-1");
  await page.getByRole("dialog").getByRole("button", { name: "Permanently delete" }).click();
  await expect(page.getByRole("heading", { name: "Certificate of purge" })).toBeVisible();
});

test("a draft comes back after a fresh sign-in", async ({ page }) => {
  await openAlone(page, "/customers/sign-in-a/edit");
  await page.getByLabel("Organisation").fill("Zephyrine Typed");
  await page.route("**/v1/customers/sign-in-a", (route) =>
    route.request().method() === "PATCH"
      ? route.fulfill({ status: 401, contentType: "application/problem+json", json: { type: "", title: "", status: 401, code: "STALE_SIGN_IN", detail: "", requestId: "r-1", maxAge: 300 } })
      : route.fallback(),
  );
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByRole("button", { name: "Sign in again" }).click();
  await choose(page, "owner");
  await expect(page.getByLabel("Organisation")).toHaveValue("Zephyrine Typed");
  await expect(page.getByText("This is what you typed before you left.")).toBeVisible();
});

test("signing out ends the session here and at the issuer, and Back shows nothing", async ({ page, issuer }) => {
  // The menu lies over no rows there: axe takes what a menu covers for too small a target.
  await openAlone(page, "/settings");
  const account = page.getByRole("button", { name: /^Account of / });
  await expect(page.getByRole("heading", { level: 1, name: "Settings" })).toBeVisible();
  await account.click();
  await audit(page);
  await page.keyboard.press("Escape");
  await expect(account).toBeFocused();
  await account.click();
  await page.getByRole("menuitem", { name: "Sign out" }).click();
  await page.getByRole("button", { name: "Sign out" }).click();
  await expect(page).toHaveURL(`${dashboard}/signed-out`);
  await expect(signedOut(page)).toBeFocused();
  await audit(page);
  await wantFits(page);
  expect(await page.evaluate(() => sessionStorage.length)).toBe(0);
  await page.reload();
  await expect(signedOut(page)).toBeVisible();
  // Back goes over the issuer's question to the page, which asks for a sign-in.
  await page.goBack();
  await expect(signedOut(page)).toBeVisible();
  await page.goBack();
  await expect(page).toHaveURL(new RegExp(`^${issuer}/sign-in/`));
});

test("what is missing of the configuration, and an issuer that doesn't answer, are told in words", async ({ page, issuer, recorded }) => {
  await page.route("**/config.json", (route) => route.fulfill({ json: { problem: "ISSUER is not set." } }));
  await page.goto("/customers");
  await expect(page.getByRole("heading", { level: 1, name: "Sign-in is not configured" })).toBeFocused();
  await expect(page.getByText("ISSUER is not set.")).toBeVisible();
  await audit(page);
  await page.unroute("**/config.json");
  await page.route(`${issuer}/.well-known/*`, (route) => route.abort());
  await page.reload();
  await expect(page.getByRole("heading", { level: 1, name: "Sign-in can’t be reached" })).toBeFocused();
  await audit(page);
  await page.unroute(`${issuer}/.well-known/*`);
  await page.getByRole("button", { name: "Try again" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "Customers" })).toBeVisible();
  recorded.errors.length = 0; // the browser tells of the request that was cut off
});

test.describe("the leaver", () => {
  test.use({ administrator: "leaver" });

  test("is told about the suspension, and can sign in as somebody else", async ({ page }) => {
    await page.goto("/customers");
    await expect(page.getByRole("heading", { level: 1, name: "Your account is suspended" })).toBeFocused();
    await audit(page);
    await wantFits(page);
    await page.getByRole("button", { name: "Sign in as somebody else" }).click();
    await choose(page, "support");
    await expect(page).toHaveURL(`${dashboard}/customers`);
    await expect(page.getByRole("button", { name: /^Account of / })).toContainText("support");
  });
});

test.describe("support", () => {
  test.use({ administrator: "support" });

  test("is shut out while a page is open", async ({ page, playwright, issuer }) => {
    await page.goto("/customers");
    await expect(page.getByRole("rowheader").first()).toBeVisible();
    const owner = await as(playwright, issuer, "owner");
    expect((await owner.post("/v1/suspensions", { data: { subject: "demo-support" } })).ok()).toBe(true);
    await page.getByRole("link", { name: "Operations" }).click();
    await expect(page.getByRole("heading", { level: 1, name: "Your account is suspended" })).toBeFocused();
    expect((await owner.post("/v1/suspensions/lift", { data: { subject: "demo-support" } })).ok()).toBe(true);
    await page.reload();
    await expect(page.getByRole("heading", { level: 1, name: "Operations" })).toBeVisible();
    await owner.dispose();
  });
});

test.describe("somebody without permissions", () => {
  test.use({ administrator: "privacy" satisfies Administrator });

  test("is told which one is missing", async ({ page }) => {
    await page.goto("/customers");
    await expect(page.getByText("Your account lacks the permission customers.read.").first()).toBeVisible();
    await audit(page);
  });
});
