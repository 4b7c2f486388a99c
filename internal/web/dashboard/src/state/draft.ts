import { useState } from "react";
import { useLocation, useNavigate } from "react-router";
import { broughtBack, takeAlong } from "../auth/session";

/** What was typed into forms and not saved: in memory for another visit, and in the history entry for a reload. Never in an address. */
const drafts = new Map<string, unknown>(Object.entries(broughtBack<object>("drafts") ?? {}));
takeAlong("drafts", () => Object.fromEntries(drafts));

/** The draft of a form, as it was left, and how to keep and to drop it. The name tells forms apart. */
export function useDraft<Draft>(name: string) {
  const navigate = useNavigate();
  const location = useLocation();
  const [found] = useState(() => (drafts.get(name) ?? (location.state as { draft?: unknown } | null)?.draft) as Draft | undefined);
  const remember = (draft: Draft | undefined) => {
    if (draft === undefined) drafts.delete(name);
    else drafts.set(name, draft);
    void navigate(".", { replace: true, state: draft === undefined ? null : { draft } });
  };
  return { found, keep: (draft: Draft) => remember(draft), drop: () => remember(undefined) };
}
