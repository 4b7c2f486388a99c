import "../access.css";
import { useQuery } from "@tanstack/react-query";
import { useState, type FormEvent } from "react";
import { api, type Permission, type Schema } from "../api/client";
import { fieldProblem } from "../api/fields";
import { Button, Note, Skeleton, Time } from "../parts/basic";
import { Field, Tick } from "../parts/field";
import { Icon } from "../parts/icon";
import { Failure } from "../parts/problem";
import { deleteAboveOf, fourEyesFrom, fourEyesOf, isPermitted, meanings, permissionNames, permit, same, wrongGroup, type Access, type FourEyesForm, type Grant } from "../state/access";
import { useDraft } from "../state/draft";
import { acts, useMay } from "../state/may";
import { useMe } from "../state/me";
import { useAccess, useChange } from "../state/queries";
import { actor } from "../words";
import { Proposed, waits } from "./proposed";

export type AccessSection = "permissions" | "four-eyes" | "suspensions";

/** The rules of access: which group may do what, what needs a second administrator, who is shut out. */
export default function AccessSettings({ section }: { section: AccessSection }) {
  const may = useMay();
  const act = section === "suspensions" ? "seeSuspensions" : "seeAccess";
  if (!may(act)) {
    return (
      <p className="small">
        You can’t see this. Your account lacks the permission <code>{acts[act].needs.join(" or ")}</code>.
      </p>
    );
  }
  return section === "suspensions" ? <Suspensions /> : <Rules section={section} />;
}

function Rules({ section }: { section: "permissions" | "four-eyes" }) {
  const { data, error, refetch } = useAccess();
  if (error) return <Failure what="The access rules couldn’t be loaded." error={error} retry={() => void refetch()} />;
  if (!data) return <Skeleton rows={6} columns={3} />;
  const Section = section === "permissions" ? Permissions : FourEyes;
  return (
    <>
      <Section access={data.access} etag={data.etag} />
      {data.access.proposal && <Proposed access={data.access} proposal={data.access.proposal} />}
    </>
  );
}

type SectionProps = { access: Access; etag: string | undefined };

/** Replaces the rules by what a section of them has become, or proposes that: then the answer has the rules in force. */
function useSave({ access, etag }: SectionProps, said: string, then: (inForce: Access) => void) {
  return useChange(
    (changed: Partial<Pick<Access, "groups" | "fourEyes">>) =>
      api.put("/v1/access", { ifMatch: etag, body: { version: access.version, groups: access.groups, fourEyes: access.fourEyes, ...changed } }),
    ({ data }) => (data.proposal ? waits : said),
    ({ data }) => then(data),
  );
}

type Draft<T> = { base: T; now: T };

/** A form over a part of the rules. What was typed stays when somebody else changes them, and over a sign-in. */
function useForm<T>(name: string, stored: T) {
  const draft = useDraft<Draft<T>>(name);
  const [base, setBase] = useState(draft.found?.base ?? stored);
  const [now, setNow] = useState(draft.found?.now ?? stored);
  const begin = (from: T) => {
    setBase(from);
    setNow(from);
    draft.drop();
  };
  const changedSince = !same(stored, base);
  if (changedSince && (same(now, base) || same(now, stored))) {
    setBase(stored);
    setNow(stored);
  }
  const change = (next: T) => {
    setNow(next);
    if (same(base, next)) draft.drop();
    else draft.keep({ base, now: next });
  };
  return { now, change, begin, changes: !same(base, now), changedSince };
}

function Foot({ access, changes, changedSince, wrong, save, begin }: { access: Access; changes: boolean; changedSince: boolean; wrong: string | undefined; save: { isPending: boolean; error: unknown; run: () => void }; begin: () => void }) {
  const may = useMay();
  const hindrance = wrong ?? (changes ? undefined : "Nothing has changed yet.");
  return (
    <>
      {changedSince && (
        <div className="conflict" role="alert">
          <strong>Somebody has changed these rules</strong>
          <p>Your change is not saved yet: save it over that, or discard it.</p>
        </div>
      )}
      {save.error !== null && !changedSince && <Failure what="Nothing was saved." error={save.error} />}
      <div className="actions">
        {may("changeAccess") && (
          <Button online look="primary" unavailable={hindrance ?? (save.isPending ? "Under way" : undefined)} onClick={save.run}>
            Save
          </Button>
        )}
        {changes && (
          <Button look="quiet" onClick={begin}>
            Discard changes
          </Button>
        )}
        {may("changeAccess") ? hindrance && <span className="reason">{hindrance}</span> : <Locked />}
        {access.changed && (
          <span className="changed">
            Last changed by {actor(access.changed.by)}, <Time at={access.changed.at} />
          </span>
        )}
      </div>
    </>
  );
}

