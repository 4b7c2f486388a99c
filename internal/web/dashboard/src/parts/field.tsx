import { useId, type InputHTMLAttributes, type ReactNode } from "react";
import { reasonCodes, type ReasonCode } from "../words";
import { Icon } from "./icon";

type FieldProps = Omit<InputHTMLAttributes<HTMLInputElement>, "onChange" | "id"> & {
  label: ReactNode;
  note?: string;
  problem?: ReactNode;
  change: (value: string) => void;
};

/** A labelled text field, with what is wrong with it below. */
export function Field({ label, note, problem, change, className, ...rest }: FieldProps) {
  const id = useId();
  const below = `${id}-below`;
  return (
    <div className={["field", className].filter(Boolean).join(" ")}>
      <label htmlFor={id}>
        {label} {note && <span className="note-inline">{note}</span>}
      </label>
      <input
        type="text"
        autoComplete="off"
        {...rest}
        id={id}
        aria-invalid={problem ? true : undefined}
        aria-describedby={problem ? below : undefined}
        onChange={(event) => change(event.target.value)}
      />
      {problem && (
        <p className="wrong" id={below}>
          <Icon name="warning" />
          <span>{problem}</span>
        </p>
      )}
    </div>
  );
}

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

/** A box to tick, with its label and what it means. */
export function Tick({ label, children, checked, change }: { label: ReactNode; children?: ReactNode; checked: boolean; change: (checked: boolean) => void }) {
  const id = useId();
  return (
    <div className="tick">
      <input type="checkbox" id={id} checked={checked} onChange={(event) => change(event.target.checked)} />
      <label htmlFor={id}>
        <span className="label">{label}</span>
        {children && <span className="meaning">{children}</span>}
      </label>
    </div>
  );
}
