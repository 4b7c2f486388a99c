import "../list.css";
import { Link, useLocation, useNavigate } from "react-router";
import { Button, Empty, Skeleton, Time } from "../parts/basic";
import { OperationTag } from "../parts/operationtag";
import { Failure } from "../parts/problem";
import { titleOf, type Operation } from "../state/operation";
import { useOperations } from "../state/queries";
import { TopBar } from "../shell";
import { actor, count } from "../words";

const size = 50;

export default function OperationsPage() {
  const location = useLocation();
  const navigate = useNavigate();
  const cursors = (location.state as { cursors?: string[] } | null)?.cursors ?? [];
  const page = useOperations(size, cursors.at(-1));
  const operations = page.data?.operations ?? [];
  const go = (next: string[]) => void navigate(".", { state: { cursors: next } });
  return (
    <>
      <TopBar title="Operations" quiet />
      <div className="listpage">
        {page.error && (
          <div className="banner-note">
            <Failure what="Operations couldn’t be loaded." error={page.error} retry={() => void page.refetch()} />
          </div>
        )}
        {page.isPending && !page.error && <Skeleton rows={8} columns={5} />}
        {page.data && operations.length === 0 && (
          <Empty icon="list" title="No operations yet">
            What is done to many customers at once is planned, run and reported here.
          </Empty>
        )}
        {operations.length > 0 && (
          <table className={page.isPlaceholderData ? "table edge stale" : "table edge"}>
            <caption className="visually-hidden">Operations, newest first</caption>
            <thead>
              <tr>
                <th scope="col">Operation</th>
                <th scope="col">State</th>
                <th scope="col" className="wide">
                  Planned by
                </th>
                <th scope="col">Planned</th>
                <th scope="col" className="wide">
                  Why
                </th>
                <th scope="col" className="right wide">
                  Done
                </th>
                <th scope="col" className="right wide">
                  Failed
                </th>
              </tr>
            </thead>
            <tbody>
              {operations.map((operation) => (
                <Row key={operation.id} operation={operation} />
              ))}
            </tbody>
          </table>
        )}
        {(cursors.length > 0 || page.data?.nextCursor) && (
          <div className="foot">
            <nav className="pager" aria-label="Pages of the list">
              <div className="actions">
                <Button online look="quiet" unavailable={cursors.length === 0 ? "This is the first page" : undefined} onClick={() => go([])}>
                  First
                </Button>
                <Button online look="quiet" icon="left" unavailable={cursors.length === 0 ? "This is the first page" : undefined} onClick={() => go(cursors.slice(0, -1))}>
                  Newer
                </Button>
                <Button online look="quiet" unavailable={page.data?.nextCursor ? undefined : "This is the last page"} onClick={() => page.data?.nextCursor && go([...cursors, page.data.nextCursor])}>
                  Older
                </Button>
              </div>
            </nav>
          </div>
        )}
      </div>
    </>
  );
}

function Row({ operation }: { operation: Operation }) {
  // Those under way are listed without their progress; plans have none yet.
  const known = operation.ended !== undefined;
  return (
    <tr>
      <th scope="row">
        <Link to={`/operations/${operation.id}`}>{titleOf(operation)}</Link>
      </th>
      <td>
        <OperationTag operation={operation} />
      </td>
      <td className="wide">{actor(operation.by)}</td>
      <td>
        <Time at={operation.created} />
      </td>
      <td className="wide">{operation.reason ?? <span className="missing">–</span>}</td>
      <td className="right wide">{known ? count(operation.progress.done) : <span className="missing">–</span>}</td>
      <td className="right wide">{known ? count(operation.progress.failed) : <span className="missing">–</span>}</td>
    </tr>
  );
}
