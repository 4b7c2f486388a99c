import { useQuery } from "@tanstack/react-query";
import { whoAmI, type Me } from "../api/client";

/** Permissions can be changed at any time; the API has the last word. Milliseconds. */
const fresh = 60_000;

export const meQuery = { queryKey: ["me"], queryFn: whoAmI, staleTime: fresh };

/** The administrator who has signed in. */
export function useMe(): Me | undefined {
  return useQuery(meQuery).data;
}
