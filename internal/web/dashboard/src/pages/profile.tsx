import "../detail.css";
import { lazy, Suspense, useState } from "react";
import { Link, NavLink, useParams } from "react-router";
import { isMissing, Refusal, type Schema } from "../api/client";
import { Button, ButtonLink, Empty, Facts, Flags, Skeleton, Tag, Time, type Fact } from "../parts/basic";
import { Icon } from "../parts/icon";
import { Menu } from "../parts/menu";
import { Failure } from "../parts/problem";
import { RecordSection } from "../parts/records";
import { useMay } from "../state/may";
import { useCustomer, useSettings, type Customer } from "../state/queries";
import { TopBar } from "../shell";
import { onDay } from "../time";
import { actor, count, counted, fieldTitle, kindTitle, nameOf } from "../words";
import { useCustomerActions } from "./actions";

const CertificateView = lazy(() => import("./certificateview"));
const AddRecord = lazy(() => import("./addrecord"));
const Hidden = lazy(() => import("./hidden"));
const Log = lazy(() => import("./log"));
const LiftDialog = lazy(() => import("./lift"));
const TrashBanner = lazy(() => import("./trashbanner"));

type Kinds = Schema<"Kind">[];

export default function ProfilePage({ tab }: { tab?: "log" }) {
  const { id = "", kind } = useParams();
  const customer = useCustomer(id);
  const settings = useSettings();
  const refusal = customer.error instanceof Refusal ? customer.error : undefined;
  if (refusal?.code === "PURGED" && refusal.problem?.certificate) return <CertificateView certificate={refusal.problem.certificate} back={{ to: "/customers", name: "Customers" }} />;
  const inTrash = customer.data !== undefined && customer.data.customer.state !== "active";
  return (
    <>
      <TopBar title="Profile" back={inTrash ? { to: "/deleted-customers", name: "Deleted customers" } : { to: "/customers", name: "Customers" }} />
      {!customer.data && <h1 className="visually-hidden">Profile</h1>}
      {isMissing(refusal) ? (
        <Empty icon="search" title="There is no such customer" actions={<ButtonLink to="/customers">Go to customers</ButtonLink>}>
          None has the id {id}, and none with it was purged.
        </Empty>
      ) : (
        customer.error && (
          <div className="banner-note">
            <Failure what="The customer couldn’t be loaded." error={customer.error} retry={() => void customer.refetch()} />
          </div>
        )
      )}
      {customer.isPending && !customer.error && <Skeleton rows={8} columns={3} />}
      {customer.data && <Profile customer={customer.data.customer} kinds={settings.data?.settings.kinds ?? []} show={tab ?? kind} />}
    </>
  );
}

function Profile({ customer, kinds, show }: { customer: Customer; kinds: Kinds; show: string | undefined }) {
  const actions = useCustomerActions();
  const [adding, setAdding] = useState<string>();
  const active = customer.state === "active";
  const name = nameOf(customer);
  const menu = actions.menu(customer, true);
  return (
    <>
      {!active && (
        <Suspense fallback={null}>
          <TrashBanner customer={customer} restore={() => actions.restore(customer)} purge={() => actions.ask("purge", customer)} />
        </Suspense>
      )}
      <div className="page">
        <header className="head">
          <div className="title">
            <h1>{name}</h1>
            {active && !customer.blocked && !customer.held && (
              <Tag look="outline" icon="check">
                Active
              </Tag>
            )}
            <Flags of={customer} />
          </div>
          <ul className="line">
            <li>{customer.id}</li>
            {customer.email && <li>{customer.email}</li>}
            {customer.created && <li>Customer since {onDay(customer.created)}</li>}
          </ul>
          <div className="actions">
            {active ? (
              <>
                {actions.may("edit") && (
                  <ButtonLink to={`/customers/${customer.id}/edit`} icon="pen">
                    Edit profile
                  </ButtonLink>
                )}
                {menu.flat().length > 0 && (
                  <Menu label="Actions" subject={name} groups={menu}>
                    Actions
                    <Icon name="down" />
                  </Menu>
                )}
              </>
            ) : (
              <Tag look="outline" icon="eye">
                Read only
              </Tag>
            )}
          </div>
        </header>
        {actions.error && <Failure what="Nothing was changed." error={actions.error} />}
        <Tabs customer={customer} kinds={kinds} />
        <div className="columns">
          <div className="content">
            {show === "log" ? (
              <Suspense>
                <Log id={customer.id} />
              </Suspense>
            ) : active ? (
              <Records customer={customer} kinds={kinds} only={show} add={setAdding} />
            ) : (
              <Suspense>
                <Hidden customer={customer} />
              </Suspense>
            )}
          </div>
          <aside className="side">
            <Blockers customer={customer} kinds={kinds} />
            <Holds customer={customer} />
            <Details customer={customer} />
          </aside>
        </div>
      </div>
      {actions.dialog}
      <Suspense>{adding !== undefined && <AddRecord customer={customer} kind={adding} close={() => setAdding(undefined)} />}</Suspense>
    </>
  );
}

