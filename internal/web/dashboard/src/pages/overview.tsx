import "../detail.css";
import { lazy, Suspense } from "react";
import { Link } from "react-router";
import { Time } from "../parts/basic";
import { Icon } from "../parts/icon";
import { Failure } from "../parts/problem";
import { useMay } from "../state/may";
import { useMe } from "../state/me";
import { needsOf } from "../state/needs";
import { fractionOf, isMoving, stageOf, titleOf, type Operation } from "../state/operation";
import { useAccess, useOperation, useOperations, useTotals } from "../state/queries";
import { TopBar } from "../shell";
import { count } from "../words";

const Charts = lazy(() => import("./overviewcharts"));

/** The newest operations that are looked through for what needs somebody. */
const looked = 100;
const listed = 8;

export default function OverviewPage() {
  const may = useMay();
  const totals = useTotals();
  const operations = useOperations(looked);
  const access = useAccess();
  const needs = needsOf(operations.data?.operations ?? [], useMe()?.subject, access.data?.access.proposal);
  const error = totals.error ?? operations.error ?? access.error;
  return (
    <>
      <TopBar title="Overview" quiet />
      <div className="page overview">
        <header className="head">
          <div className="title">
            <h2 className="page-title big">
              {operations.data && needs.length === 0 && !error && <Icon name="check" size={20} />}
              {error ? "Couldn’t be checked" : operations.data ? (needs.length === 0 ? "All is well" : needs.length === 1 ? "1 thing needs somebody" : `${needs.length} things need somebody`) : "Looking …"}
            </h2>
          </div>
          <ul className="line">
            <li>{!operations.data ? "" : needs.length === 0 ? "No plan waits, no operation failed" : "The newest operations were looked through"}</li>
          </ul>
        </header>
        <div className="columns">
          <div className="content">
            {error && <Failure what="Not everything could be loaded." error={error} retry={() => void Promise.all([totals.refetch(), operations.refetch(), ...(access.error ? [access.refetch()] : [])])} />}
            {needs.length > 0 && (
              <ul className="needs">
                {needs.slice(0, listed).map((need) => (
                  <li key={need.key}>
                    <Icon name={need.icon} />
                    <strong>{need.what}</strong>
                    <span className="why">{need.why}</span>
                    <span className="when">
                      {need.expires && "expires "}
                      <When at={need.expires ?? need.since} />
                    </span>
                    <Link to={need.to} aria-label={`${need.link}: ${need.what}`}>
                      {need.link}
                    </Link>
                  </li>
                ))}
              </ul>
            )}
            {needs.length > listed && <Link to="/operations">Show all operations</Link>}
            <Suspense>
              <Charts />
            </Suspense>
          </div>
          <aside className="side">
            <Running operations={operations.data?.operations ?? []} />
            <section className="panel">
              <h2>Customers</h2>
              {totals.data && (
                <ul className="counts">
                  <li>
                    <strong>{count(totals.data.active)}</strong> <Link to="/customers">active</Link>
                  </li>
                  <li>
                    <span>{count(totals.data.trash)}</span> <Link to="/deleted-customers">in the trash</Link>
                  </li>
                  <li>
                    <span>{count(totals.data.purged)}</span> {may("seeCertificates") ? <Link to="/certificates">purged, each with a certificate</Link> : "purged, each with a certificate"}
                  </li>
                </ul>
              )}
            </section>
          </aside>
        </div>
      </div>
    </>
  );
}

function When({ at }: { at: string | undefined }) {
  return at && <Time at={at} />;
}

function Running({ operations }: { operations: Operation[] }) {
  const running = operations.filter((operation) => isMoving(stageOf(operation)));
  const last = operations.find((operation) => operation.ended);
  return (
    <section className="panel">
      <h2>Running</h2>
      {running.slice(0, 3).map((operation) => (
        <RunningOne key={operation.id} id={operation.id} />
      ))}
      {running.length === 0 && (
        <p>
          Nothing runs.{" "}
          {last?.ended && (
            <>
              The last operation ended <Time at={last.ended} />: <Link to={`/operations/${last.id}`}>{titleOf(last)}</Link>
            </>
          )}
        </p>
      )}
    </section>
  );
}

function RunningOne({ id }: { id: string }) {
  const { data } = useOperation(id);
  if (!data) return null;
  const percent = Math.floor(fractionOf(data) * 100);
  const planning = stageOf(data) === "planning";
  return (
    <div className="running-one">
      <Link to={`/operations/${id}`}>{titleOf(data)}</Link>
      {!planning && <span>{percent} %</span>}
      {planning ? <progress aria-label={titleOf(data)} /> : <progress value={percent} max={100} aria-label={titleOf(data)} />}
    </div>
  );
}
