import * as oauth from "oauth4webapi";
import { put, stepsBack, take, takeAny, type Config, type Pending } from "./pending";
import { begin, returned, stop, takenAlong } from "./session";

/** What a sign-in has brought. */
export type Returned = {
  token: string;
  /** How long the token lives, where the issuer says so. */
  seconds: number | undefined;
  config: Config;
  server: oauth.AuthorizationServer;
  skew: number;
  kept: Record<string, unknown>;
};

/** How to sign in: without a page of the issuer if it knows the browser, or with one; as who was asked, or newly. */
export type SignIn = { silent: boolean; prompt?: "login"; maxAge?: number | undefined };

/** Why nobody can sign in: the configuration says it. */
class Unconfigured extends Error {}

const redirectUri = () => `${location.origin}/signed-in`;
const clientOf = ({ clientId }: Config, skew: number): oauth.Client => ({ client_id: clientId, [oauth.clockSkew]: skew });

/** An issuer on this machine may do without TLS; the server takes no other such address. */
const insecure = ({ issuer }: Config) => ({ [oauth.allowInsecureRequests]: issuer.startsWith("http:") });

/** Reads who signs in administrators. */
async function findIssuer(): Promise<Pick<Returned, "config" | "server" | "skew">> {
  const known = returned();
  if (known) return known;
  const answer = await fetch("/config.json");
  const config = (await answer.json()) as Config & { problem?: string };
  if (config.problem) throw new Unconfigured(config.problem);
  const issuer = new URL(config.issuer);
  const response = await oauth.discoveryRequest(issuer, insecure(config));
  const date = Date.parse(answer.headers.get("Date") ?? "");
  const skew = Number.isNaN(date) ? 0 : Math.round((date - Date.now()) / 1000);
  return { config, server: await oauth.processDiscoveryResponse(issuer, response), skew };
}

/** Who the token is for. As RFC 8707 has it that is an address; others take any name as audience. */
function audienceOf({ audience }: Config): Record<string, string> {
  if (!audience) return {};
  return URL.canParse(audience) ? { audience, resource: audience } : { audience };
}

async function addressOf({ config, server, state, verifier, nonce, silent, maxAge }: Pending, prompt: string | undefined): Promise<string> {
  if (!server.authorization_endpoint) throw new Error("The issuer has no authorization endpoint.");
  const address = new URL(server.authorization_endpoint);
  const asked = silent ? "none" : prompt;
  const parameters = {
    response_type: "code",
    client_id: config.clientId,
    redirect_uri: redirectUri(),
    scope: [...new Set(["openid", ...config.scope.split(" ")])].join(" "),
    state,
    nonce,
    code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
    code_challenge_method: "S256",
    ...audienceOf(config),
    ...(asked ? { prompt: asked } : {}),
    ...(maxAge === undefined ? {} : { max_age: String(maxAge) }),
  };
  for (const [name, value] of Object.entries(parameters)) address.searchParams.set(name, value);
  return address.href;
}

/**
 * Leaves to the issuer, for good: only its failure settles.
 *
 * A silent sign-in takes the history entry of the page, which is restored. For one with pages of the issuer, they come
 * after that entry, so that the way back leads before them.
 */
async function depart(how: SignIn, found: Pick<Returned, "config" | "server" | "skew">, kept: Record<string, unknown>): Promise<never> {
  const pending: Pending = {
    state: oauth.generateRandomState(),
    verifier: oauth.generateRandomCodeVerifier(),
    nonce: oauth.generateRandomNonce(),
    config: found.config,
    server: found.server,
    skew: found.skew,
    silent: how.silent,
    maxAge: how.maxAge,
    path: location.pathname + location.search + location.hash,
    entry: history.state,
    kept,
    entries: 0,
    begun: Date.now(),
  };
  const address = await addressOf(pending, how.prompt);
  if (!how.silent) history.pushState(history.state, "", pending.path);
  put(sessionStorage, { ...pending, entries: history.length - 1 });
  // Back may show the page as it was, with a session that is over.
  addEventListener("pageshow", ({ persisted }) => persisted && location.reload());
  location.replace(address);
  return new Promise<never>(() => {});
}

