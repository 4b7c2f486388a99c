import { useId } from "react";
import { reasonCodes, type ReasonCode } from "../reasons";

/** A choice of the reason codes, which a list shows. Without a label it stands in a bar, and names itself. */
export function Why({ label, note, value, change }: { label?: string; note?: string; value: ReasonCode | ""; change: (code: ReasonCode | "") => void }) {
  const id = useId();
  const choice = (
    <select id={id} aria-label={label ? undefined : "Why, optional"} value={value} onChange={(event) => change(event.target.value as ReasonCode | "")}>
      <option value="">{label ? "–" : "Why, optional"}</option>
      {Object.entries(reasonCodes).map(([code, words]) => (
        <option key={code} value={code}>
          {words}
        </option>
      ))}
    </select>
  );
  if (!label) return choice;
  return (
    <div className="field">
      <label htmlFor={id}>
        {label} {note && <span className="note-inline">{note}</span>}
      </label>
      {choice}
    </div>
  );
}
