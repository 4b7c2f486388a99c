import { Note } from "../parts/basic";
import { KindTable } from "../parts/kindtable";
import type { Customer } from "../state/queries";

/** What is in the trash: counts, for its records are hidden with it. */
export default function Hidden({ customer }: { customer: Customer }) {
  const records = Object.entries(customer.records).filter(([, n]) => n > 0);
  return (
    <section className="records" aria-label="Records in the trash">
      <Note icon="eye">
        <strong>Its records are hidden with it.</strong> {customer.state === "purging" ? "They are erased, or kept by law without personal data." : "They are back the moment it is restored."}
      </Note>
      {records.length > 0 && <KindTable records={Object.fromEntries(records)} last={{ head: "State", of: () => "Hidden with the customer" }} />}
    </section>
  );
}
