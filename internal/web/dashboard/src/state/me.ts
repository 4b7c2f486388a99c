import { useQuery } from "@tanstack/react-query";
import { api, type Schema } from "../api/client";

/** Permissions can be changed at any time; the API has the last word. Milliseconds. */
const fresh = 60_000;

export const meQuery = {
  queryKey: ["me"],
  staleTime: fresh,
  queryFn: async ({ signal }: { signal: AbortSignal }) => (await api.get("/v1/me", { signal })).data,
};

/** The administrator who has signed in. */
export function useMe(): Schema<"Me"> | undefined {
  return useQuery(meQuery).data;
}
