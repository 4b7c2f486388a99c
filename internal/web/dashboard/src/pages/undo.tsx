import { Link, useNavigate } from "react-router";
import { Button } from "../parts/basic";
import { Failure } from "../parts/problem";
import { isMoving, stageOf, titleOf, type Operation } from "../state/operation";
import { plan, useChange } from "../state/queries";
import { leftToUndo, useUndoOf } from "../state/undo";
import { actor, counted } from "../words";

/** Takes a deletion back, or says that this was done. */
export default function Undo({ operation }: { operation: Operation }) {
  const navigate = useNavigate();
  const undo = useUndoOf(operation);
  const start = useChange(
    () => plan({ action: "undo", selection: { operation: operation.id } }),
    () => "The undo runs.",
    (made) => void navigate(`/operations/${made.id}`, { state: { selection: `Those of “${titleOf(operation)}”` } }),
  );
  if (undo.isPending) return null;
  const left = leftToUndo(operation, undo.data ?? null);
  return (
    <div className="part">
      {undo.data && (
        <p className="center">
          {isMoving(stageOf(undo.data)) ? "It is being undone." : `Undone by ${actor(undo.data.by)}: ${counted(undo.data.progress.done, "customer")} restored.`} <Link to={`/operations/${undo.data.id}`}>View the undo</Link>
        </p>
      )}
      {left > 0 && (
        <>
          <Button online size="full" icon="back" unavailable={start.isPending ? "Under way" : undefined} onClick={() => start.mutate(undefined)}>
            Undo: restore {counted(left, "customer")}
          </Button>
          <p className="small center">Skips customers restored since.</p>
        </>
      )}
      {start.error && <Failure what="Nothing was restored." error={start.error} />}
    </div>
  );
}
