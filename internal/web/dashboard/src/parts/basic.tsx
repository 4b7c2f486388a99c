import type { ButtonHTMLAttributes, ReactNode } from "react";
import { Link } from "react-router";
import { useOffline } from "../state/online";
import { exactly, relative } from "../time";
import { count } from "../words";
import { Icon, type IconName } from "./icon";

type Look = "default" | "primary" | "quiet" | "danger" | "danger-fill";

type ButtonProps = Omit<ButtonHTMLAttributes<HTMLButtonElement>, "disabled" | "type"> & {
  look?: Look;
  icon?: IconName;
  size?: "bar" | "full";
  submit?: boolean;
  /** It asks the API for something, so it can't be used without a connection. */
  online?: boolean;
  /** Why it can't be used now. It stays focusable; the reason has to stand beside it, too. */
  unavailable?: string | undefined;
  ref?: React.Ref<HTMLButtonElement>;
};

export function Button({ look = "default", icon, size, submit, online = false, unavailable: otherwise, children, onClick, className, ...rest }: ButtonProps) {
  const offline = useOffline();
  const unavailable = otherwise ?? (online ? offline : undefined);
  return (
    <button
      {...rest}
      type={submit ? "submit" : "button"}
      className={["button", look, size, className].filter(Boolean).join(" ")}
      aria-disabled={unavailable ? true : undefined}
      onClick={(event) => {
        if (unavailable) event.preventDefault();
        else onClick?.(event);
      }}
    >
      {icon && <Icon name={icon} />}
      {children}
    </button>
  );
}

export function ButtonLink({ to, icon, look = "default", className, name, children }: { to: string; icon?: IconName; look?: Look; className?: string; name?: string; children: ReactNode }) {
  return (
    <Link to={to} className={["button", look, className].filter(Boolean).join(" ")} aria-label={name}>
      {icon && <Icon name={icon} />}
      {children}
    </Link>
  );
}

/** A moment as people say it; the exact one on hover. */
export function Time({ at }: { at: string }) {
  return (
    <time dateTime={at} title={exactly(at)}>
      {relative(at)}
    </time>
  );
}

export type TagLook = "plain" | "outline" | "trash" | "danger" | "accent";

export function Tag({ look = "plain", icon, children }: { look?: TagLook; icon: IconName; children: ReactNode }) {
  return (
    <span className={`tag ${look}`}>
      <Icon name={icon} size={12} />
      {children}
    </span>
  );
}

type Flags = { state: string; blocked: boolean; held: boolean };

/** What differs from an ordinary customer of the page. */
export function Flags({ of, trashIsPlain = false }: { of: Flags; trashIsPlain?: boolean }) {
  return (
    <>
      {of.state === "purging" && <Tag look="danger" icon="eraser">Purging</Tag>}
      {of.state === "deleted" && !trashIsPlain && <Tag look="trash" icon="trash">In trash</Tag>}
      {of.blocked && <Tag icon="ban">Blocked</Tag>}
      {of.held && <Tag look="outline" icon="lock">On hold</Tag>}
    </>
  );
}

export function Note({ icon = "info", children, tone = "plain" }: { icon?: IconName; children: ReactNode; tone?: "plain" | "accent" }) {
  return (
    <div className={`note ${tone}`}>
      <Icon name={icon} />
      <p>{children}</p>
    </div>
  );
}

export function Empty({ icon, title, children, actions }: { icon: IconName; title: string; children?: ReactNode; actions?: ReactNode }) {
  return (
    <div className="empty">
      <Icon name={icon} size={20} />
      <h2>{title}</h2>
      {children && <p>{children}</p>}
      {actions && <div className="actions">{actions}</div>}
    </div>
  );
}

export type Fact = { name: string; value: ReactNode; detail?: ReactNode };

export function Facts({ facts, aligned = "left" }: { facts: Fact[]; aligned?: "left" | "right" }) {
  return (
    <dl className={`facts ${aligned}`}>
      {facts.map((fact) => (
        <div key={fact.name}>
          <dt>{fact.name}</dt>
          <dd>
            {fact.value}
            {fact.detail && <span className="detail">{fact.detail}</span>}
          </dd>
        </div>
      ))}
    </dl>
  );
}

export type Figure = { n: number | string; what: string; lead?: boolean; warn?: boolean };

export function Figures({ figures }: { figures: Figure[] }) {
  return (
    <dl className="figures">
      {figures.map((figure) => (
        <div key={figure.what} className={figure.lead ? "lead" : undefined}>
          <dt>
            {figure.warn && <Icon name="warning" />}
            {figure.what}
          </dt>
          <dd>{typeof figure.n === "number" ? count(figure.n) : figure.n}</dd>
        </div>
      ))}
    </dl>
  );
}

export function Skeleton({ rows, columns }: { rows: number; columns: number }) {
  return (
    <div className="skeleton" aria-hidden="true">
      {Array.from({ length: rows }, (_, row) => (
        <div key={row} className="line">
          {Array.from({ length: columns }, (_nothing, column) => (
            <span key={column} className={`bar b${(row * 3 + column * 5) % 7}`} />
          ))}
        </div>
      ))}
    </div>
  );
}
