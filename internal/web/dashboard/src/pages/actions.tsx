import { lazy, Suspense, useEffect, useState, type ReactNode } from "react";
import { api } from "../api/client";
import { prepare, type Item } from "../parts/menu";
import { useMay, type Act } from "../state/may";
import { useChange, type ListedCustomer } from "../state/queries";
import { nameOf } from "../words";

type Open = { what: "delete" | "purge" | "block" | "hold" | "record"; customer: ListedCustomer };

/** What can be done to one customer, from a row or from its profile. */
export function useCustomerActions() {
  const [open, setOpen] = useState<Open>();
  usePartsLater();
  const close = () => setOpen(undefined);
  const restore = useChange(
    (customer: ListedCustomer) =>
      api.post("/v1/customers/{id}/restore", { path: { id: customer.id }, body: customer.deletion?.id ? { deletionId: customer.deletion.id } : {} }),
    (_, customer) => `${nameOf(customer)} is restored.`,
  );
  const unblock = useChange(
    (customer: ListedCustomer) => api.post("/v1/customers/{id}/unblock", { path: { id: customer.id }, body: {} }),
    (_, customer) => `${nameOf(customer)} is unblocked.`,
  );
  const ask = (what: Open["what"], customer: ListedCustomer) => () => setOpen({ what, customer });

  const may = useMay();
  const only = (act: Act, item: Item): Item[] => (may(act) ? [item] : []);

  const menu = (customer: ListedCustomer, own = false): Item[][] => {
    const view: Item = { label: "View profile", icon: "eye", to: `/customers/${customer.id}` };
    const hold = only("hold", { label: "Place a legal hold…", icon: "lock", run: ask("hold", customer) });
    if (customer.state === "purging") return [[view]];
    if (customer.state === "deleted") {
      return [
        [...(own ? [] : [view]), ...only("restore", { label: "Restore", icon: "back", run: () => restore.mutate(customer) }), ...hold],
        only("purge", { label: "Permanently delete…", icon: "eraser", danger: true, run: ask("purge", customer) }),
      ];
    }
    return [
      [...(own ? [] : [view, ...only("edit", { label: "Edit profile", icon: "pen", to: `/customers/${customer.id}/edit` })]), ...only("addRecord", { label: "Add a record…", icon: "plus", run: ask("record", customer) })],
      [...only("block", customer.blocked ? { label: "Unblock", icon: "check", run: () => unblock.mutate(customer) } : { label: "Block…", icon: "ban", run: ask("block", customer) }), ...hold],
      only("delete", { label: "Delete…", icon: "trash", detail: "Del", run: ask("delete", customer) }),
    ];
  };

  return { menu, may, dialog: open && dialogOf(open, close), ask: (what: Open["what"], customer: ListedCustomer) => ask(what, customer)(), restore: (customer: ListedCustomer) => restore.mutate(customer), error: restore.error ?? unblock.error };
}

const load = () => import("./dialogs");
const CustomerDialog = lazy(load);

/** Milliseconds after which menus and dialogs are loaded, so that they are there when they are asked for, also offline. */
const idle = 1500;

function usePartsLater(): void {
  useEffect(() => {
    const timer = setTimeout(() => {
      prepare();
      void load().catch(() => undefined);
    }, idle);
    return () => clearTimeout(timer);
  }, []);
}

function dialogOf({ what, customer }: Open, close: () => void): ReactNode {
  return (
    <Suspense>
      <CustomerDialog what={what} customer={customer} close={close} />
    </Suspense>
  );
}
