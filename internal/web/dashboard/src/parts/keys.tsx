import { lazy, Suspense, useEffect, useRef, useState } from "react";
import { useNavigate } from "react-router";
import { loadFailures } from "./problem";

const load = () => import("./keylist");
const KeyList = lazy(load);

/** Milliseconds after which the list of keys and the texts of failures are loaded, so that they are there offline, too. */
const idle = 2500;

const pages: Record<string, string> = { o: "/", c: "/customers", d: "/deleted-customers", r: "/operations", s: "/settings" };

/** Whether a key is meant for what has the focus. */
export function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName)) && !target.matches('input[type="checkbox"], input[type="radio"]');
}

const chord = 1200;

/** Single keys, while no field has the focus and no dialog or menu is open. They can be switched off. */
export function Keys() {
  const navigate = useNavigate();
  const [shown, setShown] = useState(false);
  const [on, setOn] = useState(() => localStorage.getItem("keys") !== "off");
  const began = useRef(0);
  useEffect(() => {
    const timer = setTimeout(() => {
      loadFailures();
      void load().catch(() => undefined);
    }, idle);
    return () => clearTimeout(timer);
  }, []);
  useEffect(() => {
    const pressed = (event: KeyboardEvent) => {
      if (isTyping(event.target) || event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open], [popover]:popover-open")) return;
      if (event.key === "?") setShown(true);
      if (!on) return;
      const page = Date.now() - began.current < chord ? pages[event.key] : undefined;
      began.current = event.key === "g" ? Date.now() : 0;
      if (page) void navigate(page);
      // Before a row has the focus; from there on the list itself listens.
      if (event.key === "j" && event.target === document.body) document.querySelector<HTMLElement>("tr[data-id] a")?.focus();
      if (event.key === "Delete") document.querySelector<HTMLElement>('[aria-keyshortcuts="Delete"]')?.click();
      if (event.key === "/") {
        const search = document.querySelector<HTMLElement>('input[type="search"]');
        if (search) event.preventDefault();
        search?.focus();
      }
    };
    addEventListener("keydown", pressed);
    return () => removeEventListener("keydown", pressed);
  }, [navigate, on]);
  if (!shown) return null;
  const flip = () => {
    localStorage.setItem("keys", on ? "off" : "on");
    setOn(!on);
  };
  return (
    <Suspense>
      <KeyList on={on} flip={flip} close={() => setShown(false)} />
    </Suspense>
  );
}
