import { TopBar } from "../shell";
import { acts, type Act } from "../state/may";
import { Empty } from "./basic";

/** In the place of a page that the administrator may not see: which permission is missing. */
export default function Lacking({ act, to, title }: { act: Act; to: string; title: string }) {
  return (
    <>
      <TopBar title={title} />
      <Empty icon="lock" title={`You can’t ${to}`}>
        Your account lacks the permission <code>{acts[act].needs.join(" or ")}</code>. Ask an administrator who manages permissions.
      </Empty>
    </>
  );
}
