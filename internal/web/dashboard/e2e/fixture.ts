import { expect, test as base, type APIRequest, type APIRequestContext, type Browser, type BrowserContext, type Page } from "@playwright/test";
import axe from "axe-core";
import config from "../playwright.config";

/** Where the dashboard is. */
export const dashboard = config.use?.baseURL ?? "";

/** Personal values that the flows' customers have. None of them may come into an address. */
export const personal = ["quixotte", "zephyrine", "blumenkohl", "ysolde", "xanthippe", "waldmeister"];

/** Everything that was an address: of requests, of pages, of history entries. */
type Recorded = { addresses: string[]; violations: string[]; errors: string[] };

/** The demo's administrators, as the local issuer calls them. */
export type Administrator = "owner" | "support" | "privacy" | "auditor" | "leaver";

type Cookies = Awaited<ReturnType<BrowserContext["storageState"]>>;

declare global {
  interface Window {
    note: (kind: "address" | "violation", text: string) => Promise<void>;
  }
}

/** The cookies of a sign-in are used this long, so that it is fresh enough for everything. Milliseconds. */
const freshFor = 180_000;

type Options = { administrator: Administrator; /** Whether the issuer knows the browser already. */ known: boolean };
type WorkerFixtures = { issuer: string; cookiesOf: (administrator: Administrator) => Promise<Cookies> };

export const test = base.extend<Options & { recorded: Recorded }, WorkerFixtures>({
  administrator: ["owner", { option: true }],
  known: [true, { option: true }],

  issuer: [
    async ({ playwright }, use) => {
      const context = await playwright.request.newContext({ baseURL: dashboard });
      await use(((await (await context.get("/config.json")).json()) as { issuer: string }).issuer);
      await context.dispose();
    },
    { scope: "worker" },
  ],

  cookiesOf: [
    async ({ browser }, use) => {
      const kept = new Map<Administrator, { cookies: Promise<Cookies>; since: number }>();
      await use((administrator) => {
        const found = kept.get(administrator);
        if (found && Date.now() - found.since < freshFor) return found.cookies;
        const cookies = signIn(browser, administrator);
        kept.set(administrator, { cookies, since: Date.now() });
        return cookies;
      });
    },
    { scope: "worker" },
  ],

  storageState: async ({ administrator, known, cookiesOf }, use) => use(known ? await cookiesOf(administrator) : { cookies: [], origins: [] }),

  /** Requests of the same administrator beside the browser. */
  request: async ({ playwright, issuer, administrator }, use) => {
    const context = await as(playwright, issuer, administrator);
    await use(context);
    await context.dispose();
  },

  recorded: [
    async ({ page, context, issuer }, use) => {
      const recorded: Recorded = { addresses: [], violations: [], errors: [] };
      page.on("request", (request) => recorded.addresses.push(request.url()));
      page.on("framenavigated", (frame) => recorded.addresses.push(frame.url()));
      page.on("pageerror", (error) => recorded.errors.push(error.message));
      page.on("console", (message) => {
        // A refusal of the API is told by the browser, too.
        if (message.type() === "error" && !message.text().startsWith("Failed to load resource")) recorded.errors.push(message.text());
      });
      await page.exposeFunction("note", (kind: "address" | "violation", text: string) => void recorded[kind === "address" ? "addresses" : "violations"].push(text));
      await page.addInitScript(watch);
      await use(recorded);
      const entries = page.isClosed() ? [] : await historyOf(context, page);
      expect(recorded.violations, "violations of the content security policy").toEqual([]);
      expect(recorded.errors, "errors in the page").toEqual([]);
      expect(leaks([...recorded.addresses, ...entries]), "personal values in addresses").toEqual([]);
      expect(secrets([...recorded.addresses, ...entries]), "tokens in addresses").toEqual([]);
      // A filter of a list is a state, too; one of a sign-in has 43 characters.
      expect(entries.filter((entry) => !entry.startsWith(issuer) && /[?&](code=|state=[\w-]{43})|\/signed-in\?/.test(entry)), "codes in the history").toEqual([]);
    },
    { auto: true },
  ],
});

/** Signs in at the issuer's page, as a person does, and returns the cookies by which it knows the browser. */
async function signIn(browser: Browser, administrator: Administrator): Promise<Cookies> {
  // Within a test, the test's own cookies would be taken.
  const context = await browser.newContext({ baseURL: dashboard, storageState: { cookies: [], origins: [] } });
  const page = await context.newPage();
  await page.goto("/");
  await choose(page, administrator);
  await expect(page).toHaveURL(`${dashboard}/`);
  const cookies = await context.storageState();
  await context.close();
  return cookies;
}

/** Chooses an administrator on the page of the local issuer. */
export async function choose(page: Page, administrator: Administrator): Promise<void> {
  await page.locator(`button[value="demo-${administrator}"]`).click();
}

/** Makes requests with a token of the administrator. */
export async function as(playwright: { request: APIRequest }, issuer: string, administrator: Administrator): Promise<APIRequestContext> {
  const plain = await playwright.request.newContext();
  const token = (await (await plain.post(`${issuer}/tokens/${administrator}`)).text()).trim();
  await plain.dispose();
  return playwright.request.newContext({ baseURL: dashboard, extraHTTPHeaders: { Authorization: `Bearer ${token}` } });
}

