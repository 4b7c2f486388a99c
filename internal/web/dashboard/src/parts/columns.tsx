import { lazy, Suspense, useState } from "react";
import { Button, Time } from "./basic";
import type { Column } from "./table";

export function missing(text: string | undefined) {
  return text ? <span title={text}>{text}</span> : <span className="missing">–</span>;
}

/** What a list of customers can show beside the name. */
export const customerColumns: Column[] = [
  { key: "id", head: "ID", cell: (customer) => missing(customer.id) },
  { key: "first", head: "First name", cell: (customer) => missing(customer.firstName) },
  { key: "last", head: "Last name", cell: (customer) => missing(customer.lastName) },
  { key: "email", head: "E-mail", cell: (customer) => missing(customer.email) },
  { key: "phone", head: "Contact number", cell: (customer) => missing(customer.phone) },
  { key: "push", head: "Push", cell: (customer) => (customer.push ? "On" : "Off") },
  { key: "consents", head: "Consents", cell: (customer) => consents(customer.consents ?? {}) },
  { key: "created", head: "Created", cell: (customer) => (customer.created ? <Time at={customer.created} /> : missing(undefined)) },
];

function consents(given: Record<string, boolean>) {
  const all = Object.values(given);
  return all.length === 0 ? missing(undefined) : `${all.filter(Boolean).length} of ${all.length}`;
}

const kept = "columns";

/** The columns that this browser shows. */
export function useColumns() {
  const [hidden, setHidden] = useState<string[]>(() => (localStorage.getItem(kept) ?? "").split(" ").filter(Boolean));
  const show = (key: string, on: boolean) => {
    const next = on ? hidden.filter((each) => each !== key) : [...hidden, key];
    localStorage.setItem(kept, next.join(" "));
    setHidden(next);
  };
  return { hidden, show, shown: customerColumns.filter((column) => !hidden.includes(column.key)) };
}

const ColumnDialog = lazy(() => import("./columndialog"));

export function ColumnChooser({ hidden, show }: { hidden: string[]; show: (key: string, on: boolean) => void }) {
  const [open, setOpen] = useState(false);
  return (
    <>
      <Button look="quiet" icon="columns" onClick={() => setOpen(true)}>
        Columns
      </Button>
      <Suspense>{open && <ColumnDialog columns={customerColumns} hidden={hidden} show={show} close={() => setOpen(false)} />}</Suspense>
    </>
  );
}
