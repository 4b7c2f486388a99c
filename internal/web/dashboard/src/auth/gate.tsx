import { lazy, Suspense, type ReactNode } from "react";
import { Boundary } from "../parts/boundary";
import { useView } from "./session";

const Stopped = lazy(() => import("./stopped"));

/** Shows the dashboard to those who have signed in, and to others why it isn't shown. */
export function Gate({ children }: { children: ReactNode }) {
  const view = useView();
  if (view.at === "dashboard") return children;
  const starting = <main className="loading" aria-busy="true" aria-label="Signing in" />;
  if (view.at === "starting") return starting;
  return (
    <Boundary at={view.why}>
      <Suspense fallback={starting}>
        <Stopped why={view.why} detail={view.detail} />
      </Suspense>
    </Boundary>
  );
}
