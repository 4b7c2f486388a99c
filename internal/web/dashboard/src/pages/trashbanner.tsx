import { Button } from "../parts/basic";
import { Icon } from "../parts/icon";
import { why } from "../reasons";
import { useMay } from "../state/may";
import type { Customer } from "../state/queries";
import { days, exactly, onDay } from "../time";
import { actor } from "../words";

/** What a profile in the trash says first: since when, why, until when, and the ways out. */
export default function TrashBanner({ customer, restore, purge }: { customer: Customer; restore: () => void; purge: () => void }) {
  const { deletion } = customer;
  const may = useMay();
  if (customer.state === "purging" || !deletion) {
    return (
      <div className="trash-banner purging" role="status">
        <Icon name="eraser" />
        <p>
          <strong>Being permanently deleted.</strong> There is no way back. Its certificate appears here when it is done.
        </p>
      </div>
    );
  }
  const left = deletion.daysLeft === undefined ? "" : ` ${days(Math.max(0, deletion.daysLeft))} left.`;
  const held = customer.holds[0];
  return (
    <section className="trash-banner" aria-label="In the trash">
      <Icon name="trash" />
      <p>
        <strong>
          In the trash since {onDay(deletion.time)}.{left}
        </strong>
        <span>
          Deleted by {actor(deletion.by)}.{why(deletion) && ` Reason: ${why(deletion)}.`} {deletion.purgeTime ? `Permanently deleted on ${exactly(deletion.purgeTime)}.` : "It stays until somebody permanently deletes it."}
          {held && ` Not while it is under legal hold “${held.id}”.`}
        </span>
      </p>
      <div className="actions">
        {may("purge") && (
          <Button look="danger" icon="eraser" unavailable={held ? "Under legal hold" : undefined} onClick={purge}>
            Permanently delete…
          </Button>
        )}
        {may("restore") && (
          <Button online look="primary" icon="back" onClick={restore}>
            Restore
          </Button>
        )}
      </div>
    </section>
  );
}
