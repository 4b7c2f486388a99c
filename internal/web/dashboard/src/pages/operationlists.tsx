import { useQueryClient } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { useNavigate } from "react-router";
import { api } from "../api/client";
import { Button } from "../parts/basic";
import { Items } from "../parts/items";
import { Failure } from "../parts/problem";
import { useMay } from "../state/may";
import { isMoving, verbsOf, type Operation, type Stage } from "../state/operation";
import { clauseOf } from "../state/outcome";
import { plan, useChange } from "../state/queries";
import { count, sentence } from "../words";

/** The customers of an operation by outcome, and what can be done with them. */
export default function Lists({ operation, stage }: { operation: Operation; stage: Stage }) {
  const { done, failed, skipped, left } = operation.progress;
  const blocked = operation.impact.customers - operation.impact.eligible;
  const may = useMay();
  const retry = useRetry(operation);
  const again = usePlanAgain(operation);
  const planned = stage === "ready" || stage === "waiting" || stage === "expired";
  return (
    <>
      {failed > 0 && (
        <Items
          operation={operation}
          outcome="failed"
          title={isMoving(stage) ? "Failed so far" : "Failed"}
          total={failed}
          action={
            !isMoving(stage) &&
            may.many(operation.action) && (
              <Button online size="bar" unavailable={retry.isPending ? "Under way" : undefined} onClick={() => retry.mutate(undefined)}>
                Retry {count(failed)} failed
              </Button>
            )
          }
        />
      )}
      {retry.error && <Failure what="Nothing was tried again." error={retry.error} />}
      {stage === "stopped" && left > 0 && (
        <Items operation={operation} outcome="left" title="Not reached" total={left} action={again} lead="Nothing has changed for them. A new plan looks at them as they are then, and asks before it runs." />
      )}
      {planned && blocked > 0 && (
        <Items operation={operation} outcome="skipped" title={`Can’t be ${verbsOf(operation.action).past}`} total={blocked} lead={why(operation.impact.blocked)} />
      )}
      {!planned && !isMoving(stage) && skipped > 0 && <Items operation={operation} outcome="skipped" title="Left alone" total={skipped} lead={why(leftAlone(operation.progress.codes))} />}
      {(stage === "done" || stage === "stopped") && done > 0 && <Items operation={operation} outcome="done" title={sentence(verbsOf(operation.action).past)} total={done} closed />}
    </>
  );
}

/** "37 have records that block the deletion and 4 are under legal hold." */
function why(codes: Record<string, number>): string {
  const parts = Object.entries(codes).map(([code, n]) => `${count(n)} ${clauseOf(code, n)}`);
  return parts.length === 0 ? "" : `${new Intl.ListFormat("en-GB").format(parts)}. Nothing changes for them.`;
}

/** The codes of those who were left alone: progress counts those of failures and of interruptions, too. */
function leftAlone(codes: Record<string, number>): Record<string, number> {
  const { GAVE_UP: _failed, INTERRUPTED: _interrupted, ...rest } = codes;
  return rest;
}

function useRetry(operation: Operation) {
  const client = useQueryClient();
  return useChange(
    () => api.post("/v1/operations/{operation}/retry", { path: { operation: operation.id } }),
    () => "What failed is tried again.",
    ({ data }) => client.setQueryData(["operation", operation.id], data),
  );
}

/** The most ids that are collected for a new plan of what was not reached. */
const mostAgain = 5000;

function usePlanAgain(operation: Operation): ReactNode {
  const navigate = useNavigate();
  const may = useMay();
  const { left } = operation.progress;
  const again = useChange(
    async () => {
      const ids: string[] = [];
      let cursor: string | undefined;
      do {
        const { data } = await api.get("/v1/operations/{operation}/items", { path: { operation: operation.id }, query: { outcome: "left", limit: 200, ...(cursor ? { cursor } : {}) } });
        ids.push(...data.items.map((item) => item.customer));
        cursor = data.nextCursor;
      } while (cursor);
      return plan({ action: operation.action as "delete", selection: { ids }, ...(operation.reason ? { reason: operation.reason } : {}) });
    },
    () => "The plan is made.",
    (made) => void navigate(`/operations/${made.id}`, { state: { selection: "Those that an operation did not reach" } }),
  );
  if (left > mostAgain || !may.many(operation.action) || !["delete", "restore", "purge", "block", "unblock"].includes(operation.action)) return null;
  return (
    <Button online size="bar" unavailable={again.isPending ? "Under way" : undefined} onClick={() => again.mutate(undefined)}>
      Plan these {count(left)} again
    </Button>
  );
}
