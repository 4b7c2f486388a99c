import { useNavigate } from "react-router";
import { Link } from "react-router";
import { Button, Empty, Tag, Time } from "../parts/basic";
import { Icon } from "../parts/icon";
import { Failure } from "../parts/problem";
import { missing } from "../parts/columns";
import type { Column } from "../parts/table";
import { plan, useChange, useSettings, useTotals, type ListedCustomer } from "../state/queries";
import { TopBar } from "../shell";
import { days, exactly } from "../time";
import { actor, count, period } from "../words";
import { why } from "../reasons";
import { useCustomerActions } from "./actions";
import { CustomerList, NoMatch, type BulkAction } from "./list";

const bulk: BulkAction[] = [
  { action: "restore", label: "Restore…", icon: "back" },
  { action: "purge", label: "Permanently delete…", icon: "eraser", danger: true },
];

/** Days left at which a date is worth a look. */
const near = 3;

function timeLeft({ state, held, deletion }: ListedCustomer) {
  if (state === "purging") return <Tag look="danger" icon="eraser">Purging</Tag>;
  if (held) return <Tag look="outline" icon="lock">On hold</Tag>;
  if (!deletion?.purgeTime) return <span className="missing">for ever</span>;
  const left = deletion.daysLeft ?? 0;
  return (
    <time dateTime={deletion.purgeTime} title={exactly(deletion.purgeTime)} className={left <= near ? "near" : "left"}>
      {left <= 0 ? "due" : days(left)}
    </time>
  );
}

const columns: Column[] = [
  { key: "id", head: "ID", cell: (customer) => customer.id },
  { key: "deleted", head: "Deleted", cell: ({ deletion }) => deletion && <Time at={deletion.time} /> },
  { key: "by", head: "By", cell: ({ deletion }) => deletion && actor(deletion.by) },
  { key: "why", head: "Why", cell: ({ deletion }) => missing(deletion && why(deletion)) },
  { key: "timeleft", head: "Time left", right: true, cell: timeLeft },
];

export default function TrashPage() {
  const totals = useTotals();
  const total = totals.data?.trash;
  const actions = useCustomerActions();
  const navigate = useNavigate();
  const all = useChange(
    () => plan({ action: "purge", selection: { trash: true } }),
    () => "The plan is made.",
    (operation) => void navigate(`/operations/${operation.id}`, { state: { selection: "Everybody in the trash" } }),
  );
  return (
    <>
      <TopBar
        title="Deleted customers"
        total={total === undefined ? undefined : count(total)}
        actions={
          total !== 0 && actions.may.many("purge") && (
            <Button online look="danger" icon="eraser" className="add" aria-label="Permanently delete all…" onClick={() => all.mutate(undefined)}>
              <span>Permanently delete all…</span>
            </Button>
          )
        }
      />
      {all.error && (
        <div className="banner-note">
          <Failure what="The plan couldn’t be made." error={all.error} />
        </div>
      )}
      <CustomerList
        name="trash"
        fixed="deleted"
        columns={columns}
        total={total}
        aside={<Schedule />}
        bulk={() => bulk}
        menu={actions.menu}
        action={(customer) =>
          customer.state === "deleted" && actions.may("restore") && (
            <Button online look="quiet" size="bar" onClick={() => actions.restore(customer)}>
              Restore
            </Button>
          )
        }
        second={({ id, deletion }) => (deletion ? <>{<Time at={deletion.time} />} by {actor(deletion.by)}</> : id)}
        empty={
          <Empty icon="trash" title="The trash is empty">
            Deleted customers stay here until they are restored, or permanently deleted.
          </Empty>
        }
        noMatch={(clear, filter) => <NoMatch clear={clear} filter={filter} />}
      />
      {actions.dialog}
    </>
  );
}

function Schedule() {
  const { data } = useSettings();
  if (!data) return null;
  return (
    <span className="schedule">
      <Icon name="clock" />
      Permanent deletion: <Link to="/settings">{data.settings.retention === "never" ? "never by itself" : `after ${period(data.settings.retention)}`}</Link>
    </span>
  );
}
