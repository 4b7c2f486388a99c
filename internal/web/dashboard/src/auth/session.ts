import { useSyncExternalStore } from "react";
import type { Returned, SignIn } from "./flow";

export type { SignIn } from "./flow";

/** Why the dashboard isn't shown. */
export type Why = "signed-out" | "ended" | "suspended" | "unconfigured" | "unreachable" | "foreign" | "denied" | "invalid" | "refused";
type View = { at: "starting" } | { at: "dashboard" } | { at: "stopped"; why: Why; detail?: string | undefined };

let view: View = { at: "starting" };
const listeners = new Set<() => void>();

export function show(next: View): void {
  view = next;
  for (const listener of listeners) listener();
}

export function stop(why: Why, detail?: string): void {
  show({ at: "stopped", why, detail });
}

export function showDashboard(): void {
  if (view.at === "starting") show({ at: "dashboard" });
}

export function useView(): View {
  return useSyncExternalStore(
    (changed) => {
      listeners.add(changed);
      return () => listeners.delete(changed);
    },
    () => view,
  );
}

/** What the issuer gave, in memory only: it ends with the page, and no script of another visit finds it. */
let session: (Returned & { began: number; ends: number }) | undefined;

/** A token is replaced this long before it ends, or when a quarter of its time is left. Milliseconds. */
const margin = 30_000;

export function begin(brought: Returned, now = Date.now()): void {
  const lifetime = (brought.seconds ?? Infinity) * 1000;
  session = { ...brought, began: now, ends: now + lifetime - Math.min(margin, lifetime / 4) };
}

export function returned(): Returned | undefined {
  return session;
}

/** The token, as long as it is good for a request. */
export function bearer(now = Date.now()): string | undefined {
  return session && now < session.ends ? session.token : undefined;
}

const keepers = new Map<string, () => unknown>();

/** Takes something along when the page is left to sign in again. It is called when that happens. */
export function takeAlong(name: string, now: () => unknown): void {
  keepers.set(name, now);
}

export function takenAlong(): Record<string, unknown> {
  return { ...session?.kept, ...Object.fromEntries([...keepers].map(([name, now]) => [name, now()])) };
}

/** What was taken along, after the sign-in. */
export function broughtBack<T>(name: string): T | undefined {
  return session?.kept[name] as T | undefined;
}

/** Whether leaving would lose what is being typed, or cover a question. */
function isBusy(): boolean {
  const focused = document.activeElement;
  const typing = focused instanceof HTMLTextAreaElement || (focused instanceof HTMLInputElement && !["checkbox", "radio", "search"].includes(focused.type));
  return document.querySelector("dialog[open]") !== null || (typing && focused.value !== "");
}

/** A token this young that the API refuses would be refused again. Milliseconds. */
const young = 60_000;

/**
 * Signs in again, without a click if the issuer still knows the browser. It settles only where that can't be: the page
 * is busy, or the API has just refused a token. For many failing requests the page is left once.
 */
export async function ended(answered: boolean): Promise<void> {
  if (answered && session && Date.now() - session.began < young) return stop("refused");
  if (!isBusy() && navigator.onLine) await signIn({ silent: true });
}

let leaving: Promise<void> | undefined;

/** Leaves to the issuer. It settles only if that fails. */
export async function signIn(how: SignIn): Promise<void> {
  leaving ??= import("./flow").then(({ leave }) => leave(how));
  try {
    await leaving;
  } finally {
    leaving = undefined;
  }
}

export async function signOut(): Promise<void> {
  const { endSession } = await import("./flow");
  const over = session;
  session = undefined;
  // Nothing of the dashboard is left to go back to.
  show({ at: "starting" });
  endSession(over);
}

/** Where the issuer sends the browser back to. */
const callback = "/signed-in";

/** Begins with a sign-in, or ends one. It tells whether there is a token; if not, something else is shown. */
export async function start(): Promise<boolean> {
  const answer = location.pathname === callback ? location.search : undefined;
  // The code is out of the address before anything else happens.
  if (answer !== undefined) history.replaceState(null, "", "/");
  if (location.pathname === "/signed-out") stop("signed-out");
  else await import("./flow").then(({ arrive }) => arrive(answer)).catch(() => stop("unreachable"));
  return session !== undefined;
}
