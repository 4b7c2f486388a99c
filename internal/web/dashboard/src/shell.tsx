import { useEffect, useState, type ReactNode } from "react";
import { Link, NavLink, useLocation } from "react-router";
import { broughtBack, returned, signOut } from "./auth/session";
import { Boundary } from "./parts/boundary";
import { Icon, Wordmark, type IconName } from "./parts/icon";
import { Keys } from "./parts/keys";
import { Menu } from "./parts/menu";
import { Note } from "./parts/basic";
import { Announcements } from "./state/announce";
import { useMe } from "./state/me";
import { useMay, type Act } from "./state/may";
import { fractionOf, isMoving, stageOf, titleOf, type Operation } from "./state/operation";
import { useOnline } from "./state/online";
import { useOperation, useOperations, useTotals } from "./state/queries";
import { count, initials } from "./words";

/** The frame of every page: the side bar, and what is said to screen readers. */
export function Shell({ children }: { children: ReactNode }) {
  const { pathname } = useLocation();
  // Open on the page where it was opened: another page closes it.
  const [openAt, setOpenAt] = useState<string>();
  const open = openAt === pathname;
  const setOpen = (on: boolean) => setOpenAt(on ? pathname : undefined);
  return (
    <div className="shell">
      <a className="skip" href="#main">
        Skip to the content
      </a>
      <SideBar open={open} />
      {open && <button type="button" className="veil" aria-label="Close the menu" onClick={() => setOpen(false)} />}
      <MenuSwitch open={open} toggle={() => setOpen(!open)} />
      <main id="main" tabIndex={-1}>
        <Offline />
        <SignedInAgain />
        <Boundary at={pathname}>{children}</Boundary>
      </main>
      <Announcements />
      <Keys />
    </div>
  );
}

function MenuSwitch({ open, toggle }: { open: boolean; toggle: () => void }) {
  return (
    <button type="button" className="menu-switch" aria-label="Menu" aria-expanded={open} aria-controls="sidebar" onClick={toggle}>
      <Icon name="menu" />
    </button>
  );
}

function SideBar({ open }: { open: boolean }) {
  const totals = useTotals();
  const running = useRunning().length;
  return (
    <header className={open ? "sidebar open" : "sidebar"} id="sidebar">
      <div className="brand">
        <Wordmark />
        <span className="place">{returned()?.config.place}</span>
      </div>
      <nav aria-label="Pages">
        <Page act="see" to="/" icon="home" name="Overview" />
        <hr />
        <Page act="see" to="/customers" icon="people" name="Customers" detail={totals.data && count(totals.data.active)} />
        <Page act="see" to="/deleted-customers" icon="trash" name="Deleted customers" detail={totals.data && count(totals.data.trash)} />
        <Page act="import" to="/import" icon="upload" name="Import" />
        <hr />
        <Page act="seeOperations" to="/operations" icon="list" name="Operations" detail={running > 0 ? `${running} running` : undefined} />
        <Page act="seeCertificates" to="/certificates" icon="shield" name="Certificates" />
        <Page act="seeAudit" to="/audit" icon="clock" name="Audit log" />
        <hr />
        <Page act="seeSettings" to="/settings" icon="sliders" name="Settings" />
      </nav>
      <Account />
    </header>
  );
}

/** Who has signed in, and the way out. */
function Account() {
  const me = useMe();
  const name = me?.name || me?.subject || "Signed in";
  return (
    <div className="account">
      <Menu subject={`Account of ${name}`} className="account-button" groups={[[{ label: "Sign out", icon: "leave", run: () => void signOut() }]]}>
        <span className="avatar" aria-hidden="true">
          {initials(name)}
        </span>
        <span className="visually-hidden">Account of </span>
        <span className="who">
          {name}
          <small>{me?.groups.join(", ")}</small>
        </span>
      </Menu>
    </div>
  );
}

function Page({ act, to, icon, name, detail }: { act: Act; to: string; icon: IconName; name: string; detail?: string | undefined }) {
  if (!useMay()(act)) return null;
  return (
    <NavLink to={to} end={to === "/"} title={name}>
      <Icon name={icon} />
      <span className="name">{name}</span>
      {detail && <span className="detail">{detail}</span>}
    </NavLink>
  );
}

/** Operations that are under way, also those of others. */
function useRunning(): Operation[] {
  const operations = useOperations(20);
  return (operations.data?.operations ?? []).filter((operation) => isMoving(stageOf(operation)));
}

type TopBarProps = {
  title: string;
  total?: string | undefined;
  /** Where a detail page leads back to; its title stands in the page. */
  back?: { to: string; name: string };
  actions?: ReactNode;
  /** An operation's own page doesn't repeat what runs. */
  quiet?: boolean;
};

export function TopBar({ title, total, back, actions, quiet = false }: TopBarProps) {
  useEffect(() => {
    // Names of customers stay out of titles: browsers keep those in their history.
    document.title = `${back ? back.name : title} · Lethe`;
  }, [title, back]);
  return (
    <header className="topbar">
      {back ? (
        <Link className="back" to={back.to}>
          <Icon name="left" />
          {back.name}
        </Link>
      ) : (
        <h1>
          {title}
          {total !== undefined && <span className="total">{total}</span>}
        </h1>
      )}
      <div className="right">
        {!quiet && <Running />}
        {actions}
      </div>
    </header>
  );
}

function Running() {
  const running = useRunning();
  const [first] = running;
  if (!first) return null;
  if (running.length > 1) {
    return (
      <Link className="running" to="/operations">
        <Icon name="spinner" />
        {running.length} running
      </Link>
    );
  }
  return <RunningOne id={first.id} />;
}

function RunningOne({ id }: { id: string }) {
  const { data } = useOperation(id);
  if (!data) return null;
  const percent = Math.round(fractionOf(data) * 100);
  return (
    <Link className="running" to={`/operations/${id}`}>
      <span className="what">{stageOf(data) === "planning" ? "Planning" : titleOf(data)}</span>
      {stageOf(data) === "planning" ? <progress aria-label="Planning" /> : <progress value={percent} max={100} aria-label={titleOf(data)} />}
      {stageOf(data) !== "planning" && <span>{percent} %</span>}
    </Link>
  );
}

function Offline() {
  if (useOnline()) return null;
  return (
    <div className="banner-note">
      <Note icon="warning">
        <strong>You are offline.</strong> What you see may be old. Nothing can be changed until the connection is back.
      </Note>
    </div>
  );
}

/** A change that was asked for before a sign-in is never made after it by itself. */
function SignedInAgain() {
  const { pathname } = useLocation();
  const [at, setAt] = useState(() => (broughtBack<boolean>("asked") ? pathname : undefined));
  if (at === undefined) return null;
  if (at !== pathname) setAt(undefined);
  return (
    <div className="banner-note">
      <Note>
        <strong>You have signed in again.</strong> What you asked for last may not be done: look, then ask for it again.
      </Note>
    </div>
  );
}
