import { useQuery } from "@tanstack/react-query";
import { api, type Permission, type Schema } from "../api/client";

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

/** Tells what the administrator may do, so that the rest can be hidden. Until that is known, nothing is. */
export function useMay(): (permission: Permission) => boolean {
  const me = useMe();
  return (permission) => me?.permissions.includes(permission) ?? true;
}
