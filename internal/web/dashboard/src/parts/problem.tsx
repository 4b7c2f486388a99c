import { lazy, Suspense } from "react";

const load = () => import("./failure");
const Shown = lazy(load);

/** Loads the texts of failures, so that they are there when the connection is not. */
export function loadFailures(): void {
  void load().catch(() => undefined);
}

export type FailureProps = { what: string; error: unknown; retry?: () => void };

/** What went wrong: where, why, and the way out. */
export function Failure(props: FailureProps) {
  return (
    <Suspense fallback={<p className="failure">{props.what}</p>}>
      <Shown {...props} />
    </Suspense>
  );
}
