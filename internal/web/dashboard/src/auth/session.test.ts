import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { pendingOf } from "./fakes";
import type * as Session from "./session";

const leave = vi.fn<() => Promise<void>>(() => new Promise(() => {}));
vi.mock("./flow", () => ({ leave }));

let session: typeof Session;

/** What of the page is asked for. */
function onPage(part: { activeElement?: unknown; dialog?: boolean; onLine?: boolean } = {}): void {
  vi.stubGlobal("HTMLInputElement", Field);
  vi.stubGlobal("HTMLTextAreaElement", TextArea);
  vi.stubGlobal("document", { activeElement: part.activeElement ?? null, querySelector: () => (part.dialog ? {} : null) });
  vi.stubGlobal("navigator", { onLine: part.onLine ?? true });
}

class Field {
  type = "text";
  value = "";
}

class TextArea extends Field {}

beforeEach(async () => {
  vi.resetModules();
  vi.useFakeTimers({ now: 1_000_000 });
  leave.mockClear();
  onPage();
  session = await import("./session");
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

function begin(seconds: number | undefined, kept: Record<string, unknown> = {}): void {
  const { config, server } = pendingOf({});
  session.begin({ token: "t", seconds, config, server, skew: 0, kept });
}

const settled = async (promise: Promise<void>) => {
  let done = false;
  void promise.then(() => (done = true));
  await vi.advanceTimersByTimeAsync(1);
  return done;
};

it.each([
  ["an hour, with half a minute to spare", 3600, 3569, 3571],
  ["a minute, with a quarter of it to spare", 60, 44, 46],
])("replaces a token before it ends: %s", (_, seconds, good, over) => {
  begin(seconds);
  expect(session.bearer(1_000_000 + good * 1000)).toBe("t");
  expect(session.bearer(1_000_000 + over * 1000)).toBeUndefined();
});

it("uses a token without a known end until the API refuses it", () => {
  begin(undefined);
  expect(session.bearer(Number.MAX_SAFE_INTEGER)).toBe("t");
});

it("has no token before a sign-in", () => {
  expect(session.bearer()).toBeUndefined();
});

it("leaves once for many failing requests, which never settle", async () => {
  begin(60);
  vi.setSystemTime(2_000_000);
  const requests = [session.ended(false), session.ended(false), session.ended(true)];
  expect(await Promise.all(requests.map(settled))).toEqual([false, false, false]);
  expect(leave).toHaveBeenCalledTimes(1);
  expect(leave).toHaveBeenCalledWith({ silent: true });
});

it("doesn't leave again when the API refuses the token that it has just got", async () => {
  begin(3600);
  vi.setSystemTime(1_000_000 + 59_000);
  expect(await settled(session.ended(true))).toBe(true);
  expect(leave).not.toHaveBeenCalled();
  vi.setSystemTime(1_000_000 + 61_000);
  expect(await settled(session.ended(true))).toBe(false);
  expect(leave).toHaveBeenCalledTimes(1);
});

it.each([
  ["a dialog is open", { dialog: true }],
  ["something is being typed", { activeElement: Object.assign(new Field(), { value: "asked by phone" }) }],
  ["a longer text is being typed", { activeElement: Object.assign(new TextArea(), { value: "asked by phone" }) }],
  ["there is no connection", { onLine: false }],
])("stays on the page while %s", async (_, page) => {
  onPage(page);
  expect(await settled(session.ended(false))).toBe(true);
  expect(leave).not.toHaveBeenCalled();
});

it("leaves while a search is in its field, which the history entry has", async () => {
  onPage({ activeElement: Object.assign(new Field(), { type: "search", value: "ysolde" }) });
  expect(await settled(session.ended(false))).toBe(false);
});

it("can be tried again after leaving has failed", async () => {
  leave.mockResolvedValueOnce(undefined);
  expect(await settled(session.signIn({ silent: false }))).toBe(true);
  expect(await settled(session.signIn({ silent: false }))).toBe(false);
  expect(leave).toHaveBeenCalledTimes(2);
});

it("takes along what the page has in memory, and what came with the sign-in before", () => {
  begin(60, { drafts: { "edit a": 1 }, selections: "old" });
  session.takeAlong("selections", () => "new");
  expect(session.takenAlong()).toEqual({ drafts: { "edit a": 1 }, selections: "new" });
  expect(session.broughtBack("drafts")).toEqual({ "edit a": 1 });
});
