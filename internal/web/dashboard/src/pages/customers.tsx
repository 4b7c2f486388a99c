import { lazy, Suspense, useState } from "react";
import { useNavigate } from "react-router";
import { Button, ButtonLink, Empty } from "../parts/basic";
import { ColumnChooser, useColumns } from "../parts/columns";
import { Icon } from "../parts/icon";
import { Menu } from "../parts/menu";
import { useTotals } from "../state/queries";
import type { Filter } from "../state/selection";
import { TopBar } from "../shell";
import { count } from "../words";
import { useCustomerActions } from "./actions";
import { CustomerList, NoMatch, type BulkAction } from "./list";

const AddCustomer = lazy(() => import("./add"));

const active: BulkAction[] = [
  { action: "block", label: "Block", icon: "ban" },
  { action: "unblock", label: "Unblock", icon: "check" },
  { action: "delete", label: "Delete…", icon: "trash" },
];

const inTrash: BulkAction[] = [
  { action: "restore", label: "Restore…", icon: "back" },
  { action: "purge", label: "Permanently delete…", icon: "eraser", danger: true },
];

export default function CustomersPage() {
  const totals = useTotals();
  const [adding, setAdding] = useState(false);
  const columns = useColumns();
  const actions = useCustomerActions();
  const navigate = useNavigate();
  const total = totals.data?.active;
  return (
    <>
      <TopBar
        title="Customers"
        total={total === undefined ? undefined : count(total)}
        actions={
          <>
            {actions.may("import") && (
              <ButtonLink to="/import" icon="upload" className="add" name="Import">
                <span>Import</span>
              </ButtonLink>
            )}
            {actions.may("add") && (
              <Button look="primary" icon="plus" className="add" aria-label="Add customer" onClick={() => setAdding(true)}>
                <span>Add customer</span>
              </Button>
            )}
          </>
        }
      />
      <CustomerList
        name="customers"
        columns={columns.shown}
        total={total}
        tools={(filter, change) => <Filters filter={filter} change={change} />}
        aside={<ColumnChooser hidden={columns.hidden} show={columns.show} />}
        bulk={(filter) => (filter.state === "deleted" ? inTrash : active)}
        menu={actions.menu}
        second={(customer) => customer.email || customer.id}
        empty={
          <Empty
            icon="people"
            title="No customers yet"
            actions={
              actions.may("add") && (
              <>
                <ButtonLink to="/import" icon="upload">
                  Import
                </ButtonLink>
                <Button look="primary" icon="plus" onClick={() => setAdding(true)}>
                  Add customer
                </Button>
              </>
              )
            }
          >
            {actions.may("add") && "Add one, or import a file."}
          </Empty>
        }
        noMatch={(clear, filter) => <NoMatch clear={clear} filter={filter} />}
      />
      {actions.dialog}
      <Suspense>{adding && <AddCustomer close={() => setAdding(false)} added={(id) => void navigate(`/customers/${id}`)} />}</Suspense>
    </>
  );
}

function Filters({ filter, change }: { filter: Filter; change: (filter: Filter) => void }) {
  const to = (state: Filter["state"]) => change({ ...filter, state });
  return (
    <>
      <Menu
        label="Filter"
        groups={[
          [
            { label: "Active", icon: "people", run: () => to("active") },
            { label: "In trash", icon: "trash", run: () => to("deleted") },
          ],
        ]}
      >
        <Icon name="filter" />
        Filter
      </Menu>
      {filter.state === "deleted" && (
        <span className="chip">
          State <strong>In trash</strong>
          <button type="button" aria-label="Remove the filter: state in trash" onClick={() => to("active")}>
            <Icon name="close" size={12} />
          </button>
        </span>
      )}
    </>
  );
}
