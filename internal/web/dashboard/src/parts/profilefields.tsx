import { Link } from "react-router";
import { Refusal, type Schema } from "../api/client";
import { fieldProblem } from "../api/fields";
import { Field, Tick } from "./field";

export type Profile = Required<Omit<Schema<"NewCustomer">, "id">>;

export const emptyProfile: Profile = { organisation: "", firstName: "", lastName: "", email: "", phone: "", push: false, consents: {} };

/** The fields of a profile, with what the API found wrong below each. */
export function ProfileFields({ profile, change, error }: { profile: Profile; change: (profile: Profile) => void; error: unknown }) {
  const set = (part: Partial<Profile>) => change({ ...profile, ...part });
  return (
    <>
      <Field label="Organisation" note="or a name" value={profile.organisation} change={(organisation) => set({ organisation })} maxLength={120} problem={fieldProblem(error, "organisation")} />
      <div className="pair">
        <Field label="First name" value={profile.firstName} change={(firstName) => set({ firstName })} maxLength={120} problem={fieldProblem(error, "firstName")} />
        <Field label="Last name" value={profile.lastName} change={(lastName) => set({ lastName })} maxLength={120} problem={fieldProblem(error, "lastName")} />
      </div>
      <Field label="E-mail" type="email" value={profile.email} change={(email) => set({ email })} maxLength={254} problem={taken(error) ?? fieldProblem(error, "email")} />
      <Field label="Contact number" type="tel" value={profile.phone} change={(phone) => set({ phone })} maxLength={40} problem={fieldProblem(error, "phone")} />
      <Tick label="Push notifications can be received" checked={profile.push} change={(push) => set({ push })} />
    </>
  );
}

function taken(error: unknown) {
  if (!(error instanceof Refusal) || error.code !== "EMAIL_TAKEN") return undefined;
  const owner = error.problem?.owner;
  if (!owner) return "Belongs to another customer.";
  if (owner.state === "active") {
    return (
      <>
        Belongs to another customer. <Link to={`/customers/${owner.id}`}>View it</Link>.
      </>
    );
  }
  return (
    <>
      Belongs to a customer in the trash. <Link to={`/customers/${owner.id}`}>Restore it, or permanently delete it</Link> first.
    </>
  );
}

/** Whether the fields themselves tell what is wrong. */
export function isToldByFields(error: unknown): boolean {
  return error instanceof Refusal && (error.code === "EMAIL_TAKEN" || (error.code === "INVALID" && (error.problem?.errors ?? []).every((each) => each.field)));
}
