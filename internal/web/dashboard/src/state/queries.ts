import { focusManager, QueryClient, keepPreviousData, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, Refusal, UNREACHABLE, type Schema } from "../api/client";
import { useAnnounce } from "./announce";
import { useMay } from "./may";
import { useMe } from "./me";
import { isMoving, stageOf, type Operation } from "./operation";
import type { Filter } from "./selection";

/** Whether trying again may help by itself. */
function isPassing(error: unknown): boolean {
  return error instanceof Refusal && (error.status === 503 || error.code === UNREACHABLE);
}

/** What is shown is looked at again when the tab is, and when its window gets the focus. */
function lookAgainAtFocus(): void {
  focusManager.setEventListener((look) => {
    const looked = () => look();
    for (const event of ["visibilitychange", "focus"]) addEventListener(event, looked);
    return () => {
      for (const event of ["visibilitychange", "focus"]) removeEventListener(event, looked);
    };
  });
}

export function newQueryClient(): QueryClient {
  lookAgainAtFocus();
  return new QueryClient({
    defaultOptions: {
      // A change that was asked for offline fails: made later, it would surprise.
      mutations: { networkMode: "always" },
      queries: {
        staleTime: 5_000,
        retry: (failures, error) => isPassing(error) && failures < 2,
        retryDelay: (failures, error) => (error instanceof Refusal && error.retryAfter ? error.retryAfter * 1000 : 1000 * 2 ** failures),
      },
    },
  });
}

export function useTotals() {
  return useQuery({ queryKey: ["totals"], enabled: useMay()("see"), queryFn: async ({ signal }) => (await api.get("/v1/totals", { signal })).data });
}

export type CustomerPage = Schema<"CustomerPage">;
export type ListedCustomer = Schema<"ListedCustomer">;

type Paging = { limit: number; cursor: string | undefined; first: number };

/**
 * A page of customers, with the number of its first one: while another page is loaded, both stay. Search text goes in a body,
 * never in an address.
 */
export function useCustomers(filter: Filter, paging: Paging) {
  return useQuery({
    queryKey: ["customers", filter, paging],
    placeholderData: keepPreviousData,
    queryFn: async ({ signal }): Promise<CustomerPage & { first: number }> => {
      const { first } = paging;
      const page = { limit: paging.limit, ...(paging.cursor ? { cursor: paging.cursor } : {}) };
      if (filter.search === "") return { ...(await api.get("/v1/customers", { query: { state: filter.state, ...page }, signal })).data, first };
      return { ...(await api.post("/v1/customers/search", { body: { search: filter.search, state: filter.state, ...page }, signal })).data, first };
    },
  });
}

export type Customer = Schema<"Customer">;

export function useCustomer(id: string) {
  return useQuery({
    queryKey: ["customer", id],
    queryFn: async ({ signal }) => {
      const { data, etag } = await api.get("/v1/customers/{id}", { path: { id }, signal });
      return { customer: data, etag };
    },
    // When the purge has ended, the certificate comes in the place of the customer.
    refetchInterval: ({ state }) => state.data?.customer.state === "purging" && !(state.error instanceof Refusal && state.error.code === "PURGED") && purgeLooks,
  });
}

export function useSettings() {
  return useQuery({
    queryKey: ["settings"],
    queryFn: async ({ signal }) => {
      const { data, etag } = await api.get("/v1/settings", { signal });
      return { settings: data, etag };
    },
  });
}

/** The rules of access, with a change that waits. Asked for only once it is known that one may: a refusal is an entry in the log. */
export function useAccess() {
  const known = useMe() !== undefined;
  return useQuery({
    queryKey: ["access"],
    enabled: useMay()("seeAccess") && known,
    queryFn: async ({ signal }) => {
      const { data, etag } = await api.get("/v1/access", { signal });
      return { access: data, etag };
    },
  });
}

/** Pauses between two looks at what moves, in milliseconds: at most twelve requests a minute, lists included. */
const firstLooks = 1_500;
const laterLooks = 7_500;
const listLooks = 30_000;
const purgeLooks = 5_000;
const soon = 4_000;

export function useOperation(id: string, looking = true) {
  return useQuery({
    queryKey: ["operation", id],
    queryFn: async ({ signal }): Promise<Operation> => (await api.get("/v1/operations/{operation}", { path: { operation: id }, signal })).data,
    refetchInterval: (query) => {
      const operation = query.state.data;
      if (looking && operation && stageOf(operation) === "waiting") return listLooks;
      if (!looking || !operation || !isMoving(stageOf(operation))) return false;
      const began = Date.parse(operation.retried ?? operation.applied ?? operation.created);
      return Date.now() - began < soon ? firstLooks : laterLooks;
    },
  });
}

export function useOperations(limit: number, cursor?: string) {
  return useQuery({
    queryKey: ["operations", limit, cursor],
    enabled: useMay()("seeOperations"),
    placeholderData: keepPreviousData,
    refetchInterval: listLooks,
    queryFn: async ({ signal }) => (await api.get("/v1/operations", { query: { limit, ...(cursor ? { cursor } : {}) }, signal })).data,
  });
}

/** What follows a change a moment later, and when it is looked at again, in milliseconds. */
const lagging = new Set<unknown>(["totals", "customers", "audit"]);
const lags = [900, 4_000];

/** Brings up to date whatever shows customers. */
export function useRefresh() {
  const client = useQueryClient();
  return async () => {
    await client.invalidateQueries({ predicate: (query) => query.queryKey[0] !== "operation" });
    for (const pause of lags) setTimeout(() => void client.invalidateQueries({ predicate: (query) => lagging.has(query.queryKey[0]) }), pause);
  };
}

/** One change. When it is made, everything is looked at again, and what was done is said. */
export function useChange<In, Out>(change: (input: In) => Promise<Out>, said: (output: Out, input: In) => string, then?: (output: Out) => void) {
  const refresh = useRefresh();
  const announce = useAnnounce();
  return useMutation({
    mutationFn: change,
    onSuccess: async (output, input) => {
      announce(said(output, input));
      then?.(output);
      await refresh();
    },
    // Somebody else has changed it: the page shows what it is now.
    onError: (error) => {
      if (error instanceof Refusal && error.code === "VERSION_MISMATCH") void refresh();
    },
  });
}

/** Plans an operation. Sent twice, as after a lost answer, it is planned once. */
export async function plan(body: Schema<"NewOperation">): Promise<Operation> {
  return (await api.post("/v1/operations", { body, idempotencyKey: crypto.randomUUID() })).data;
}
