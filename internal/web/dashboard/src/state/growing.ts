import { useInfiniteQuery } from "@tanstack/react-query";
import { api, type Schema } from "../api/client";

// Lists that grow in place, page after page.

/** Records of one kind, page after page. */
export function useRecords(id: string, kind: string, limit: number) {
  return useInfiniteQuery({
    queryKey: ["records", id, kind, limit],
    initialPageParam: "",
    queryFn: async ({ pageParam, signal }) =>
      (await api.get("/v1/customers/{id}/records", { path: { id }, query: { kind, limit, ...(pageParam ? { cursor: pageParam } : {}) }, signal })).data,
    getNextPageParam: (last) => last.nextCursor,
  });
}

export function useAudit(id: string) {
  return useInfiniteQuery({
    queryKey: ["audit", id],
    initialPageParam: "",
    queryFn: async ({ pageParam, signal }) =>
      (await api.get("/v1/customers/{id}/audit", { path: { id }, query: { limit: 50, ...(pageParam ? { cursor: pageParam } : {}) }, signal })).data,
    getNextPageParam: (last) => last.nextCursor,
  });
}

export type Outcome = Schema<"Item">["outcome"];

export function useItems(id: string, outcome: Outcome, enabled: boolean) {
  return useInfiniteQuery({
    queryKey: ["items", id, outcome],
    enabled,
    initialPageParam: "",
    queryFn: async ({ pageParam, signal }) =>
      (await api.get("/v1/operations/{operation}/items", { path: { operation: id }, query: { outcome, limit: 50, ...(pageParam ? { cursor: pageParam } : {}) }, signal })).data,
    getNextPageParam: (last) => last.nextCursor,
  });
}

export function useCertificates() {
  return useInfiniteQuery({
    queryKey: ["certificates"],
    initialPageParam: "",
    queryFn: async ({ pageParam, signal }) => (await api.get("/v1/certificates", { query: { limit: 50, ...(pageParam ? { cursor: pageParam } : {}) }, signal })).data,
    getNextPageParam: (last) => last.nextCursor,
  });
}
