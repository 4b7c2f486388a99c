import { useEffect, useRef, type ReactNode } from "react";
import { Button } from "../parts/basic";
import { Icon, Wordmark, type IconName } from "../parts/icon";
import { signIn, type Why } from "./session";

type Told = { icon: IconName; title: string; text: (detail: string | undefined) => ReactNode; act: { label: string; primary?: boolean; run: () => void } };

const reload = () => location.reload();
const toStart = () => location.assign("/");
const asSomebodyElse = { label: "Sign in as somebody else", run: () => void signIn({ silent: false, prompt: "login" }) };
const asked = { label: "Sign in", primary: true, run: () => void signIn({ silent: false }) };

const told: Record<Why, Told> = {
  "signed-out": { icon: "person", title: "You are signed out", text: () => "Sign in to work with customers.", act: { label: "Sign in", primary: true, run: toStart } },
  ended: { icon: "person", title: "You are not signed in", text: () => "Sign in to come back to this page.", act: asked },
  suspended: { icon: "ban", title: "Your account is suspended", text: () => "You can’t see or change anything here. An administrator who manages permissions can lift the suspension.", act: asSomebodyElse },
  unconfigured: {
    icon: "sliders",
    title: "Sign-in is not configured",
    text: (detail) => (
      <>
        {detail} Give the dashboard’s function <code>ISSUER</code>, <code>CLIENT_ID</code> and <code>SCOPE</code>: the page about deploying says which. The API works without the dashboard.
      </>
    ),
    act: { label: "Try again", run: reload },
  },
  unreachable: { icon: "warning", title: "Sign-in can’t be reached", text: () => "Lethe or your identity provider doesn’t answer. Check the connection, then try again.", act: { label: "Try again", run: reload } },
  foreign: { icon: "warning", title: "This sign-in was not begun here", text: () => "The link is old, belongs to another tab, or was made by somebody else. It was not used.", act: { label: "Sign in", primary: true, run: toStart } },
  denied: { icon: "lock", title: "You were not signed in", text: (detail) => `Your identity provider says: ${ended(detail)}`, act: asked },
  invalid: { icon: "warning", title: "The sign-in was not accepted", text: (detail) => `The answer of the identity provider is not what was asked for: ${ended(detail)}`, act: asked },
  refused: {
    icon: "lock",
    title: "Lethe doesn’t accept your sign-in",
    text: () => "Your identity provider has signed you in, but the API refuses the token. If it stays so, the issuer, the audience or the scope of the two differ: tell who runs Lethe.",
    act: asSomebodyElse,
  },
};

function ended(detail: string | undefined): string {
  const text = detail ?? "no reason";
  return text.endsWith(".") ? text : `${text}.`;
}

/** In the place of the dashboard: why it isn't shown, and the way out. */
export default function Stopped({ why, detail }: { why: Why; detail: string | undefined }) {
  const { icon, title, text, act } = told[why];
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    document.title = `${title} · Lethe`;
    heading.current?.focus();
  }, [title]);
  return (
    <main className="stopped">
      <Wordmark />
      <div className="empty">
        <Icon name={icon} size={20} />
        <h1 ref={heading} tabIndex={-1}>
          {title}
        </h1>
        <p>{text(detail)}</p>
        <div className="actions">
          <Button look={act.primary ? "primary" : "default"} online onClick={act.run}>
            {act.label}
          </Button>
        </div>
      </div>
    </main>
  );
}
