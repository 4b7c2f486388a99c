import { bearer, ended, stop } from "../auth/session";
import type { components, paths } from "./schema";

export type Schema<Name extends keyof components["schemas"]> = components["schemas"][Name];
export type Problem = Schema<"Problem">;
export type Permission = Schema<"Grant">["permissions"][number];

type Method = "get" | "post" | "put" | "patch" | "delete";

/** The paths that have the method. */
type PathOf<M extends Method> = { [P in keyof paths]: paths[P] extends Record<M, object> ? P : never }[keyof paths];
type Operation<M extends Method, P extends keyof paths> = paths[P][M & keyof paths[P]];

type Parameters<O, In extends string> = O extends { parameters: Record<In, infer X> } ? X : never;
type Query<O> = O extends { parameters: { query?: infer X } } ? NonNullable<X> : never;
type Body<O> = O extends { requestBody?: { content: { "application/json": infer X } } } ? X : never;
type Json<R> = R extends { content: { "application/json": infer X } } ? X : undefined;
type Result<O> = O extends { responses: infer R } ? Json<R[keyof R & (200 | 201 | 202)]> : never;

type Call<O> = {
  path?: Parameters<O, "path">;
  query?: Query<O>;
  body?: Body<O>;
  /** The version that the change is bound to. */
  ifMatch?: string | undefined;
  idempotencyKey?: string;
  signal?: AbortSignal;
};

export type Answer<T> = { data: T; etag: string | undefined };

/** What the API refused, or a request that never reached it. */
export class Refusal extends Error {
  constructor(
    readonly code: string,
    readonly status: number,
    readonly problem: Problem | undefined,
    /** Seconds after which to try again. */
    readonly retryAfter: number | undefined,
  ) {
    super(code);
    this.name = "Refusal";
  }
}

/** Codes of refusals that are not the API's own. */
export const UNREACHABLE = "UNREACHABLE";
export const UNREADABLE = "UNREADABLE";

/** The refusal of a request without a token that is good. */
const UNAUTHENTICATED = "UNAUTHENTICATED";

/** Whether there is nothing with the id that was asked for; ids that nothing can have included. */
export function isMissing(error: unknown): boolean {
  return error instanceof Refusal && ["NOT_FOUND", "NO_OPERATION", "NO_CERTIFICATE", "INVALID", "NO_ROUTE"].includes(error.code);
}

/** The one place where a token joins a request. A request that would fail without one is not sent. */
async function authorization(): Promise<Record<string, string>> {
  const token = bearer();
  if (token) return { Authorization: `Bearer ${token}` };
  await ended(false);
  throw new Refusal(UNAUTHENTICATED, 401, undefined, undefined);
}

let clockOffset = 0;

/** The time by the server's clock, in milliseconds. */
export function serverNow(): number {
  return Date.now() + clockOffset;
}

function noteClock(response: Response): void {
  const date = Date.parse(response.headers.get("Date") ?? "");
  // The header has whole seconds, and the answer took a moment: a smaller difference says nothing.
  if (!Number.isNaN(date) && Math.abs(date - Date.now()) > 2000) clockOffset = date - Date.now();
}

function addressOf(path: string, parameters: object, query: object): string {
  let address = path;
  for (const [name, value] of Object.entries(parameters)) address = address.replace(`{${name}}`, encodeURIComponent(String(value)));
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) if (value !== undefined && value !== "") search.append(name, String(value));
  return search.size > 0 ? `${address}?${search.toString()}` : address;
}

function headersOf(request: { body?: unknown; ifMatch?: string | undefined; idempotencyKey?: string }): Record<string, string> {
  return {
    ...(request.body === undefined ? {} : { "Content-Type": "application/json" }),
    ...(request.ifMatch ? { "If-Match": request.ifMatch } : {}),
    ...(request.idempotencyKey ? { "Idempotency-Key": request.idempotencyKey } : {}),
  };
}

/** Sends a request with the token. It throws a Refusal for every answer that is not the one asked for. */
async function send(address: string, init: RequestInit & { headers?: Record<string, string> } = {}): Promise<Response> {
  const headers = { ...init.headers, ...(await authorization()) };
  const response = await fetch(address, { ...init, headers }).catch((error: unknown) => {
    if (init.signal?.aborted) throw error;
    throw new Refusal(UNREACHABLE, 0, undefined, undefined);
  });
  noteClock(response);
  if (response.ok) return response;
  const refusal = await refusalOf(response);
  if (refusal.code === UNAUTHENTICATED) await ended(true);
  if (refusal.code === "SUSPENDED") stop("suspended");
  throw refusal;
}

/** The codes of answers that the gateway makes, not the API. */
const gateway: Record<number, string> = { 401: UNAUTHENTICATED, 503: "UNAVAILABLE" };

async function refusalOf(response: Response): Promise<Refusal> {
  const retryAfter = Number(response.headers.get("Retry-After")) || undefined;
  if (!response.headers.get("Content-Type")?.startsWith("application/problem+json")) {
    return new Refusal(gateway[response.status] ?? UNREADABLE, response.status, undefined, retryAfter);
  }
  const problem = (await response.json()) as Problem;
  return new Refusal(problem.code, response.status, problem, retryAfter);
}

async function call<M extends Method, P extends PathOf<M>>(method: M, path: P, request: Call<Operation<M, P>>): Promise<Answer<Result<Operation<M, P>>>> {
  const response = await send(addressOf(path, request.path ?? {}, request.query ?? {}), {
    method: method.toUpperCase(),
    headers: headersOf(request),
    ...(request.body === undefined ? {} : { body: JSON.stringify(request.body) }),
    ...(request.signal ? { signal: request.signal } : {}),
  });
  const data = response.status === 204 ? undefined : await response.json();
  return { data: data as Result<Operation<M, P>>, etag: response.headers.get("ETag") ?? undefined };
}

export const api = {
  get: <P extends PathOf<"get">>(path: P, request: Call<Operation<"get", P>> = {}) => call("get", path, request),
  post: <P extends PathOf<"post">>(path: P, request: Call<Operation<"post", P>> = {}) => call("post", path, request),
  put: <P extends PathOf<"put">>(path: P, request: Call<Operation<"put", P>> = {}) => call("put", path, request),
  patch: <P extends PathOf<"patch">>(path: P, request: Call<Operation<"patch", P>> = {}) => call("patch", path, request),
  delete: <P extends PathOf<"delete">>(path: P, request: Call<Operation<"delete", P>> = {}) => call("delete", path, request),
};

/** Brings a file of lines, and the address of its next part. */
export async function lines(address: string): Promise<{ text: string; next: string | undefined }> {
  const response = await send(address);
  const next = /<([^>]+)>; rel="next"/.exec(response.headers.get("Link") ?? "")?.[1];
  return { text: await response.text(), next };
}

/** Sends a file of lines to an import, and returns the result. */
export async function upload(path: "/v1/imports/customers" | "/v1/imports/records", query: object, type: "text/csv" | "application/x-ndjson", body: string, signal: AbortSignal): Promise<Schema<"Import">> {
  const response = await send(addressOf(path, {}, query), { method: "POST", headers: { "Content-Type": type }, body, signal });
  return (await response.json()) as Schema<"Import">;
}
