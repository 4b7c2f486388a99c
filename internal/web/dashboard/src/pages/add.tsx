import { useState } from "react";
import { api } from "../api/client";
import { fieldProblem } from "../api/fields";
import { Dialog } from "../parts/dialog";
import { Field } from "../parts/field";
import { Failure } from "../parts/problem";
import { emptyProfile, isToldByFields, ProfileFields } from "../parts/profilefields";
import { useChange } from "../state/queries";
import { nameOf } from "../words";

export default function AddCustomer({ close, added }: { close: () => void; added: (id: string) => void }) {
  const [profile, setProfile] = useState(emptyProfile);
  const [id, setId] = useState("");
  const [key] = useState(() => crypto.randomUUID());
  const add = useChange(
    () => api.post("/v1/customers", { body: { ...profile, ...(id ? { id } : {}) }, idempotencyKey: `${key}-${hash(JSON.stringify([id, profile]))}` }),
    ({ data }) => `${nameOf(data)} is added.`,
    ({ data }) => {
      close();
      added(data.id);
    },
  );
  const nameless = !profile.organisation.trim() && !profile.firstName.trim() && !profile.lastName.trim();
  return (
    <Dialog
      form
      title="Add customer"
      close={close}
      action={{ label: "Add customer", icon: "plus", busy: add.isPending, unavailable: nameless ? "Give an organisation or a name." : undefined, run: () => add.mutate(undefined) }}
    >
      <ProfileFields profile={profile} change={setProfile} error={add.error} />
      <Field label="ID" note="leave it empty to have one made" value={id} change={(text) => setId(text.trim())} maxLength={128} problem={fieldProblem(add.error, "id")} spellCheck={false} />
      {add.error && !isToldByFields(add.error) && <Failure what="The customer was not added." error={add.error} />}
    </Dialog>
  );
}

/** Tells two contents of one form apart, so that a corrected one is a request of its own. */
function hash(text: string): string {
  let sum = 5381;
  for (const letter of text) sum = (Math.imul(sum, 33) ^ (letter.codePointAt(0) ?? 0)) >>> 0;
  return sum.toString(36);
}
