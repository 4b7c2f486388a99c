import { beforeEach, expect, it, vi } from "vitest";
import { issuer, MemoryStore, pendingOf } from "./fakes";
import { put, type Pending } from "./pending";
import type * as Flow from "./flow";
import type * as Session from "./session";

let flow: typeof Flow;
let session: typeof Session;
let store: MemoryStore;
let shown: unknown;

const place = { pathname: "/", search: "", hash: "", origin: "https://lethe.example", href: "https://lethe.example/", replace: vi.fn<(url: string) => void>(), reload: vi.fn<() => void>() };
const entries = { length: 2, state: null as unknown, replaceState: vi.fn<(state: unknown, unused: string, url: string) => void>(), pushState: vi.fn<() => void>(), go: vi.fn<(steps: number) => void>() };
const fetched = vi.fn<(url: string, init?: RequestInit) => Promise<Response>>();

beforeEach(async () => {
  vi.resetModules();
  vi.clearAllMocks();
  store = new MemoryStore();
  vi.stubGlobal("location", place);
  vi.stubGlobal("history", entries);
  vi.stubGlobal("sessionStorage", store);
  vi.stubGlobal("fetch", fetched);
  vi.stubGlobal("addEventListener", vi.fn<() => void>());
  entries.length = 2;
  fetched.mockImplementation((url) => Promise.resolve(answerTo(url)));
  session = await import("./session");
  flow = await import("./flow");
  shown = undefined;
  vi.spyOn(session, "stop").mockImplementation((why, detail) => (shown = detail === undefined ? [why] : [why, detail]));
});

let claims: object = {};

function answerTo(url: string): Response {
  if (url === "/config.json") return Response.json({ ...pendingOf({}).config, place: "test" });
  if (url.startsWith(`${issuer}/.well-known/`)) return Response.json(pendingOf({}).server);
  if (url === `${issuer}/token`) return Response.json({ access_token: "t", token_type: "Bearer", expires_in: 3600, id_token: idToken() });
  throw new TypeError(`nothing answers at ${url}`);
}

function idToken(): string {
  const now = Math.floor(Date.now() / 1000);
  const payload = { iss: issuer, aud: "lethe-dashboard", sub: "u", iat: now, exp: now + 60, nonce: "n1", ...claims };
  return `${[{ alg: "RS256" }, payload].map((part) => Buffer.from(JSON.stringify(part)).toString("base64url")).join(".")}.AA`;
}

/** The issuer's answer to a sign-in that this tab has begun, and the page that is left then. */
async function answered(answer: Record<string, string>, part: Partial<Pending> = {}): Promise<void> {
  put(store, pendingOf({ silent: true, ...part }));
  void flow.arrive(new URLSearchParams({ state: "s1", iss: issuer, ...answer }).toString());
  await vi.waitFor(() => expect(shown ?? session.returned() ?? entries.go.mock.calls[0] ?? place.replace.mock.calls[0]).toBeDefined());
}

const tokenRequests = () => fetched.mock.calls.filter(([url]) => url === `${issuer}/token`).length;

it("asks the issuer with a challenge, a nonce and a state, and keeps what is left", async () => {
  Object.assign(place, { pathname: "/customers", search: "?limit=25" });
  entries.state = { usr: 1 };
  void flow.arrive(undefined);
  await vi.waitFor(() => expect(place.replace).toHaveBeenCalledTimes(1));
  const address = new URL(place.replace.mock.calls[0]?.[0] ?? "");
  const asked = Object.fromEntries(address.searchParams);
  expect(address.origin + address.pathname).toBe(`${issuer}/auth`);
  expect(asked).toMatchObject({ response_type: "code", client_id: "lethe-dashboard", redirect_uri: "https://lethe.example/signed-in", scope: "openid lethe/admin", code_challenge_method: "S256", prompt: "none" });
  const pending = JSON.parse(store.getItem(`sign-in ${asked["state"] ?? ""}`) ?? "") as Pending;
  expect(pending).toMatchObject({ nonce: asked["nonce"], path: "/customers?limit=25", entry: { usr: 1 }, silent: true });
  expect(asked["code_challenge"]).not.toContain(pending.verifier);
});

