import "../detail.css";
import { lazy, Suspense, useId, useState } from "react";
import { NavLink, useNavigate } from "react-router";
import { api, type Schema } from "../api/client";
import { Button, Note, Skeleton, Time } from "../parts/basic";
import { Dialog } from "../parts/dialog";
import { Field, Tick } from "../parts/field";
import { Failure } from "../parts/problem";
import { acts, useMay } from "../state/may";
import type { AccessSection } from "./access";
import { plan, useChange, useSettings, useTotals } from "../state/queries";
import { TopBar } from "../shell";
import { actor, counted, period, sentence } from "../words";

const Preview = lazy(() => import("./preview"));

type Settings = Schema<"Settings">;
type Kind = Schema<"Kind">;

const Access = lazy(() => import("./access"));

export default function SettingsPage({ section }: { section: "retention" | "kinds" | AccessSection }) {
  const may = useMay();
  const { data, error, refetch } = useSettings();
  return (
    <>
      <TopBar title="Settings" />
      <div className="settings">
        <nav className="sections" aria-label="Settings">
          <NavLink to="/settings" end>
            Retention
          </NavLink>
          <NavLink to="/settings/kinds">Kinds and policies</NavLink>
          {may("seeAccess") && <NavLink to="/settings/four-eyes">Four eyes</NavLink>}
          {may("seeAccess") && <NavLink to="/settings/permissions">Permissions</NavLink>}
          {may("seeSuspensions") && <NavLink to="/settings/suspensions">Suspensions</NavLink>}
        </nav>
        <div className="content">
          {section !== "retention" && section !== "kinds" && (
            <Suspense fallback={<Skeleton rows={5} columns={2} />}>
              <Access key={section} section={section} />
            </Suspense>
          )}
          {error && <Failure what="Settings couldn’t be loaded." error={error} retry={() => void refetch()} />}
          {!data && !error && <Skeleton rows={5} columns={2} />}
          {data && section === "retention" && <Retention settings={data.settings} etag={data.etag} />}
          {data && section === "kinds" && <Kinds key={data.settings.version} settings={data.settings} etag={data.etag} />}
        </div>
      </div>
    </>
  );
}

function Changed({ settings }: { settings: Settings }) {
  if (!settings.changed) return null;
  return (
    <span className="changed">
      Last changed by {actor(settings.changed.by)}, <Time at={settings.changed.at} />
    </span>
  );
}

type Choice = "days" | "never" | "once" | "other";

function choiceOf(retention: string): Choice {
  if (retention === "never") return "never";
  if (retention === "PT0S" || retention === "P0D") return "once";
  return /^P\d+D$/.test(retention) ? "days" : "other";
}

type SectionProps = { settings: Settings; etag: string | undefined };