function Locked() {
  return (
    <span className="reason">
      You can’t change this. Your account lacks the permission <code>{acts.changeAccess.needs.join(" or ")}</code>.
    </span>
  );
}

function Permissions({ access, etag }: SectionProps) {
  const form = useForm("permissions", access.groups);
  const may = useMay();
  const save = useSave({ access, etag }, "The permissions are saved.", (inForce) => form.begin(inForce.groups));
  const locked = !may("changeAccess");
  return (
    <section>
      <h2 className="page-title">Permissions</h2>
      <p className="lead">What the members of a group at your identity provider may do. Who is in several may do what any of them may.</p>
      {access.adminGroup && (
        <Note icon="info">
          Members of <strong>{access.adminGroup}</strong> may do everything, whatever stands here: that is a parameter of the deployment.
        </Note>
      )}
      {form.now.length === 0 ? <p className="none">No group has permissions yet.</p> : <Grants grants={form.now} change={form.change} locked={locked} />}
      {!locked && <AddGroup grants={form.now} add={(group) => form.change([...form.now, { group, permissions: [] }])} />}
      <Foot access={access} {...form} wrong={undefined} begin={() => form.begin(access.groups)} save={{ isPending: save.isPending, error: save.error, run: () => save.mutate({ groups: form.now.filter((grant) => grant.permissions.length > 0) }) }} />
    </section>
  );
}

