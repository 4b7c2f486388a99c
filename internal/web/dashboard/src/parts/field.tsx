import { useId, type InputHTMLAttributes, type ReactNode } from "react";
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
