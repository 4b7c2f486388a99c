import { Dialog } from "./dialog";
import { Tick } from "./field";

const keys: [string, string][] = [
  ["/", "Search"],
  ["g then o", "Overview"],
  ["g then c", "Customers"],
  ["g then d", "Deleted customers"],
  ["g then r", "Operations (what runs)"],
  ["g then s", "Settings"],
  ["j, k", "Next row, row before"],
  ["x", "Tick the row; with Shift up to here"],
  [".", "Menu of the row"],
  ["Del", "Delete what is selected, or the row: asks first"],
  ["?", "This list"],
];

export default function KeyList({ on, flip, close }: { on: boolean; flip: () => void; close: () => void }) {
  return (
    <Dialog title="Keys" close={close}>
      <dl className="facts left keys">
        {keys.map(([key, what]) => (
          <div key={key}>
            <dt>
              <kbd>{key}</kbd>
            </dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
      <Tick label="Single keys do something" checked={on} change={flip} />
    </Dialog>
  );
}
