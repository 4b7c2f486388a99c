import { api } from "../api/client";
import { Dialog } from "../parts/dialog";
import { Failure } from "../parts/problem";
import { useChange, type Customer } from "../state/queries";

export default function LiftDialog({ customer, hold, close }: { customer: Customer; hold: string; close: () => void }) {
  const lift = useChange(
    () => api.delete("/v1/customers/{id}/holds/{hold}", { path: { id: customer.id, hold }, body: {} }),
    () => `The hold ${hold} is lifted.`,
    close,
  );
  return (
    <Dialog title={`Lift the hold “${hold}”?`} close={close} action={{ label: "Lift hold", busy: lift.isPending, run: () => lift.mutate(undefined) }}>
      <p>
        {customer.state === "deleted"
          ? "A customer in the trash whose time is over is permanently deleted a day after its last hold is lifted."
          : "The customer can be deleted again once no hold is left."}
      </p>
      {lift.error && <Failure what="The hold stands." error={lift.error} />}
    </Dialog>
  );
}
