import { useEffect, useRef, type KeyboardEvent, type ReactNode } from "react";
import { Link } from "react-router";
import type { ListedCustomer } from "../state/queries";
import { isEmpty, isSelected, mark, nobody, everybody, pageState, range, type Filter, type Selection } from "../state/selection";
import { count, nameOf } from "../words";
import { Flags } from "./basic";
import { Icon } from "./icon";
import { Menu, type Item } from "./menu";

export type Column = {
  key: string;
  head: string;
  cell: (customer: ListedCustomer) => ReactNode;
  /** Numbers are aligned right. */
  right?: boolean;
};

type TableProps = {
  caption: string;
  customers: ListedCustomer[];
  columns: Column[];
  filter: Filter;
  /** All that the filter shows; undefined where nobody knows. */
  total: number | undefined;
  selection: Selection;
  select: (selection: Selection) => void;
  menu: (customer: ListedCustomer) => Item[][];
  /** One action beside the menu. */
  action?: (customer: ListedCustomer) => ReactNode;
  /** Shown below the name on small screens. */
  second: (customer: ListedCustomer) => ReactNode;
  /** Rows of the page before, while the next one comes. */
  stale: boolean;
  trash?: boolean;
};

/** A page of customers: boxes, names as links, a menu a row. */
export function CustomerTable(props: TableProps) {
  const { customers, columns, selection, select, stale } = props;
  const ids = customers.map((customer) => customer.id);
  const from = useRef<string>(undefined);
  const body = useRef<HTMLTableSectionElement>(null);
  useFocusKept(body, ids);
  const tick = (id: string, shift: boolean) => {
    const on = !isSelected(selection, id);
    select(mark(selection, shift && from.current ? range(ids, from.current, id) : [id], on));
    from.current = id;
  };
  const remove = (id: string) => {
    const customer = customers.find((each) => each.id === id);
    const item = customer && props.menu(customer).flat().find(({ detail }) => detail === "Del");
    item?.run?.();
  };
  return (
    <table className={["table customers", stale && "stale", props.trash && "trash"].filter(Boolean).join(" ")} role="table" aria-busy={stale}>
      <caption className="visually-hidden">{props.caption}</caption>
      <thead role="rowgroup">
        <tr role="row">
          <th role="columnheader" scope="col" className="c-box">
            <HeadBox {...props} ids={ids} />
          </th>
          <th role="columnheader" scope="col" className="c-name">
            Customer
          </th>
          {columns.map((column) => (
            <th key={column.key} role="columnheader" scope="col" className={`c-${column.key}${column.right ? " right" : ""}`}>
              {column.head}
            </th>
          ))}
          {props.action && (
            <th role="columnheader" scope="col" className="c-action">
              <span className="visually-hidden">Action</span>
            </th>
          )}
          <th role="columnheader" scope="col" className="c-menu">
            <span className="visually-hidden">Menu</span>
          </th>
        </tr>
      </thead>
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions -- keys of the rows, whose links and boxes have the focus */}
      <tbody role="rowgroup" ref={body} onKeyDown={(event) => rowKeys(event, tick, (id) => remove(id))}>
        {customers.map((customer) => (
          <Row key={customer.id} customer={customer} ticked={isSelected(selection, customer.id)} tick={tick} {...props} />
        ))}
      </tbody>
    </table>
  );
}

type RowProps = Pick<TableProps, "columns" | "menu" | "action" | "second" | "trash"> & {
  customer: ListedCustomer;
  ticked: boolean;
  tick: (id: string, shift: boolean) => void;
};

function Row({ customer, columns, menu, action, second, trash, ticked, tick }: RowProps) {
  const name = nameOf(customer);
  const { id } = customer;
  return (
    <tr role="row" data-id={id} className={ticked ? "selected" : undefined}>
      <td role="cell" className="c-box">
        <label className="box">
          <input
            type="checkbox"
            aria-label={`Select ${name}`}
            checked={ticked}
            onClick={(event) => tick(id, event.shiftKey)}
            onChange={() => {
              /* the press says whether Shift is held, the change doesn't */
            }}
          />
        </label>
      </td>
      <th role="rowheader" scope="row" className="c-name">
        <span className="name">
          <Link to={`/customers/${id}`} title={name}>
            {name}
          </Link>
          <Flags of={customer} trashIsPlain={trash === true} />
        </span>
        <span className="second">{second(customer)}</span>
      </th>
      {columns.map((column) => (
        <td key={column.key} role="cell" className={`c-${column.key}${column.right ? " right" : ""}`}>
          {column.cell(customer)}
        </td>
      ))}
      {action && (
        <td role="cell" className="c-action">
          {action(customer)}
        </td>
      )}
      <td role="cell" className="c-menu">
        <Menu label={`Actions for ${name}`} subject={name} className="button quiet dots" groups={menu(customer)}>
          <Icon name="more" />
        </Menu>
      </td>
    </tr>
  );
}

