import { createContext, useContext, useEffect, useMemo, useState, type ReactNode } from "react";
import { broughtBack, takeAlong } from "../auth/session";
import { nobody } from "./nobody";
import type { Selection } from "./selection";

/** The lists that are selected from. Each keeps its selection while other pages are visited. */
export type ListName = "customers" | "trash";

type Selections = Record<ListName, Selection>;
type Value = { selections: Selections; select: (list: ListName, selection: Selection) => void };

const none: Selections = { customers: nobody, trash: nobody };
const Context = createContext<Value>({ selections: none, select: () => {} });

/** A selection as text can hold it, for the way to a sign-in and back. */
type Written = Omit<Selection, "ids" | "except"> & { chosen: string[] };

export function write(selection: Selection): Written {
  const { ids, except, ...rest } = { ids: undefined, except: undefined, ...selection };
  return { ...rest, chosen: [...(ids ?? except ?? [])] };
}

export function read({ chosen, ...rest }: Written): Selection {
  return { ...rest, [rest.all ? "except" : "ids"]: new Set(chosen) } as Selection;
}

function fromBefore(): Selections {
  const written = broughtBack<Record<ListName, Written>>("selections");
  return written ? { customers: read(written.customers), trash: read(written.trash) } : none;
}

export function SelectionKeeper({ children }: { children: ReactNode }) {
  const [selections, setSelections] = useState(fromBefore);
  useEffect(() => takeAlong("selections", () => ({ customers: write(selections.customers), trash: write(selections.trash) })), [selections]);
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
