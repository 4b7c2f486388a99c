import type { AuthorizationServer } from "oauth4webapi";

/** What the dashboard is told of the issuer. */
export type Config = { issuer: string; clientId: string; scope: string; audience?: string; place?: string };

/** A sign-in that was begun: who was asked and what for, and where to come back to. */
export type Pending = {
  state: string;
  verifier: string;
  nonce: string;
  config: Config;
  server: AuthorizationServer;
  /** Seconds by which the server's clock is ahead. */
  skew: number;
  /** Asked for without a page of the issuer. */
  silent: boolean;
  maxAge?: number | undefined;
  /** The page that was left, its history entry, and what it had in memory. */
  path: string;
  entry: unknown;
  kept: Record<string, unknown>;
  /** How many history entries there were up to that page; the issuer's pages follow them. */
  entries: number;
  /** What the issuer answered, on the way back to the page. */
  answer?: string;
  begun: number;
};

/** The part of Storage that is used. */
export type Store = Pick<Storage, "getItem" | "setItem" | "removeItem" | "key" | "length">;

const prefix = "sign-in ";

/** Milliseconds after which a sign-in is over. The values that it kept go with it. */
const tooOld = 15 * 60_000;

function keysOf(store: Store): string[] {
  return Array.from({ length: store.length }, (_, index) => store.key(index) ?? "").filter((key) => key.startsWith(prefix));
}

export function forget(store: Store): void {
  for (const key of keysOf(store)) store.removeItem(key);
}

/** Keeps a sign-in under its state. A tab has one at a time. */
export function put(store: Store, pending: Pending): void {
  forget(store);
  store.setItem(prefix + pending.state, JSON.stringify(pending));
}

/** Removes the sign-in with the state, and returns it. */
export function take(store: Store, state: string, now = Date.now()): Pending | undefined {
  const text = store.getItem(prefix + state);
  store.removeItem(prefix + state);
  const pending = text ? (JSON.parse(text) as Pending) : undefined;
  return pending && now - pending.begun < tooOld ? pending : undefined;
}

/** Removes the sign-in that this tab has begun, and returns it. */
export function takeAny(store: Store, now = Date.now()): Pending | undefined {
  const [key] = keysOf(store);
  return key === undefined ? undefined : take(store, key.slice(prefix.length), now);
}

/** Browsers keep this many entries: with more, they can't be counted. */
const mostEntries = 50;

/**
 * How many entries to go back so that the issuer's pages are behind, from the entry in which the issuer's answer came.
 * It is 0 where the answer came in the entry of the page itself, or where the entries can't be counted.
 */
export function stepsBack(pending: Pending, length: number): number {
  return pending.silent || length >= mostEntries ? 0 : Math.max(0, length - pending.entries);
}
