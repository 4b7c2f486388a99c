import { Figures, type Figure } from "../parts/basic";
import { isMoving, stageOf, verbsOf, type Operation, type Stage } from "../state/operation";
import { outcomeOf } from "../state/outcome";
import { leftToUndo, useUndoOf } from "../state/undo";
import { counted } from "../words";

/** What an operation has done. */
export default function DoneLead({ operation, stage }: { operation: Operation; stage: Stage }) {
  const { done, failed, skipped, left } = operation.progress;
  const undo = useUndoOf(operation);
  const undone = undo.data && leftToUndo(operation, undo.data) === 0 && !isMoving(stageOf(undo.data));
  const told = outcomeOf(operation);
  const lead = undone ? `${counted(done, "customer")} ${done === 1 ? "was" : "were"} deleted, and ${counted(undo.data?.progress.done ?? 0, "customer")} restored by an undo.` : told.lead;
  const { past } = verbsOf(operation.action);
  const figures: Figure[] = [{ n: done, what: past, lead: true }];
  if (stage === "stopped") figures.push({ n: left, what: "not reached" });
  figures.push({ n: failed, what: "failed", warn: failed > 0 }, { n: skipped, what: "left alone" });
  return (
    <>
      <p className="outcome">
        <strong>{lead}</strong> {told.rest}
      </p>
      <Figures figures={figures} />
    </>
  );
}
