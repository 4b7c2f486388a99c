import type { Selection } from "./selection";

/** The selection of nobody: all that a page without a list needs of selections. */
export const nobody: Selection = { all: false, ids: new Set() };
