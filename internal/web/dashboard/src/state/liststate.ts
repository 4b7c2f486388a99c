import { useLocation, useNavigate, useSearchParams } from "react-router";
import type { Filter } from "./selection";

export const pageSizes = [25, 50, 100, 200];

/** What of a list stands in the history entry and never in an address: the search text and the cursors of the pages before. */
type Kept = { search: string; cursors: string[] };

type ListState = { filter: Filter; limit: number; cursors: string[] };

function keptOf(state: unknown): Kept {
  const kept = (state as { list?: Partial<Kept> } | null)?.list;
  return { search: kept?.search ?? "", cursors: kept?.cursors ?? [] };
}

/** The filter, the page size and the page of a list, as address and history entry say, and how to change them. */
export function useListState(fixed?: Filter["state"]) {
  const location = useLocation();
  const navigate = useNavigate();
  const [parameters] = useSearchParams();
  const { search, cursors } = keptOf(location.state);
  const state: ListState = {
    filter: { state: fixed ?? (parameters.get("state") === "deleted" ? "deleted" : "active"), search },
    limit: pageSizes.find((size) => size === Number(parameters.get("limit"))) ?? 50,
    cursors,
  };
  const go = (next: Partial<Omit<ListState, "filter">> & { filter?: Filter }, replace = false) => {
    const to = { ...state, cursors: [], ...next };
    const query = new URLSearchParams();
    if (!fixed && to.filter.state === "deleted") query.set("state", "deleted");
    if (to.limit !== 50) query.set("limit", String(to.limit));
    void navigate({ search: query.toString() }, { replace, state: { list: { search: to.filter.search, cursors: to.cursors } } });
  };
  return { ...state, go };
}
