import "../list.css";
import { lazy, Suspense, useEffect, useState, type ReactNode } from "react";
import type { Schema } from "../api/client";
import { fieldProblem } from "../api/fields";
import { Button, Empty, Note, Skeleton } from "../parts/basic";
import type { IconName } from "../parts/icon";
import { Icon } from "../parts/icon";
import type { Item } from "../parts/menu";
import { Failure } from "../parts/problem";
import { CustomerTable, type Column } from "../parts/table";
import { useAnnounce } from "../state/announce";
import { useMay } from "../state/may";
import { useOffline } from "../state/online";
import { pageSizes, useListState } from "../state/liststate";
import { useCustomers, type ListedCustomer } from "../state/queries";
import { isEmpty, nobody, underFilter, type Filter } from "../state/selection";
import { useSelection, type ListName } from "../state/selections";
import { count } from "../words";

const loadDock = () => import("./dock");
const Dock = lazy(loadDock);

export type BulkAction = { action: Schema<"NewOperation">["action"]; label: string; icon: IconName; danger?: boolean };

type ListProps = {
  name: ListName;
  fixed?: Filter["state"];
  columns: Column[];
  total: number | undefined;
  tools?: (filter: Filter, change: (filter: Filter) => void) => ReactNode;
  aside?: ReactNode;
  bulk: (filter: Filter) => BulkAction[];
  menu: (customer: ListedCustomer) => Item[][];
  action?: (customer: ListedCustomer) => ReactNode;
  second: (customer: ListedCustomer) => ReactNode;
  empty: ReactNode;
  noMatch: (clear: () => void, filter: Filter) => ReactNode;
};

const clearedText = "Selection cleared. The filter has changed, and “all that match” meant the old one.";

/** A list of customers with search, selection and pages: the active ones, or the trash. */
export function CustomerList(props: ListProps) {
  const { filter, limit, cursors, go } = useListState(props.fixed);
  const page = useCustomers(filter, { limit, cursor: cursors.at(-1), first: cursors.length * limit + 1 });
  const [selection, select] = useSelection(props.name);
  const [said, setSaid] = useState<string>();
  const announce = useAnnounce();
  const may = useMay();
  const under = underFilter(selection, filter);
  const { cleared } = under;
  // Back changes the filter, too, so it is here and not where the filter is chosen.
  useEffect(() => {
    if (!cleared) return;
    select(nobody);
    // oxlint-disable-next-line react/set-state-in-effect -- the note stays after the selection is gone
    setSaid(clearedText);
    announce(clearedText);
    // oxlint-disable-next-line react-hooks/exhaustive-deps -- it happens once for each change of the filter
  }, [cleared]);
  // So that it is there at the first tick, also offline.
  useEffect(() => void loadDock().catch(() => undefined), []);
  const change = (next: Filter, replace = false) => go({ filter: next }, replace);
  const clear = () => change({ ...filter, state: props.fixed ?? "active", search: "" });
  const customers = page.data?.customers ?? [];
  const unsearchable = fieldProblem(page.error, "search");
  const shown = { filter, total: props.total, selection: under.selection, select: (next: typeof selection) => (setSaid(undefined), select(next)) };
  return (
    <div className="listpage">
      <div className="toolbar">
        <Search value={filter.search} change={(search) => change({ ...filter, search }, filter.search !== "")} />
        {props.tools?.(filter, change)}
        <div className="aside">{props.aside}</div>
      </div>
      {said && (
        <div className="banner-note">
          <Note icon="back">{said}</Note>
        </div>
      )}
      {unsearchable && <NoSearch clear={clear}>{unsearchable}</NoSearch>}
      {page.error && !unsearchable && (
        <div className="banner-note">
          <Failure what="Customers couldn’t be loaded." error={page.error} retry={() => void page.refetch()} />
        </div>
      )}
      {page.isPending && !page.error && <Skeleton rows={12} columns={5} />}
      {page.data && customers.length > 0 && (
        <CustomerTable
          caption={filter.state === "deleted" ? "Customers in the trash" : "Customers"}
          customers={customers}
          columns={props.columns}
          menu={props.menu}
          second={props.second}
          stale={page.isPlaceholderData}
          trash={props.fixed === "deleted"}
          {...(props.action ? { action: props.action } : {})}
          {...shown}
        />
      )}
      {page.data && customers.length === 0 && (cursors.length > 0 ? <EndOfList back={() => go({})} /> : filter.search ? props.noMatch(clear, filter) : props.empty)}
      <div className="foot">
        {!isEmpty(under.selection) && (
          <Suspense fallback={null}>
            <Dock {...shown} actions={props.bulk(filter).filter(({ action }) => may.many(action))} />
          </Suspense>
        )}
        {page.data && customers.length > 0 && (
          <Pager
            first={page.data.first}
            shown={customers.length}
            total={filter.search ? undefined : props.total}
            limit={limit}
            more={page.data.nextCursor !== undefined}
            setLimit={(size) => go({ limit: size })}
            toFirst={() => go({})}
            back={() => go({ cursors: cursors.slice(0, -1) })}
            next={() => page.data?.nextCursor && go({ cursors: [...cursors, page.data.nextCursor] })}
          />
        )}
      </div>
    </div>
  );
}

