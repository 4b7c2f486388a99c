import { Dialog } from "./dialog";
import { Tick } from "./field";
import type { Column } from "./table";

type Props = { columns: Column[]; hidden: string[]; show: (key: string, on: boolean) => void; close: () => void };

export default function ColumnDialog({ columns, hidden, show, close }: Props) {
  return (
    <Dialog title="Columns" close={close}>
      <p>On a narrow screen only those that fit are shown.</p>
      {columns.map((column) => (
        <Tick key={column.key} label={column.head} checked={!hidden.includes(column.key)} change={(on) => show(column.key, on)} />
      ))}
    </Dialog>
  );
}
