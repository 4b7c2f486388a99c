import { useState } from "react";
import { useNavigate } from "react-router";
import { Button } from "../parts/basic";
import { Failure } from "../parts/problem";
import { Why } from "../parts/why";
import { reasonFor, type ReasonCode } from "../reasons";
import { useOffline } from "../state/online";
import { plan, useChange } from "../state/queries";
import { forAPI, inWords, nobody, sizeOf, tooMany } from "../state/selection";
import type { useSelection } from "../state/selections";
import { count, counted } from "../words";
import type { BulkAction } from "./list";

type DockProps = {
  total: number | undefined;
  selection: ReturnType<typeof useSelection>[0];
  select: (selection: ReturnType<typeof useSelection>[0]) => void;
  actions: BulkAction[];
};

/** The bar below the table: how many are selected, and what can be done with them. */
export default function Dock({ selection, select, total, actions }: DockProps) {
  const navigate = useNavigate();
  const offline = useOffline();
  const size = sizeOf(selection, total);
  const limit = tooMany(selection);
  const [code, setCode] = useState<ReasonCode | "">("");
  const [reason, setReason] = useState("");
  const start = useChange(
    (action: BulkAction["action"]) => plan({ action, selection: forAPI(selection), ...reasonFor(code, reason) }),
    () => "The plan is made.",
    (operation) => {
      select(nobody);
      void navigate(`/operations/${operation.id}`, { state: { selection: inWords(selection) } });
    },
  );
  const hindrance = limit ?? offline ?? (actions.length === 0 ? "Your account can’t change many customers at once." : undefined);
  return (
    <section className="dock" aria-label="Selection">
      <strong>{describe(selection, size)}</strong>
      <Button look="quiet" size="bar" onClick={() => select(nobody)}>
        Clear selection
      </Button>
      {hindrance && <span className="reason">{hindrance}</span>}
      {start.error && <Failure what="The plan couldn’t be made." error={start.error} />}
      <div className="actions">
        {actions.length > 0 && <Why value={code} change={setCode} />}
        {actions.length > 0 && <input className="why" aria-label="Reason, optional, kept in the log" placeholder="Reason, optional" maxLength={200} value={reason} onChange={(event) => setReason(event.target.value)} />}
        {actions.map((each) => (
          <Button key={each.action} aria-keyshortcuts={each.action === "delete" ? "Delete" : undefined} icon={each.icon} size="bar" look={each.danger ? "danger" : "default"} unavailable={hindrance ?? (start.isPending ? "Under way" : undefined)} onClick={() => start.mutate(each.action)}>
            {each.label}
          </Button>
        ))}
      </div>
    </section>
  );
}

function describe(selection: DockProps["selection"], size: number | undefined): string {
  if (!selection.all) return `${counted(size ?? 0, "customer")} selected`;
  const except = selection.except.size > 0 ? ` but ${count(selection.except.size)}` : "";
  if (selection.filter.search) return `All that match${except} selected`;
  return size === undefined ? `All${except} selected` : `All${except} selected: ${counted(size, "customer")}`;
}