function Retention({ settings, etag }: SectionProps) {
  const now = settings.retention;
  // What the form began with: a change of another administrator is told, and doesn't take what was typed.
  const [base, setBase] = useState(settings);
  const [choice, setChoice] = useState<Choice>(choiceOf(now));
  const [days, setDays] = useState(/^P(\d+)D$/.exec(now)?.[1] ?? "30");
  const [redate, setRedate] = useState(false);
  const [acknowledged, setAcknowledged] = useState(false);
  const totals = useTotals();
  const navigate = useNavigate();
  const valid = /^[1-9]\d{0,3}$/.test(days);
  const wanted = choice === "never" ? "never" : choice === "once" ? "PT0S" : choice === "days" ? (valid ? `P${days}D` : "") : now;
  const changes = wanted !== "" && wanted !== now;
  const trash = totals.data?.trash ?? 0;
  const begin = (from: Settings) => {
    setBase(from);
    setChoice(choiceOf(from.retention));
    setDays(/^P(\d+)D$/.exec(from.retention)?.[1] ?? "30");
    setRedate(false);
    setAcknowledged(false);
  };
  const changedSince = settings.version > base.version;
  if (changedSince && (wanted === base.retention || wanted === now)) begin(settings);
  const save = useChange(
    async () => {
      const { data } = await api.put("/v1/settings", { ifMatch: etag, body: { version: settings.version, retention: wanted, kinds: settings.kinds, acknowledged: choice === "once" ? acknowledged : true } });
      begin(data);
      return redate ? await plan({ action: "redate", selection: { trash: true } }) : undefined;
    },
    () => "The retention is saved.",
    (operation) => operation && void navigate(`/operations/${operation.id}`, { state: { selection: "Everybody in the trash" } }),
  );
  const hindrance = !valid && choice === "days" ? "Give a number of days from 1 to 9999." : !changes ? "Nothing has changed yet." : choice === "once" && !acknowledged ? "Tick the box to go on." : undefined;
  const group = useId();
  const may = useMay();
  const locked = !may("change");
  const radio = (value: Choice) => ({ type: "radio" as const, name: group, id: `${group}-${value}`, checked: choice === value, disabled: locked, onChange: () => setChoice(value) });
  return (
    <section>
      <h2 className="page-title">Retention</h2>
      <p className="lead">How long a deleted customer can be restored. After that it is permanently deleted.</p>
      <div className="choices" role="radiogroup" aria-label="Retention">
        {choiceOf(now) === "other" && (
          <div className={choice === "other" ? "choice on" : "choice"}>
            <input {...radio("other")} />
            <label htmlFor={`${group}-other`}>
              <span className="label">As it is: {period(now)}</span>
            </label>
          </div>
        )}
        <div className={choice === "days" ? "choice on" : "choice"}>
          <input {...radio("days")} />
          <div>
            <label htmlFor={`${group}-days`}>
              <span className="label">After a number of days</span>
            </label>
            <p className="days">
              <input type="text" inputMode="numeric" aria-label="Days in the trash" value={days} disabled={locked} aria-invalid={!valid} onFocus={() => setChoice("days")} onChange={(event) => setDays(event.target.value.trim())} /> days in the trash
              <span className="soft">now {period(now)}</span>
            </p>
          </div>
        </div>
        <div className={choice === "never" ? "choice on" : "choice"}>
          <input {...radio("never")} />
          <label htmlFor={`${group}-never`}>
            <span className="label">Never</span>
            <span className="meaning">Deleted customers stay in the trash until somebody permanently deletes them.</span>
          </label>
        </div>
        <div className={choice === "once" ? "choice on" : "choice"}>
          <input {...radio("once")} />
          <label htmlFor={`${group}-once`}>
            <span className="label">At once, without a trash</span>
            <span className="meaning">
              Every deletion is permanent. <span className="danger-text">It can’t be undone.</span>
            </span>
          </label>
        </div>
      </div>
      <Suspense>{changes && <Preview now={now} wanted={wanted} />}</Suspense>
      {changes && (
        <div className="after">
          {choice === "once" && (
            <Tick label="I understand that no deletion can be undone then" checked={acknowledged} change={setAcknowledged} />
          )}
          {trash > 0 && may.many("redate") && (
            <Tick label="Also change those already in the trash" checked={redate} change={setRedate}>
              A plan gives {counted(trash, "customer")} their new date, and asks before it runs. Nobody becomes due within a day of that.
            </Tick>
          )}
        </div>
      )}
      {changedSince && (
        <div className="conflict" role="alert">
          <strong>Somebody has changed the settings</strong>
          <p>{settings.retention === base.retention ? "The kinds and policies are different now." : `The retention is ${period(now)} now.`} Your change is not saved yet: save it over that, or discard it.</p>
        </div>
      )}
      {save.error && !changedSince && <Failure what="Nothing was saved." error={save.error} />}
      {locked && <Locked />}
      <div className="actions">
        {!locked && <Button online look="primary" unavailable={hindrance ?? (save.isPending ? "Under way" : undefined)} onClick={() => save.mutate(undefined)}>
          {redate ? `Save and plan to re-date ${counted(trash, "customer")}` : "Save"}
        </Button>}
        {changes && (
          <Button
            look="quiet"
            onClick={() => begin(settings)}
          >
            Discard changes
          </Button>
        )}
        {hindrance && !locked && <span className="reason">{hindrance}</span>}
        <Changed settings={settings} />
      </div>
    </section>
  );
}

/** Why nothing can be changed here. */
function Locked() {
  return (
    <p className="small locked">
      You can’t change settings. Your account lacks the permission <code>{acts.change.needs.join(" or ")}</code>.
    </p>
  );
}

const policies: Record<Kind["policy"], { name: string; meaning: string }> = {
  restrict: { name: "Blocks deletion", meaning: "A customer with such records can’t be deleted until they are removed." },
  cascade: { name: "Goes with the customer", meaning: "Hidden and restored with it, erased at the purge." },
  retain: { name: "Kept by law", meaning: "Hidden with it; at the purge stripped of personal data and cut loose." },
};

