import { lazy, Suspense, type ReactNode } from "react";
import { useMay, type Act } from "../state/may";

const Lacking = lazy(() => import("./lacking"));

/** A page that only those see who may. */
export function Needs({ act, to, title, children }: { act: Act; to: string; title: string; children: ReactNode }) {
  if (useMay()(act)) return children;
  return (
    <Suspense>
      <Lacking act={act} to={to} title={title} />
    </Suspense>
  );
}
