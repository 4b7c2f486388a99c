import { api, type Schema } from "../api/client";
import { useChange } from "../state/queries";
import { counted } from "../words";
import { Dialog } from "./dialog";
import { Failure } from "./problem";

type RemoveProps = { customer: string; kind: string; records: Schema<"Record">[]; close: () => void; done: () => void };

export default function RemoveDialog({ customer, kind, records, close, done }: RemoveProps) {
  const remove = useChange(
    async () => {
      for (const record of records) await api.delete("/v1/customers/{id}/records/{key}", { path: { id: customer, key: record.key } });
    },
    () => `${counted(records.length, kind)} removed.`,
    () => {
      close();
      done();
    },
  );
  const what = counted(records.length, kind);
  return (
    <Dialog title={`Remove ${what}?`} close={close} action={{ label: `Remove ${what}`, icon: "eraser", danger: true, busy: remove.isPending, run: () => remove.mutate(undefined) }}>
      <p>
        <strong className="danger-text">This can’t be undone.</strong> What lies below {records.length === 1 ? "it" : "them"} goes, too, and a restore of the customer does not bring {records.length === 1 ? "it" : "them"} back.
      </p>
      {remove.error && <Failure what="Not all could be removed." error={remove.error} />}
    </Dialog>
  );
}