function HeadBox({ selection, select, ids, filter, total }: TableProps & { ids: string[] }) {
  const state = pageState(selection, ids);
  const box = useRef<HTMLInputElement>(null);
  useEffect(() => {
    if (box.current) box.current.indeterminate = state === "mixed";
  }, [state]);
  const everyone = filter.search ? { label: "All that match" } : { label: "All", ...(total === undefined ? {} : { detail: count(total) }) };
  const choices: Item[][] = [
    [
      { label: "All on this page", detail: count(ids.length), run: () => select(mark(selection, ids, true)) },
      { ...everyone, run: () => select(everybody(filter)) },
    ],
    [{ label: "None", run: () => select(nobody) }],
  ];
  return (
    <>
      <label className="box">
        <input
          ref={box}
          type="checkbox"
          aria-label="Select all on this page"
          checked={state === "all"}
          onChange={() => select(state === "all" && !selection.all ? mark(selection, ids, false) : state === "all" ? nobody : mark(selection, ids, true))}
        />
      </label>
      <Menu label={isEmpty(selection) ? "Select" : "Change the selection"} className="button quiet caret" groups={choices}>
        <Icon name="down" />
      </Menu>
    </>
  );
}

/** j and k move between rows, x ticks, the dot opens the menu, Del asks to delete what is selected or, where nothing is, the row. */
function rowKeys(event: KeyboardEvent<HTMLElement>, tick: (id: string, shift: boolean) => void, remove: (id: string) => void): void {
  if (event.ctrlKey || event.metaKey || event.altKey || localStorage.getItem("keys") === "off") return;
  const row = (event.target as HTMLElement).closest<HTMLElement>("tr[data-id]");
  if (!row || (event.target as HTMLElement).closest("[popover]")) return;
  const key = event.key.toLowerCase();
  if (key === "x" && row.dataset["id"]) tick(row.dataset["id"], event.shiftKey);
  if (key === "delete" && row.dataset["id"] && !document.querySelector(".dock")) remove(row.dataset["id"]);
  if (key === ".") row.querySelector<HTMLElement>(".dots")?.click();
  const to = key === "j" || key === "arrowdown" ? row.nextElementSibling : key === "k" || key === "arrowup" ? row.previousElementSibling : null;
  if (!(to instanceof HTMLElement)) return;
  event.preventDefault();
  to.querySelector<HTMLElement>("a")?.focus();
}

/** A row that had the focus keeps it where it moves to. Where it goes, the row that takes its place gets it. */
function useFocusKept(body: React.RefObject<HTMLTableSectionElement | null>, ids: string[]): void {
  const last = useRef({ at: -1, id: "" });
  useEffect(() => {
    const rows = body.current;
    if (!rows) return undefined;
    const note = (event: FocusEvent) => {
      const row = (event.target as HTMLElement).closest("tr");
      last.current = { at: row ? [...rows.children].indexOf(row) : -1, id: row?.dataset["id"] ?? "" };
    };
    rows.addEventListener("focusin", note);
    return () => rows.removeEventListener("focusin", note);
  }, [body]);
  const shown = ids.join(" ");
  useEffect(() => {
    const rows = body.current;
    const { at, id } = last.current;
    if (!rows || at < 0 || document.activeElement !== document.body) return;
    const moved = [...rows.children].find((row) => row instanceof HTMLElement && row.dataset["id"] === id);
    (moved ?? rows.children[Math.min(at, rows.children.length - 1)])?.querySelector<HTMLElement>("a")?.focus();
    // oxlint-disable-next-line react/exhaustive-effect-dependencies -- other rows are the reason to look
  }, [body, shown]);
}
