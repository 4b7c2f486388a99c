import type { ReactNode } from "react";
import { Link } from "react-router";
import { Refusal } from "../api/client";
import { explain, requestOf } from "../api/refusals";
import { signIn, type SignIn } from "../auth/session";
import { counted } from "../words";
import { Button } from "./basic";
import { Icon } from "./icon";
import type { FailureProps } from "./problem";

/** What went wrong, in ink: where, why, and the way out. */
export default function Failure({ what, error, retry }: FailureProps) {
  const request = requestOf(error);
  const again = signInFor(error);
  return (
    <div className="failure" role="alert">
      <Icon name="warning" />
      <p>
        <strong>{what}</strong> {explain(error)} <WayOut error={error} />
        {request && <span className="request"> Request {request}.</span>}
      </p>
      {again ? (
        <Button size="bar" online onClick={() => void signIn(again)}>
          Sign in again
        </Button>
      ) : (
        retry && (
          <Button size="bar" onClick={retry}>
            Retry now
          </Button>
        )
      )}
    </div>
  );
}

/** The sign-in that leads out of a refusal. */
function signInFor(error: unknown): SignIn | undefined {
  if (!(error instanceof Refusal) || error.status !== 401) return undefined;
  if (error.code !== "STALE_SIGN_IN") return { silent: true };
  return { silent: false, prompt: "login", maxAge: error.problem?.maxAge };
}

/** Links that lead out of a refusal. */
function WayOut({ error }: { error: unknown }): ReactNode {
  const problem = error instanceof Refusal ? error.problem : undefined;
  if (!problem) return null;
  if (problem.owner) {
    const where = problem.owner.state === "active" ? "View the customer" : "It is in the trash: view it to restore it, or to permanently delete it";
    return <Link to={`/customers/${problem.owner.id}`}>{where}</Link>;
  }
  const fields = problem.errors?.filter((each) => each.problem).map((each) => (each.field ? `${each.field} ${each.problem}` : each.problem));
  if (fields && fields.length > 0) return <span>{fields.join("; ")}.</span>;
  if (problem.blocking) return <span>It has {problem.blocking.map((each) => counted(each.count, each.kind)).join(", ")}.</span>;
  return null;
}
