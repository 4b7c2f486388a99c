import { useLayoutEffect, useRef, type KeyboardEvent } from "react";
import { Link } from "react-router";
import { Icon } from "./icon";
import type { Item } from "./menu";

type PopupProps = {
  id: string;
  label: string;
  subject: string | undefined;
  groups: Item[][];
  source: React.RefObject<HTMLButtonElement | null>;
  closed: () => void;
};

export default function Popup({ id, label, subject, groups, source, closed }: PopupProps) {
  const popup = useRef<HTMLDivElement>(null);
  const began = useRef(false);
  useLayoutEffect(() => {
    const shown = popup.current;
    const from = source.current;
    if (!shown || !from) return;
    if (!began.current) {
      began.current = true;
      shown.showPopover({ source: from });
      itemsOf(shown)[0]?.focus();
    } else if (!shown.matches(":popover-open")) {
      // Its row was moved to another place of the list, which hides a popover without a word.
      closed();
    }
  });
  const close = () => {
    popup.current?.hidePopover();
    source.current?.focus();
  };
  return (
    <div
      ref={popup}
      id={id}
      popover="auto"
      role="menu"
      tabIndex={-1}
      aria-label={subject ?? label}
      className="menu"
      onToggle={(event) => event.newState === "closed" && closed()}
      onKeyDown={(event) => move(event)}
    >
      {subject && <p className="subject" aria-hidden="true">{subject}</p>}
      {groups.filter((items) => items.length > 0).map((items, index) => (
        <div key={index} className="group" role="group">
          {items.map((item) => (
            <Entry key={item.label} item={item} close={close} />
          ))}
        </div>
      ))}
    </div>
  );
}

function Entry({ item, close }: { item: Item; close: () => void }) {
  const content = (
    <>
      {item.icon && <Icon name={item.icon} />}
      <span className="label">{item.label}</span>
      {item.detail && <span className="detail">{item.detail}</span>}
    </>
  );
  const className = item.danger ? "item danger" : "item";
  if (item.to !== undefined) {
    return (
      <Link role="menuitem" tabIndex={-1} className={className} to={item.to} onClick={close}>
        {content}
      </Link>
    );
  }
  return (
    <button
      type="button"
      role="menuitem"
      tabIndex={-1}
      className={className}
      onClick={() => {
        close();
        item.run();
      }}
    >
      {content}
    </button>
  );
}

function itemsOf(popup: HTMLElement): HTMLElement[] {
  return [...popup.querySelectorAll<HTMLElement>('[role="menuitem"]')];
}

function move(event: KeyboardEvent<HTMLDivElement>): void {
  const items = itemsOf(event.currentTarget);
  const at = items.indexOf(document.activeElement as HTMLElement);
  const next = target(event.key, at, items);
  if (event.key === "Tab") event.currentTarget.hidePopover();
  if (!next) return;
  event.preventDefault();
  next.focus();
}

function target(key: string, at: number, items: HTMLElement[]): HTMLElement | undefined {
  switch (key) {
    case "ArrowDown":
      return items[(at + 1) % items.length];
    case "ArrowUp":
      return items[(at - 1 + items.length) % items.length];
    case "Home":
      return items[0];
    case "End":
      return items.at(-1);
    default:
      if (key.length !== 1 || key === " ") return undefined;
      return [...items.slice(at + 1), ...items.slice(0, at + 1)].find((item) => item.textContent?.trim().toLowerCase().startsWith(key.toLowerCase()));
  }
}
