import "../detail.css";
import { lazy, Suspense, useEffect, useState } from "react";
import { Navigate, useNavigate, useParams } from "react-router";
import { api, isMissing, Refusal, type Schema } from "../api/client";
import { Button, Note, Skeleton } from "../parts/basic";
import { Failure } from "../parts/problem";
import { emptyProfile, isToldByFields, ProfileFields, type Profile } from "../parts/profilefields";
import { useDraft } from "../state/draft";
import { useMay } from "../state/may";
import { useChange, useCustomer, type Customer } from "../state/queries";
import { TopBar } from "../shell";
import { nameOf } from "../words";

const CustomerDialog = lazy(() => import("./dialogs"));

export default function EditPage() {
  const { id = "" } = useParams();
  const customer = useCustomer(id);
  // Deleted from here, or by somebody else, or never there: its page says so, and offers to restore it, or shows the certificate.
  const purged = customer.error instanceof Refusal && customer.error.code === "PURGED";
  if (purged || isMissing(customer.error) || (customer.data && customer.data.customer.state !== "active")) return <Navigate to={`/customers/${encodeURIComponent(id)}`} replace />;
  return (
    <>
      <TopBar title="Edit profile" back={{ to: `/customers/${id}`, name: "Profile" }} />
      {!customer.data && <h1 className="visually-hidden">Edit profile</h1>}
      <div className="page narrow">
        {customer.error && <Failure what="The customer couldn’t be loaded." error={customer.error} retry={() => void customer.refetch()} />}
        {customer.isPending && !customer.error && <Skeleton rows={6} columns={2} />}
        {customer.data && <Form key={id} customer={customer.data.customer} etag={customer.data.etag} reload={customer.refetch} />}
      </div>
    </>
  );
}

function profileOf(customer: Customer): Profile {
  const { organisation, firstName, lastName, email, phone, push, consents } = { ...emptyProfile, ...customer };
  return { organisation, firstName, lastName, email, phone, push, consents };
}

const labels = { organisation: "Organisation", firstName: "First name", lastName: "Last name", email: "E-mail", phone: "Contact number", push: "Push notifications" };
const fields = ["organisation", "firstName", "lastName", "email", "phone", "push"] as const;

/** The fields in which two profiles differ. */
function differing(a: Profile, b: Profile): (typeof fields)[number][] {
  return fields.filter((field) => a[field] !== b[field]);
}

/** What was typed, and what it began with. */
type Draft = { base: { profile: Profile; etag: string | undefined }; profile: Profile };

type FormProps = { customer: Customer; etag: string | undefined; reload: () => Promise<unknown> };

function Form({ customer, etag, reload }: FormProps) {
  // What the form began with stays, also when the page looks again: a change of another administrator has to be told.
  const draft = useDraft<Draft>(`edit ${customer.id}`);
  const [base, setBase] = useState(draft.found?.base ?? { profile: profileOf(customer), etag });
  const [profile, setProfile] = useState(draft.found?.profile ?? base.profile);
  const [found, setFound] = useState(draft.found !== undefined);
  const [deleting, setDeleting] = useState(false);
  const may = useMay();
  const navigate = useNavigate();
  const back = () => {
    draft.drop();
    void navigate(`/customers/${customer.id}`);
  };
  const begin = (from: typeof base) => {
    setBase(from);
    setProfile(from.profile);
    setFound(false);
    draft.drop();
  };
  const change = (next: Profile) => {
    setProfile(next);
    if (differing(base.profile, next).length > 0) draft.keep({ base, profile: next });
    else draft.drop();
  };
  const changes = differing(base.profile, profile);
  const save = useChange(
    (version: string | undefined) => {
      const body: Schema<"ProfilePatch"> = Object.fromEntries(changes.map((field) => [field, profile[field]]));
      return api.patch("/v1/customers/{id}", { path: { id: customer.id }, ifMatch: version, body });
    },
    () => "The profile is saved.",
    back,
  );
  const conflict = save.error instanceof Refusal && save.error.code === "VERSION_MISMATCH";
  useEffect(() => {
    if (conflict) void reload();
  }, [conflict, reload]);
  // Another administrator's change shows when the page looks again, as it does when it gets the focus, or when a save is refused for it.
  const theirs = etag !== base.etag && !save.isPending && !save.isSuccess ? { profile: profileOf(customer), etag } : undefined;
  return (
    <form
      className="form"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        if (changes.length > 0 && !save.isPending && navigator.onLine) save.mutate(base.etag);
      }}
    >
      <h1>Edit {nameOf(customer)}</h1>
      {found && changes.length > 0 && (
        <Note icon="pen">
          <strong>Not saved yet.</strong> This is what you typed before you left.{" "}
          <Button size="bar" onClick={() => begin({ profile: profileOf(customer), etag })}>
            Discard it
          </Button>
        </Note>
      )}
      <ProfileFields profile={profile} change={change} error={save.error} />
      {theirs && (
        <div className="conflict" role="alert">
          <strong>Somebody has changed this customer</strong>
          <p>{changedFields(base.profile, theirs.profile)} Your changes are not saved yet.</p>
          <div className="actions">
            <Button
              onClick={() => {
                begin(theirs);
                save.reset();
              }}
            >
              Load theirs
            </Button>
            <Button online onClick={() => save.mutate(theirs.etag)}>Save mine over it</Button>
          </div>
        </div>
      )}
      {save.error && !conflict && !isToldByFields(save.error) && <Failure what="The profile was not saved." error={save.error} />}
      <div className="actions">
        <Button online submit look="primary" unavailable={changes.length === 0 ? "Nothing has changed" : save.isPending ? "Under way" : undefined}>
          Save
        </Button>
        <Button look="quiet" onClick={back}>
          Cancel
        </Button>
        {changes.length === 0 && <span className="reason">Nothing has changed yet.</span>}
      </div>
      {may("delete") && (
      <div className="form-foot">
        <div>
          <strong>Delete this customer</strong>
          <p>It goes to the trash with all its records, and can be restored.</p>
        </div>
        <Button icon="trash" onClick={() => setDeleting(true)}>
          Delete…
        </Button>
      </div>
      )}
      <Suspense>{deleting && <CustomerDialog what="delete" customer={customer} close={() => setDeleting(false)} />}</Suspense>
    </form>
  );
}

function changedFields(before: Profile, after: Profile): string {
  const names = differing(before, after).map((field) => labels[field]);
  if (names.length === 0) return "Its profile is the same; a block, a hold or a consent is not.";
  return `${new Intl.ListFormat("en-GB").format(names)} ${names.length === 1 ? "is" : "are"} different now.`;
}