function EndOfList({ back }: { back: () => void }) {
  return (
    <div className="empty">
      <p>Nobody is left on this page of the list.</p>
      <Button onClick={back}>Go to the first page</Button>
    </div>
  );
}

export function NoMatch({ clear, filter }: { clear: () => void; filter: Filter }) {
  return (
    <Empty icon="search" title="No customer matches" actions={<Button onClick={clear}>Clear search and filter</Button>}>
      Search: “{filter.search}”.{filter.state === "deleted" ? " State: in trash." : ""} Words are found by their beginnings.
    </Empty>
  );
}

/** In the place of the list while the search is too short, say: that is no failure. */
function NoSearch({ clear, children }: { clear: () => void; children: ReactNode }) {
  return (
    <Empty icon="search" title="Nothing to search for yet" actions={<Button onClick={clear}>Clear search and filter</Button>}>
      {children}
    </Empty>
  );
}

const pause = 300;

function Search({ value, change }: { value: string; change: (text: string) => void }) {
  const [text, setText] = useState(value);
  // What the list was last asked for. It differs from the value where Back or a button has changed that.
  const [asked, setAsked] = useState(value);
  const [seen, setSeen] = useState(value);
  if (value !== seen) {
    setSeen(value);
    if (value !== asked) {
      setAsked(value);
      setText(value);
    }
  }
  useEffect(() => {
    if (text.trim() === asked) return undefined;
    const timer = setTimeout(() => {
      setAsked(text.trim());
      change(text.trim());
    }, pause);
    return () => clearTimeout(timer);
  });
  return (
    <search className="search">
      <Icon name="search" />
      <input
        type="search"
        aria-label="Search customers"
        placeholder="Name, e-mail or phone"
        value={text}
        onChange={(event) => setText(event.target.value)}
        onKeyDown={(event) => {
          if (event.key === "Escape" && text !== "") {
            event.preventDefault();
            setText("");
          }
        }}
      />
      <kbd aria-hidden="true">/</kbd>
    </search>
  );
}

type PagerProps = {
  first: number;
  shown: number;
  total: number | undefined;
  limit: number;
  more: boolean;
  setLimit: (limit: number) => void;
  toFirst: () => void;
  back: () => void;
  next: () => void;
};

function Pager({ first, shown, total, limit, more, setLimit, toFirst, back, next }: PagerProps) {
  const offline = useOffline();
  const atStart = first === 1 ? "This is the first page" : offline;
  const atEnd = more ? offline : "This is the last page";
  const from = `${count(first)}–${count(first + shown - 1)}`;
  return (
    <nav className="pager" aria-label="Pages of the list">
      <span className="span">{total === undefined ? from : `${from} of ${count(Math.max(total, first + shown - 1))}`}</span>
      <label>
        <span className="visually-hidden">Customers per page</span>
        <select value={limit} disabled={offline !== undefined} onChange={(event) => setLimit(Number(event.target.value))}>
          {pageSizes.map((size) => (
            <option key={size} value={size}>
              {size} per page
            </option>
          ))}
        </select>
      </label>
      <div className="actions">
        <Button look="quiet" unavailable={atStart} title={atStart} onClick={toFirst}>
          First
        </Button>
        <Button look="quiet" icon="left" unavailable={atStart} title={atStart} onClick={back}>
          Previous
        </Button>
        <Button look="quiet" className="next" unavailable={atEnd} title={atEnd} onClick={next}>
          Next
          <Icon name="right" />
        </Button>
      </div>
    </nav>
  );
}
