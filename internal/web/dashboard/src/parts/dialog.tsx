import "../dialog.css";
import { useEffect, useId, useRef, useState, type FormEvent, type ReactNode } from "react";
import { Button } from "./basic";
import { useOffline } from "../state/online";
import type { IconName } from "./icon";

/** A link in a dialog leads away from it. */
function leave(this: HTMLDialogElement, event: MouseEvent): void {
  if (event.target instanceof Element && event.target.closest("a[href]")) this.close();
}

type DialogProps = {
  title: string;
  children: ReactNode;
  /** What the dialog does; without one there is only Close. */
  action?: { label: string; icon?: IconName; danger?: boolean; busy: boolean; unavailable?: string | undefined; run: () => void };
  /** A form: the first field has the focus, not Cancel. */
  form?: boolean;
  close: () => void;
};

/** A native dialog. Esc cancels; a press outside does, too, until something was typed. */
export function Dialog({ title, children, action, form = false, close }: DialogProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const cancel = useRef<HTMLButtonElement>(null);
  const [typed, setTyped] = useState(false);
  const heading = useId();
  const offline = useOffline();
  const unavailable = action && (action.unavailable ?? offline);
  useEffect(() => {
    const shown = dialog.current;
    if (!shown) return undefined;
    const opener = document.activeElement;
    shown.showModal();
    shown.addEventListener("click", leave);
    const first = form ? shown.querySelector<HTMLElement>("input, select, textarea") : null;
    (first ?? cancel.current)?.focus();
    return () => {
      shown.removeEventListener("click", leave);
      // A dialog that another one replaces leaves the focus nowhere.
      if (opener instanceof HTMLElement && document.activeElement === document.body) opener.focus();
    };
  }, [form]);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (action && !action.busy && !unavailable) action.run();
  };
  return (
    <dialog ref={dialog} className="dialog" aria-labelledby={heading} {...{ closedby: typed ? "closerequest" : "any" }} onClose={close} onInput={() => setTyped(true)}>
      <form onSubmit={submit} noValidate>
        <div className="content">
          <h2 id={heading}>{title}</h2>
          {children}
        </div>
        <footer>
          {unavailable && <p className="reason">{unavailable}</p>}
          <Button ref={cancel} onClick={() => dialog.current?.close()}>
            {action ? "Cancel" : "Close"}
          </Button>
          {action && (
            <Button submit look={action.danger ? "danger-fill" : "primary"} {...(action.icon ? { icon: action.icon } : {})} unavailable={unavailable ?? (action.busy ? "Under way" : undefined)}>
              {action.label}
            </Button>
          )}
        </footer>
      </form>
    </dialog>
  );
}