function Kinds({ settings, etag }: SectionProps) {
  const [editing, setEditing] = useState<Kind | "new">();
  const may = useMay();
  return (
    <section>
      <h2 className="page-title">Kinds and policies</h2>
      <p className="lead">What becomes of a customer’s records when it is deleted.</p>
      {settings.kinds.length === 0 ? (
        <Note>
          <strong>No kinds yet.</strong> Records can be added once their kind is declared.
        </Note>
      ) : (
        <table className="table plain kinds">
          <caption className="visually-hidden">Kinds of records and their policies</caption>
          <thead>
            <tr>
              <th scope="col">Kind</th>
              <th scope="col">When the customer is deleted</th>
              <th scope="col" className="c-action">
                <span className="visually-hidden">Change</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {settings.kinds.map((kind) => (
              <tr key={kind.name}>
                <th scope="row">{sentence(kind.name.replaceAll(/[-_]/g, " "))}</th>
                <td>
                  {policies[kind.policy].name}
                  {kind.policy === "retain" && (
                    <span className="soft">
                      {" "}
                      {kind.keep?.join(", ")} for {period(kind.keepFor ?? "")}
                    </span>
                  )}
                </td>
                <td className="c-action">
                  {may("change") && (
                    <Button look="quiet" size="bar" aria-label={`Change ${kind.name}…`} onClick={() => setEditing(kind)}>
                      Change…
                    </Button>
                  )}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {!may("change") && <Locked />}
      <div className="actions">
        {may("change") && (
          <Button icon="plus" onClick={() => setEditing("new")}>
            Add a kind…
          </Button>
        )}
        <Changed settings={settings} />
      </div>
      {editing && <KindDialog settings={settings} etag={etag} kind={editing === "new" ? undefined : editing} close={() => setEditing(undefined)} />}
    </section>
  );
}

function KindDialog({ settings, etag, kind, close }: SectionProps & { kind: Kind | undefined; close: () => void }) {
  const [name, setName] = useState(kind?.name ?? "");
  const [policy, setPolicy] = useState<Kind["policy"]>(kind?.policy ?? "cascade");
  const [keep, setKeep] = useState(kind?.keep?.join(", ") ?? "");
  const [years, setYears] = useState(String(Math.round(Number(/^P(\d+)D$/.exec(kind?.keepFor ?? "")?.[1] ?? 3650) / 365)));
  const id = useId();
  const changed: Kind =
    policy === "retain"
      ? { name, policy, keep: keep.split(",").map((field) => field.trim()).filter(Boolean), keepFor: years === "never" ? "never" : `P${Number(years) * 365}D` }
      : { name, policy };
  const save = useChange(
    () => {
      const kinds = kind ? settings.kinds.map((each) => (each.name === kind.name ? changed : each)) : [...settings.kinds, changed];
      return api.put("/v1/settings", { ifMatch: etag, body: { version: settings.version, retention: settings.retention, kinds, acknowledged: true } });
    },
    () => `The policy of ${name} is saved.`,
    close,
  );
  const wrong = !/^[a-z][a-z0-9_-]{0,31}$/.test(name) ? "Name it in lower-case letters, digits, hyphens." : policy === "retain" && !/^[1-9]\d?$/.test(years) ? "Give the years, from 1 to 99." : undefined;
  return (
    <Dialog form title={kind ? `Policy of ${kind.name}` : "Add a kind"} close={close} action={{ label: "Save", busy: save.isPending, unavailable: wrong, run: () => save.mutate(undefined) }}>
      {!kind && <Field label="Name" note="as invoice; it can’t be changed or removed" value={name} change={setName} maxLength={32} spellCheck={false} />}
      <div className="field">
        <label htmlFor={id}>When the customer is deleted</label>
        <select id={id} value={policy} onChange={(event) => setPolicy(event.target.value as Kind["policy"])}>
          {Object.entries(policies).map(([value, { name: text }]) => (
            <option key={value} value={value}>
              {text}
            </option>
          ))}
        </select>
        <p className="small">{policies[policy].meaning}</p>
      </div>
      {policy === "retain" && (
        <>
          <Field label="Fields that stay" note="with commas between them" value={keep} change={setKeep} spellCheck={false} />
          <Field label="Years after the purge" className="short" inputMode="numeric" value={years} change={(text) => setYears(text.trim())} />
        </>
      )}
      <p className="small">Purges that have begun keep the policy they began with.</p>
      {save.error && <Failure what="Nothing was saved." error={save.error} />}
    </Dialog>
  );
}