function Grants({ grants, change, locked }: { grants: Grant[]; change: (grants: Grant[]) => void; locked: boolean }) {
  return (
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- with many groups it scrolls, so the keyboard must reach it
    <div className="grants" role="region" aria-label="Permissions by group" tabIndex={0}>
      <table className="table plain">
        <caption className="visually-hidden">Permissions by group</caption>
        <thead>
          <tr>
            <th scope="col">Permission</th>
            {grants.map(({ group }) => (
              <th key={group} scope="col" className="group">
                {group}
                {!locked && (
                  <button type="button" className="button quiet dots" aria-label={`Remove the group ${group}`} onClick={() => change(grants.filter((grant) => grant.group !== group))}>
                    <Icon name="close" size={12} />
                  </button>
                )}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {permissionNames.map((permission) => (
            <tr key={permission}>
              <th scope="row">
                <code>{permission}</code>
                <span className="meaning">{meanings[permission]}</span>
              </th>
              {grants.map((grant) => (
                <td key={grant.group} className="group">
                  <Box grant={grant} permission={permission} locked={locked} change={(on) => change(permit(grants, grant.group, permission, on))} />
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Box({ grant, permission, locked, change }: { grant: Grant; permission: Permission; locked: boolean; change: (on: boolean) => void }) {
  return (
    <label className="box">
      <input type="checkbox" aria-label={`${permission} for ${grant.group}`} checked={isPermitted(grant, permission)} disabled={locked} onChange={(event) => change(event.target.checked)} />
    </label>
  );
}

function AddGroup({ grants, add }: { grants: Grant[]; add: (group: string) => void }) {
  const [name, setName] = useState("");
  const [problem, setProblem] = useState<string>();
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const wrong = wrongGroup(name, grants);
    setProblem(wrong);
    if (wrong) return;
    add(name);
    setName("");
  };
  return (
    <form className="beside" onSubmit={submit} noValidate>
      <Field label="Another group" note="as the identity provider names it" value={name} maxLength={128} spellCheck={false} problem={problem} change={(text) => (setName(text), setProblem(undefined))} />
      <Button submit icon="plus">
        Add
      </Button>
    </form>
  );
}

function FourEyes({ access, etag }: SectionProps) {
  const form = useForm<FourEyesForm>("four eyes", fourEyesOf(access));
  const may = useMay();
  const save = useSave({ access, etag }, "The rules of four eyes are saved.", (inForce) => form.begin(fourEyesOf(inForce)));
  const locked = !may("changeAccess");
  const { deletes, above, purges } = form.now;
  const wrong = deletes && deleteAboveOf(above) === undefined ? "Give a number from 0 to 1,000,000,000." : undefined;
  const set = (change: Partial<FourEyesForm>) => form.change({ ...form.now, ...change });
  return (
    <section>
      <h2 className="page-title">Four eyes</h2>
      <p className="lead">What waits until a second administrator, with the permission approve, has approved it. The schedule doesn’t wait.</p>
      <fieldset className="choices" disabled={locked}>
        <legend className="visually-hidden">What waits for a second administrator</legend>
        <div className={deletes ? "choice on" : "choice"}>
          <div>
            <Tick label="Deletions of many customers" checked={deletes} change={(on) => set({ deletes: on })} />
            <p className="days">
              of more than
              <input type="text" inputMode="numeric" aria-label="Customers above which a deletion waits" value={above} aria-invalid={wrong !== undefined} onFocus={() => deletes || set({ deletes: true })} onChange={(event) => set({ above: event.target.value.trim(), deletes: true })} />
              customers
            </p>
          </div>
        </div>
        <div className={purges ? "choice on" : "choice"}>
          <Tick label="Permanent deletions" checked={purges} change={(on) => set({ purges: on })}>
            Also of one customer, and what comes to the same: an earlier purge time, and deletions that leave less than a day to undo them.
          </Tick>
        </div>
      </fieldset>
      <Foot access={access} {...form} wrong={wrong} begin={() => form.begin(fourEyesOf(access))} save={{ isPending: save.isPending, error: save.error, run: () => save.mutate({ fourEyes: fourEyesFrom(form.now) }) }} />
    </section>
  );
}

type Suspended = Schema<"Suspension">[];

function useSuspensions() {
  return useQuery({ queryKey: ["suspensions"], queryFn: async ({ signal }) => (await api.get("/v1/suspensions", { signal })).data.suspensions });
}

function Suspensions() {
  const { data, error, refetch } = useSuspensions();
  const may = useMay();
  return (
    <section>
      <h2 className="page-title">Suspensions</h2>
      <p className="lead">Administrators who are shut out within a second, however long their sign-in lasts.</p>
      {error && <Failure what="Suspensions couldn’t be loaded." error={error} retry={() => void refetch()} />}
      {!data && !error && <Skeleton rows={3} columns={3} />}
      {data && (data.length === 0 ? <p className="none">Nobody is suspended.</p> : <SuspendedTable suspended={data} />)}
      {may("suspend") ? <Suspend suspended={data ?? []} /> : <p className="small locked"><Locked /></p>}
    </section>
  );
}

function SuspendedTable({ suspended }: { suspended: Suspended }) {
  const may = useMay();
  const lift = useChange(
    (subject: string) => api.post("/v1/suspensions/lift", { body: { subject } }),
    (_, subject) => `${subject} is not suspended any more.`,
  );
  return (
    <>
      <table className="table plain">
        <caption className="visually-hidden">Suspended administrators</caption>
        <thead>
          <tr>
            <th scope="col">Who</th>
            <th scope="col">Since</th>
            <th scope="col" className="roomy">
              By
            </th>
            <th scope="col" className="c-action">
              <span className="visually-hidden">Lift</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {suspended.map(({ subject, since, by }) => (
            <tr key={subject}>
              <th scope="row">{subject}</th>
              <td>
                <Time at={since} />
              </td>
              <td className="roomy">{actor(by)}</td>
              <td className="c-action">
                {may("unsuspend") && (
                  <Button online size="bar" aria-label={`Lift the suspension of ${subject}`} unavailable={lift.isPending ? "Under way" : undefined} onClick={() => lift.mutate(subject)}>
                    Lift
                  </Button>
                )}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {lift.error && <Failure what="The suspension stands." error={lift.error} />}
    </>
  );
}

function Suspend({ suspended }: { suspended: Suspended }) {
  const me = useMe();
  const [subject, setSubject] = useState("");
  const suspend = useChange(
    (who: string) => api.post("/v1/suspensions", { body: { subject: who } }),
    (_, who) => `${who} is suspended.`,
    () => setSubject(""),
  );
  const who = subject.trim();
  const hindrance = who === "" ? "Name the administrator." : who === me?.subject ? "You can’t suspend yourself." : suspended.some((each) => each.subject === who) ? "Suspended already." : undefined;
  const problem = fieldProblem(suspend.error, "subject");
  return (
    <>
      <form
        className="beside"
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          if (!hindrance && !suspend.isPending && navigator.onLine) suspend.mutate(who);
        }}
      >
        <Field label="Suspend an administrator" note="the subject, as the audit log shows it" value={subject} maxLength={255} spellCheck={false} problem={problem} change={(text) => (setSubject(text), suspend.reset())} />
        <Button online submit icon="ban" unavailable={hindrance ?? (suspend.isPending ? "Under way" : undefined)}>
          Suspend
        </Button>
      </form>
      {hindrance && <p className="reason">{hindrance}</p>}
      {suspend.error && !problem && <Failure what="Nobody was suspended." error={suspend.error} />}
    </>
  );
}
