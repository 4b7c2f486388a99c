import type { Schema } from "../api/client";
import { count } from "../words";
import { nobody } from "./nobody";

/** What a list shows: all customers in a state, or those that match a search. */
export type Filter = { state: "active" | "deleted"; search: string };

/** What is selected of a list: some by their ids, or all that a filter shows but a few. */
export type Selection = { all: false; ids: ReadonlySet<string> } | { all: true; filter: Filter; except: ReadonlySet<string> };

export { nobody } from "./nobody";

/** What the API takes in one request. */
export const mostIds = 5000;
export const mostExceptions = 1000;

export function isSelected(selection: Selection, id: string): boolean {
  return selection.all ? !selection.except.has(id) : selection.ids.has(id);
}

export function isEmpty(selection: Selection): boolean {
  return !selection.all && selection.ids.size === 0;
}

function changed(set: ReadonlySet<string>, ids: readonly string[], present: boolean): ReadonlySet<string> {
  const next = new Set(set);
  for (const id of ids) {
    if (present) next.add(id);
    else next.delete(id);
  }
  return next;
}

/** Ticks or unticks customers. */
export function mark(selection: Selection, ids: readonly string[], on: boolean): Selection {
  return selection.all
    ? { ...selection, except: changed(selection.except, ids, !on) }
    : { all: false, ids: changed(selection.ids, ids, on) };
}

export function everybody(filter: Filter): Selection {
  return { all: true, filter, except: new Set() };
}

/** Ids from one row to another, both included, in the order of the page. */
export function range(page: readonly string[], from: string, to: string): readonly string[] {
  const [a, b] = [page.indexOf(from), page.indexOf(to)];
  if (a < 0 || b < 0) return [to];
  return page.slice(Math.min(a, b), Math.max(a, b) + 1);
}

/** What the box in the head shows of a page. */
export function pageState(selection: Selection, page: readonly string[]): "none" | "mixed" | "all" {
  const ticked = page.filter((id) => isSelected(selection, id)).length;
  if (ticked === 0) return isEmpty(selection) ? "none" : "mixed";
  return ticked === page.length ? "all" : "mixed";
}

/** A selection of all that a filter showed means nothing under another filter: it is cleared, and that has to be said. */
export function underFilter(selection: Selection, filter: Filter): { selection: Selection; cleared: boolean } {
  if (!selection.all) return { selection, cleared: false };
  const same = selection.filter.state === filter.state && selection.filter.search === filter.search;
  return same ? { selection, cleared: false } : { selection: nobody, cleared: true };
}

/** How many are selected; undefined where nobody knows, as under a search. */
export function sizeOf(selection: Selection, total: number | undefined): number | undefined {
  if (!selection.all) return selection.ids.size;
  if (selection.filter.search !== "" || total === undefined) return undefined;
  return Math.max(0, total - selection.except.size);
}

/** The selection in words, as the page of its operation tells it. */
export function inWords(selection: Selection): string {
  if (!selection.all) return "Selected one by one";
  const { state, search } = selection.filter;
  const all = search ? `All that match “${search}”${state === "deleted" ? " in the trash" : ""}` : state === "deleted" ? "Everybody in the trash" : "All active customers";
  return selection.except.size > 0 ? `${all}, ${count(selection.except.size)} left out` : all;
}

/** Why the API would not take the selection, in words; undefined if it takes it. */
export function tooMany(selection: Selection): string | undefined {
  if (!selection.all && selection.ids.size > mostIds) return "At most 5,000 single customers at a time. Select all, and untick those to leave out.";
  if (selection.all && selection.except.size > mostExceptions) return "At most 1,000 can be left out of all. Select fewer by hand.";
  return undefined;
}

/** The selection as the API takes it. */
export function forAPI(selection: Selection): Schema<"Selection"> {
  if (!selection.all) return { ids: [...selection.ids] };
  const exclude = selection.except.size > 0 ? { exclude: [...selection.except] } : {};
  if (selection.filter.state === "deleted" && selection.filter.search === "") return { trash: true, ...exclude };
  const search = selection.filter.search === "" ? {} : { search: selection.filter.search };
  return { filter: { state: selection.filter.state, ...search }, ...exclude };
}