function Tabs({ customer, kinds }: { customer: Customer; kinds: Kinds }) {
  const may = useMay();
  const base = `/customers/${customer.id}`;
  const names = [...new Set([...kinds.filter((kind) => (customer.records[kind.name] ?? 0) > 0).map((kind) => kind.name), ...Object.keys(customer.records)])];
  return (
    <nav className="tabs" aria-label="Of this customer">
      <NavLink to={base} end>
        Overview
      </NavLink>
      {names.map((kind) => (
        <NavLink key={kind} to={`${base}/records/${kind}`}>
          {kindTitle(kind)} <span className="total">{count(customer.records[kind] ?? 0)}</span>
        </NavLink>
      ))}
      {may("seeLog") && <NavLink to={`${base}/log`}>Log</NavLink>}
    </nav>
  );
}

function Records({ customer, kinds, only, add }: { customer: Customer; kinds: Kinds; only: string | undefined; add: (kind: string) => void }) {
  const may = useMay();
  const policyOf = (name: string) => kinds.find((kind) => kind.name === name)?.policy;
  const names = only ? [only] : Object.keys(customer.records).filter((kind) => (customer.records[kind] ?? 0) > 0);
  if (names.length === 0) {
    return (
      <Empty icon="list" title="No records yet" actions={may("addRecord") && <Button icon="plus" onClick={() => add(kinds[0]?.name ?? "")}>Add a record…</Button>}>
        Invoices, tickets, bookings and the like hang on a customer, and go with it.
      </Empty>
    );
  }
  return names.map((kind) => (
    <RecordSection key={kind} customer={customer.id} kind={kind} total={customer.records[kind] ?? 0} policy={policyOf(kind)} few={!only} add={() => add(kind)} />
  ));
}

function Blockers({ customer, kinds }: { customer: Customer; kinds: Kinds }) {
  const blocking = kinds.filter((kind) => kind.policy === "restrict" && (customer.records[kind.name] ?? 0) > 0);
  if (customer.state !== "active" || blocking.length === 0) return null;
  return (
    <section className="panel">
      <h2>
        <Icon name="lock" />
        Can’t be deleted yet
      </h2>
      <p>These records must be removed first, or their kind’s policy changed.</p>
      <ul>
        {blocking.map((kind) => (
          <li key={kind.name}>
            <Link to={`/customers/${customer.id}/records/${kind.name}`}>{counted(customer.records[kind.name] ?? 0, kind.name)}</Link>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Holds({ customer }: { customer: Customer }) {
  const [lifting, setLifting] = useState<string>();
  const may = useMay();
  if (customer.holds.length === 0) return null;
  return (
    <section className="panel">
      <h2>
        <Icon name="lock" />
        {customer.holds.length === 1 ? "Legal hold" : "Legal holds"}
      </h2>
      <p>Neither deleted nor permanently deleted until lifted.</p>
      <ul className="holds">
        {customer.holds.map((hold) => (
          <li key={hold.id}>
            <span>
              <strong>{hold.id}</strong>
              <span className="small">
                {hold.reason ? `${hold.reason}. ` : ""}By {actor(hold.by)}, <Time at={hold.time} />
              </span>
            </span>
            {may("lift") && (
              <Button size="bar" aria-label={`Lift the hold ${hold.id}…`} onClick={() => setLifting(hold.id)}>
                Lift…
              </Button>
            )}
          </li>
        ))}
      </ul>
      <Suspense>{lifting !== undefined && <LiftDialog customer={customer} hold={lifting} close={() => setLifting(undefined)} />}</Suspense>
    </section>
  );
}

function Details({ customer }: { customer: Customer }) {
  const none = <span className="missing">–</span>;
  const facts: Fact[] = [
    { name: "Organisation", value: customer.organisation || none },
    { name: "Name", value: [customer.firstName, customer.lastName].filter(Boolean).join(" ") || none },
    { name: "E-mail", value: customer.email || none },
    { name: "Contact number", value: customer.phone || none },
    { name: "Push notifications", value: customer.push ? "On" : "Off" },
    { name: "Created", value: customer.created ? <Time at={customer.created} /> : none },
  ];
  const consents = Object.entries(customer.consents ?? {});
  return (
    <section className="panel">
      <h2>Details</h2>
      <Facts facts={facts} />
      {consents.length > 0 && (
        <div className="part">
          <h2>Consents</h2>
          <Facts facts={consents.map(([name, given]) => ({ name: fieldTitle(name), value: given ? "Given" : "Not given" }))} />
        </div>
      )}
    </section>
  );
}
