const paths = {
  home: "M2.5 7.2 8 2.5l5.5 4.7v6.3h-4V9.6h-3v3.9h-4z",
  people: "M6 7.4a2.4 2.4 0 1 0 0-4.8 2.4 2.4 0 0 0 0 4.8ZM1.8 13.4c0-2.6 1.8-4 4.2-4s4.2 1.4 4.2 4M10.6 2.8a2.4 2.4 0 0 1 0 4.4M11.6 9.6c1.6.4 2.6 1.7 2.6 3.8",
  person: "M8 7.6a2.6 2.6 0 1 0 0-5.2 2.6 2.6 0 0 0 0 5.2ZM3 13.6c0-2.9 2.1-4.4 5-4.4s5 1.5 5 4.4",
  leave: "M9.4 2.6h4v10.8h-4M6 5 3 8l3 3M3 8h6.6",
  trash: "M2.8 4.2h10.4M6 4.2V2.6h4v1.6M4.2 4.2l.7 9.2h6.2l.7-9.2",
  eraser: "m8.9 2.6 4.5 4.5-6.3 6.3H4.4l-2-2a1 1 0 0 1 0-1.4zM5.6 5.9l4.5 4.5M7.1 13.4h6.3",
  lock: "M4 7.2h8v6.2H4zM5.6 7.2V5a2.4 2.4 0 0 1 4.8 0v2.2",
  ban: "M8 13.6A5.6 5.6 0 1 0 8 2.4a5.6 5.6 0 0 0 0 11.2ZM4 4l8 8",
  back: "M3 6.2h6.6a3.4 3.4 0 0 1 0 6.8H6.4M5.8 3.2 2.8 6.2l3 3",
  check: "m3 8.4 3.3 3.3L13 4.9",
  shield: "M8 2.2 13 4v4c0 3-2 5-5 6-3-1-5-3-5-6V4zM5.7 8l1.7 1.7 3-3.2",
  list: "M7.4 4.2h6.2M7.4 8h6.2M7.4 11.8h6.2M2.2 4.2l1 1 1.8-2M2.2 11.6l1 1 1.8-2M2.6 8h2",
  sliders: "M2 4.4h7M12.4 4.4H14M2 8h1.6M7 8h7M2 11.6h6M11.4 11.6H14M10.7 6.1a1.7 1.7 0 1 0 0-3.4 1.7 1.7 0 0 0 0 3.4ZM5.3 9.7a1.7 1.7 0 1 0 0-3.4 1.7 1.7 0 0 0 0 3.4ZM9.7 13.3a1.7 1.7 0 1 0 0-3.4 1.7 1.7 0 0 0 0 3.4Z",
  search: "M7 11.6a4.6 4.6 0 1 0 0-9.2 4.6 4.6 0 0 0 0 9.2ZM10.4 10.4l3.4 3.4",
  filter: "M2.2 4.2h11.6M4.4 8h7.2M6.4 11.8h3.2",
  columns: "M2.4 2.8h11.2v10.4H2.4zM6.1 2.8v10.4M9.9 2.8v10.4",
  plus: "M8 3v10M3 8h10",
  more: "M3.4 8h.01M8 8h.01M12.6 8h.01",
  close: "m4 4 8 8M12 4l-8 8",
  down: "m4.4 6.4 3.6 3.6 3.6-3.6",
  left: "M9.8 4.2 6 8l3.8 3.8",
  right: "M6.2 4.2 10 8l-3.8 3.8",
  eye: "M1.6 8S4 3.8 8 3.8 14.4 8 14.4 8 12 12.2 8 12.2 1.6 8 1.6 8ZM8 9.8a1.8 1.8 0 1 0 0-3.6 1.8 1.8 0 0 0 0 3.6Z",
  pen: "m10.6 2.8 2.6 2.6-7.6 7.6-3.2.6.6-3.2zM9 4.4 11.6 7",
  warning: "M8 2.6 14 13.2H2zM8 6.6v3M8 11.3h.01",
  info: "M8 13.6A5.6 5.6 0 1 0 8 2.4a5.6 5.6 0 0 0 0 11.2ZM8 7.4v3.4M8 5.2h.01",
  clock: "M8 13.6A5.6 5.6 0 1 0 8 2.4a5.6 5.6 0 0 0 0 11.2ZM8 4.8V8l2.2 1.6",
  stop: "M4.2 4.2h7.6v7.6H4.2z",
  spinner: "M8 2.4A5.6 5.6 0 1 0 13.6 8",
  menu: "M2.4 4.4h11.2M2.4 8h11.2M2.4 11.6h11.2",
  upload: "M8 10V2.6M4.8 5.6 8 2.4l3.2 3.2M2.6 10.6v2.8h10.8v-2.8",
  download: "M8 2.4v7.4M4.8 6.8 8 10l3.2-3.2M2.6 10.6v2.8h10.8v-2.8",
} as const;

export type IconName = keyof typeof paths;

/** An ornament beside a word: it says nothing by itself. */
export function Icon({ name, size = 16 }: { name: IconName; size?: 12 | 16 | 20 }) {
  return (
    <svg className={name === "spinner" ? "icon spinning" : "icon"} width={size} height={size} viewBox="0 0 16 16" aria-hidden="true">
      <path d={paths[name]} />
    </svg>
  );
}

export function Wordmark() {
  return (
    <span className="wordmark">
      <svg width="20" height="20" viewBox="0 0 20 20" aria-hidden="true">
        <path className="wave" d="M1.5 6.2q2.6-3 5.2-.8t5.2 0 5.6-1" />
        <path className="wave second" d="M2.5 11q2.3-2.5 4.6-.6t4.6 0 3.4-.6" />
        <path className="wave third" d="M3.5 15.4q1.9-2 3.8-.5t3.4-.1" />
      </svg>
      lethe
    </span>
  );
}