export async function leave(how: SignIn): Promise<void> {
  try {
    // A sign-in that has to be fresh is for a change that was refused.
    const kept = how.maxAge === undefined ? takenAlong() : { ...takenAlong(), asked: true };
    await depart(how, await findIssuer(), kept);
  } catch (error) {
    stopFor(error);
  }
}

/** Goes on where the browser is: with the issuer's answer, on the way back from it, or at the beginning. */
export async function arrive(answer: string | undefined): Promise<void> {
  try {
    if (answer === undefined) await comeToPage();
    else await takeAnswer(new URLSearchParams(answer));
  } catch (error) {
    stopFor(error);
  }
}

async function comeToPage(): Promise<void> {
  const pending = takeAny(sessionStorage);
  if (pending?.answer !== undefined) return finish(pending, new URLSearchParams(pending.answer));
  // The way back from the issuer's page leads here: it would lead nowhere if it led there again.
  if (pending && !pending.silent) return stop("ended");
  return depart({ silent: true }, await findIssuer(), {});
}

/** The answers to a silent sign-in that say that the issuer has to show a page. */
const wantsPage = new Set(["login_required", "interaction_required", "consent_required", "account_selection_required"]);

async function takeAnswer(answer: URLSearchParams): Promise<void> {
  const pending = take(sessionStorage, answer.get("state") ?? "");
  if (!pending) return stop("foreign");
  const steps = stepsBack(pending, history.length);
  if (steps > 0) {
    put(sessionStorage, { ...pending, answer: answer.toString() });
    history.replaceState(null, "", pending.path);
    history.go(-steps);
    return new Promise<never>(() => {});
  }
  history.replaceState(pending.entry, "", pending.path);
  try {
    await finish(pending, answer);
  } catch (error) {
    if (pending.silent && error instanceof oauth.AuthorizationResponseError && wantsPage.has(error.error)) await depart({ silent: false }, pending, pending.kept);
    throw error;
  }
}

/** Changes the code of the answer into a token. It refuses an answer of another issuer, or to another question. */
async function finish(pending: Pending, answer: URLSearchParams): Promise<void> {
  const { config, server, skew, kept } = pending;
  const client = clientOf(config, skew);
  const checked = oauth.validateAuthResponse(server, client, answer, pending.state);
  const response = await oauth.authorizationCodeGrantRequest(server, client, oauth.None(), checked, redirectUri(), pending.verifier, {
    additionalParameters: audienceOf(config),
    ...insecure(config),
  });
  const result = await oauth.processAuthorizationCodeResponse(server, client, response, {
    expectedNonce: pending.nonce,
    requireIdToken: true,
    ...(pending.maxAge === undefined ? {} : { maxAge: pending.maxAge }),
  });
  begin({ token: result.access_token, seconds: result.expires_in, config, server, skew, kept });
}

/** Shows why there is no sign-in. */
function stopFor(error: unknown): void {
  if (error instanceof Unconfigured) return stop("unconfigured", error.message);
  if (error instanceof oauth.AuthorizationResponseError) return stop("denied", error.error_description ?? error.error);
  if (error instanceof oauth.ResponseBodyError) return stop("invalid", error.error_description ?? error.error);
  if (error instanceof oauth.OperationProcessingError || error instanceof oauth.UnsupportedOperationError) return stop("invalid", error.message);
  return stop("unreachable");
}

/**
 * Ends the session at the issuer, which may ask whether that is meant: the token that would tell it who asks doesn't
 * belong in an address. Its answer leads to the page that says so.
 */
export function endSession(session: Returned | undefined): void {
  sessionStorage.clear();
  const done = `${location.origin}/signed-out`;
  const endpoint = session?.server.end_session_endpoint;
  if (!session || !endpoint) return location.assign(done);
  const address = new URL(endpoint);
  // The second name of the address to come back to is Cognito's.
  const parameters = { client_id: session.config.clientId, post_logout_redirect_uri: done, logout_uri: done };
  for (const [name, value] of Object.entries(parameters)) address.searchParams.set(name, value);
  location.assign(address);
}
