import { createContext, useContext, useMemo, useState, type ReactNode } from "react";
import { nobody } from "./nobody";
import type { Selection } from "./selection";

/** The lists that are selected from. Each keeps its selection while other pages are visited. */
export type ListName = "customers" | "trash";

type Selections = Record<ListName, Selection>;
type Value = { selections: Selections; select: (list: ListName, selection: Selection) => void };

const none: Selections = { customers: nobody, trash: nobody };
const Context = createContext<Value>({ selections: none, select: () => {} });

export function SelectionKeeper({ children }: { children: ReactNode }) {
  const [selections, setSelections] = useState(none);
  const value = useMemo(
    () => ({ selections, select: (list: ListName, selection: Selection) => setSelections((all) => ({ ...all, [list]: selection })) }),
    [selections],
  );
  return <Context value={value}>{children}</Context>;
}

export function useSelection(list: ListName): [Selection, (selection: Selection) => void] {
  const { selections, select } = useContext(Context);
  return [selections[list], (selection) => select(list, selection)];
}