/** The addresses of the tab's history entries. While a page goes to the issuer and back, its session is lost: then another one asks. */
export async function historyOf(context: BrowserContext, page: Page): Promise<string[]> {
  let addresses: string[] = [];
  await expect(async () => {
    const session = await context.newCDPSession(page);
    const { entries } = await session.send("Page.getNavigationHistory");
    await session.detach();
    addresses = entries.map(({ url }) => url);
  }).toPass();
  return addresses;
}

/** Addresses with a token, or with a code in any other than the one that the issuer sends the browser back to. */
function secrets(addresses: string[]): string[] {
  return addresses.filter((each) => /eyJ[\w-]+\./.test(each) || (/[?&]code=/.test(each) && !each.startsWith(`${dashboard}/signed-in?`)));
}

/** Runs in the page: notes what the policy refuses, and each history entry. */
function watch(): void {
  addEventListener("securitypolicyviolation", (event) => void window.note("violation", `${event.violatedDirective} ${event.blockedURI} ${event.sample}`));
  for (const method of ["pushState", "replaceState"] as const) {
    const original = history[method].bind(history);
    history[method] = (state, unused, url) => {
      if (url) void window.note("address", String(url));
      original(state, unused, url);
    };
  }
}

/** Addresses in which a personal value stands, as it is, escaped, or in base64. */
export function leaks(addresses: string[]): string[] {
  return addresses.filter((address) => {
    const spellings = [address, decodeURIComponent(address.replaceAll("+", " ")), ...address.split(/[/?&=]/).map((part) => Buffer.from(part, "base64url").toString("latin1"))];
    return spellings.some((text) => personal.some((value) => text.toLowerCase().includes(value)));
  });
}

/** Wants no finding of axe, best practices and the size of targets included, in light and in dark. */
export async function audit(page: Page): Promise<void> {
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    await page.evaluate(axe.source);
    const found = await page.evaluate(async () => {
      const { violations } = await (globalThis as unknown as { axe: typeof axe }).axe.run(document, { resultTypes: ["violations"], rules: { "target-size": { enabled: true } } });
      return violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => `${node.target.join(" ")} (${node.any[0]?.message ?? node.all[0]?.message ?? ""})`).join("; ")}`);
    });
    expect(found, `axe, ${colorScheme}`).toEqual([]);
  }
  await page.emulateMedia({ colorScheme: "light" });
}

/** Wants no sideways scrolling at any width. */
export async function wantFits(page: Page): Promise<void> {
  for (const width of [320, 390, 768, 1024, 1440, 1920]) {
    await page.setViewportSize({ width, height: 900 });
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    expect(wide, `sideways scrolling at ${width} px`).toBe(0);
  }
  await page.setViewportSize({ width: 1440, height: 900 });
}

export const json = { "Content-Type": "application/json" };

export type NewCustomer = { id: string; organisation?: string; firstName?: string; lastName?: string; email?: string; phone?: string };

/** Adds customers, and records as kind~id by customer. */
export async function seed(request: APIRequestContext, customers: NewCustomer[], records: { customer: string; key: string; data?: object }[] = []): Promise<void> {
  for (const [path, lines] of [["customers", customers], ["records", records]] as const) {
    if (lines.length === 0) continue;
    const data = lines.map((line) => JSON.stringify(path === "records" ? { data: {}, ...line } : line)).join("\n");
    const response = await request.post(`/v1/imports/${path}`, { headers: { "Content-Type": "application/x-ndjson" }, data });
    const report = (await response.json()) as { failed: number };
    expect(report.failed, JSON.stringify(report)).toBe(0);
  }
}

/** Declares the kinds that the flows use. */
export async function declareKinds(request: APIRequestContext): Promise<void> {
  const settings = (await (await request.get("/v1/settings")).json()) as { version: number; kinds: unknown[] };
  if (settings.kinds.length > 0) return;
  const kinds = [{ name: "invoice", policy: "restrict" }, { name: "ticket", policy: "cascade" }, { name: "payment", policy: "retain", keep: ["total"], keepFor: "P3650D" }];
  const response = await request.put("/v1/settings", { data: { version: settings.version, retention: "P30D", kinds } });
  expect(response.ok()).toBe(true);
}

/** Ids of a customer with a prefix in a state. */
export async function idsOf(request: APIRequestContext, state: "active" | "deleted", prefix: string): Promise<string[]> {
  const ids: string[] = [];
  let cursor = "";
  do {
    const page = (await (await request.get("/v1/customers", { params: { state, limit: "200", ...(cursor ? { cursor } : {}) } })).json()) as { customers: { id: string }[]; nextCursor?: string };
    ids.push(...page.customers.map(({ id }) => id));
    cursor = page.nextCursor ?? "";
  } while (cursor);
  return ids.filter((id) => id.startsWith(prefix)).toSorted();
}

export { expect };
