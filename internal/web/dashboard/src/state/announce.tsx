import { createContext, useCallback, useContext, useMemo, useState, type ReactNode } from "react";

type Announcements = { announce: (text: string) => void; text: string };

const Context = createContext<Announcements>({ announce: () => {}, text: "" });

export function Announcer({ children }: { children: ReactNode }) {
  const [text, setText] = useState("");
  const announce = useCallback((said: string) => setText(said), []);
  const value = useMemo(() => ({ announce, text }), [announce, text]);
  return <Context value={value}>{children}</Context>;
}

/** Says something to those who don't see the page change. */
export function useAnnounce(): (text: string) => void {
  return useContext(Context).announce;
}

export function Announcements() {
  return (
    <p className="visually-hidden" role="status">
      {useContext(Context).text}
    </p>
  );
}