it("takes the token for the answer to its own question, and comes back to the entry", async () => {
  await answered({ code: "c" });
  expect(session.bearer()).toBe("t");
  expect(entries.replaceState).toHaveBeenCalledWith(pendingOf({}).entry, "", "/customers?limit=25");
  expect(store.length).toBe(0);
  const body = new URLSearchParams(fetched.mock.calls[0]?.[1]?.body as URLSearchParams);
  expect(Object.fromEntries(body)).toMatchObject({ code: "c", code_verifier: pendingOf({}).verifier, client_id: "lethe-dashboard" });
});

it("goes back over the issuer's pages before it takes the token", async () => {
  entries.length = 4;
  await answered({ code: "c" }, { silent: false, entries: 2 });
  expect(entries.go).toHaveBeenCalledWith(-2);
  expect(tokenRequests()).toBe(0);
  void flow.arrive(undefined);
  await vi.waitFor(() => expect(session.bearer()).toBe("t"));
  expect(store.length).toBe(0);
});

it("has the issuer show its page if that wants to, after the entry of the page", async () => {
  await answered({ error: "login_required" });
  expect(entries.pushState).toHaveBeenCalledTimes(1);
  expect(new URL(place.replace.mock.calls[0]?.[0] ?? "").searchParams.get("prompt")).toBeNull();
});

it.each<[string, Record<string, string>, Partial<Pending>, object, unknown[], number]>([
  ["an answer of another issuer", { code: "c", iss: "https://evil.example" }, {}, {}, ["invalid", 'unexpected "iss" (issuer) response parameter value'], 0],
  ["an answer without its issuer, where that one always says it", { code: "c", iss: "" }, {}, {}, ["invalid", 'response parameter "iss" (issuer) missing'], 0],
  ["an answer to a question that was not asked here", { code: "c", state: "forged" }, {}, {}, ["foreign"], 0],
  ["a token that was made for another sign-in", { code: "c" }, {}, { nonce: "other" }, ["invalid", 'unexpected ID Token "nonce" claim value'], 1],
  ["a token for another client", { code: "c" }, {}, { aud: "other" }, ["invalid", 'unexpected JWT "aud" (audience) claim value'], 1],
  ["an old sign-in where a fresh one was asked for", { code: "c" }, { maxAge: 300 }, { auth_time: 1 }, ["invalid", "too much time has elapsed since the last End-User authentication"], 1],
  ["what the issuer denies", { error: "access_denied", error_description: "You have no access." }, {}, {}, ["denied", "You have no access."], 0],
])("refuses %s", async (_, answer, part, claimed, why, requests) => {
  claims = claimed;
  await answered(answer, part);
  claims = {};
  expect(shown).toEqual(why);
  expect(session.bearer()).toBeUndefined();
  expect(tokenRequests()).toBe(requests);
  expect(place.replace).not.toHaveBeenCalled();
});

it("doesn't lead to the issuer again where Back leads to its dashboard", async () => {
  put(store, pendingOf({ silent: false }));
  await flow.arrive(undefined);
  expect(shown).toEqual(["ended"]);
  expect(store.length).toBe(0);
});

it("says that sign-in is not configured", async () => {
  fetched.mockResolvedValueOnce(Response.json({ problem: "ISSUER is not set." }));
  await flow.arrive(undefined);
  expect(shown).toEqual(["unconfigured", "ISSUER is not set."]);
});

it("says that the issuer can't be reached", async () => {
  fetched.mockRejectedValue(new TypeError("Failed to fetch"));
  await flow.arrive(undefined);
  expect(shown).toEqual(["unreachable"]);
});
