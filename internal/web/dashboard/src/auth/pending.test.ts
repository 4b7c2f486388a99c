import { expect, it } from "vitest";
import { MemoryStore, pendingOf } from "./fakes";
import { forget, put, stepsBack, take, takeAny } from "./pending";

it("keeps what was left under the state, and gives it back once", () => {
  const store = new MemoryStore();
  const pending = pendingOf({ entry: { usr: { list: { search: "ysolde", cursors: ["c"] } } } });
  put(store, pending);
  expect(store.key(0)).toBe("sign-in s1");
  expect(take(store, "s1", pending.begun)).toEqual(pending);
  expect(store.length).toBe(0);
  expect(take(store, "s1", pending.begun)).toBeUndefined();
});

it("knows no state that was not begun here", () => {
  const store = new MemoryStore();
  put(store, pendingOf({}));
  expect(take(store, "s2", 0)).toBeUndefined();
  expect(take(store, "", 0)).toBeUndefined();
  expect(store.length).toBe(1);
});

it("keeps one sign-in of a tab, and nothing of the others", () => {
  const store = new MemoryStore();
  store.setItem("import", "{}");
  put(store, pendingOf({}));
  put(store, pendingOf({ state: "s2" }));
  expect(store.length).toBe(2);
  expect(takeAny(store, 0)?.state).toBe("s2");
  put(store, pendingOf({ state: "s3" }));
  forget(store);
  expect(takeAny(store, 0)).toBeUndefined();
  expect(store.getItem("import")).toBe("{}");
});

it("ends a sign-in after a quarter of an hour, and removes what it kept", () => {
  const store = new MemoryStore();
  put(store, pendingOf({ begun: 1000 }));
  expect(take(store, "s1", 1000 + 15 * 60_000)).toBeUndefined();
  expect(store.length).toBe(0);
});

it.each([
  ["pages of the issuer", { entries: 3 }, 5, 2],
  ["a silent one, in the page's own entry", { entries: 3, silent: true }, 5, 0],
  ["the answer in the entry of the page", { entries: 3 }, 3, 0],
  ["entries that can't be counted, because the oldest are dropped", { entries: 49 }, 50, 0],
  ["fewer entries than before", { entries: 3 }, 2, 0],
])("goes back over the issuer's pages: %s", (_, part, length, steps) => {
  expect(stepsBack(pendingOf(part), length)).toBe(steps);
});
