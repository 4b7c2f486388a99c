import { lazy, Suspense, useId, useRef, useState, type ReactNode } from "react";
import type { IconName } from "./icon";

const load = () => import("./popup");
const Popup = lazy(load);

/** Loads what opens, before it is asked for. */
export const prepare = () => void load().catch(() => undefined);

export type Item =
  | { label: string; icon?: IconName; detail?: string; danger?: boolean; run: () => void; to?: never }
  | { label: string; icon?: IconName; detail?: string; danger?: boolean; to: string; run?: never };

type MenuProps = {
  /** What the button is called, where what it shows doesn't say it. */
  label?: string;
  /** What the menu is about, shown above the items on small screens. */
  subject?: string;
  className?: string;
  /** Groups of items, with a line between them. */
  groups: Item[][];
  children: ReactNode;
  icon?: IconName;
};

/** A button with a menu: a native popover at the button. Arrows, Home, End and letters move in it. */
export function Menu({ label, subject, className = "button default", groups, children }: MenuProps) {
  const [open, setOpen] = useState(false);
  const wasOpen = useRef(false);
  const button = useRef<HTMLButtonElement>(null);
  const id = useId();
  return (
    <>
      <button
        ref={button}
        type="button"
        className={className}
        aria-label={label}
        aria-haspopup="menu"
        aria-expanded={open}
        aria-controls={open ? id : undefined}
        onPointerEnter={prepare}
        onFocus={prepare}
        onPointerDown={() => (wasOpen.current = open)}
        onClick={() => {
          // The press that closed an open menu doesn't open it again.
          setOpen(!wasOpen.current);
          wasOpen.current = false;
        }}
      >
        {children}
      </button>
      <Suspense>{open && <Popup id={id} label={label ?? subject ?? ""} subject={subject} groups={groups} source={button} closed={() => setOpen(false)} />}</Suspense>
    </>
  );
}
