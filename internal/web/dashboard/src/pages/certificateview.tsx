import "../detail.css";
import { useEffect, useState } from "react";
import type { Schema } from "../api/client";
import { Button, Facts, Figures, Note, Tag } from "../parts/basic";
import { KindTable } from "../parts/kindtable";
import { Failure } from "../parts/problem";
import { TopBar } from "../shell";
import { exactly } from "../time";
import { actor, count } from "../words";
import { hashOf, verifyChains, type Verdict } from "../state/verify";

type Certificate = Schema<"Certificate">;

function sum(records: Record<string, number>): number {
  return Object.values(records).reduce((total, n) => total + n, 0);
}

/** Eight groups of eight letters, so that eyes can follow. */
function grouped(hash: string): string {
  return hash.match(/.{1,8}/g)?.join(" ") ?? hash;
}

/** The proof that a customer was purged. It holds no personal data. */
export default function CertificateView({ certificate, back }: { certificate: Certificate; back: { to: string; name: string } }) {
  const intact = useIntact(certificate);
  return (
    <>
      <TopBar title="Certificate" back={back} />
      <div className="page certificate">
        <header className="head">
          <div className="title">
            <h1>Certificate of purge</h1>
            {intact === true && (
              <Tag look="accent" icon="check">
                Verified
              </Tag>
            )}
            {intact === false && <Tag icon="warning">Not verified</Tag>}
          </div>
          <ul className="line">
            <li>Customer {certificate.customer}</li>
            <li>Purged on {exactly(certificate.purgedAt)}</li>
          </ul>
          <div className="actions">
            <Download certificate={certificate} />
          </div>
        </header>
        {intact === false && (
          <Note icon="warning">
            <strong>This certificate was altered.</strong> Its hash does not fit its content. Tell the people who run Lethe.
          </Note>
        )}
        <Chain certificate={certificate} />
        <Figures
          figures={[
            { n: certificate.residue, what: "left over, read back afterwards", lead: true },
            { n: sum(certificate.erased), what: "records erased" },
            { n: sum(certificate.retained), what: "kept by law, without personal data" },
          ]}
        />
        <div className="halves">
          <div>
            <Kinds title="Erased" records={certificate.erased} none="It had no records." />
            <Kinds title="Kept by law" records={certificate.retained} none="Nothing was kept." />
          </div>
          <section>
            <h2>What the certificate says</h2>
            <Facts
              facts={[
                { name: "Customer", value: certificate.customer },
                { name: "Chain", value: `${certificate.chain}, No. ${count(certificate.seq)}` },
                { name: "Deleted", value: exactly(certificate.deletedAt), detail: `by ${actor(certificate.deletedBy)}` },
                { name: "Purged", value: exactly(certificate.purgedAt), detail: `by ${actor(certificate.purgedBy)}` },
                { name: "Left over", value: `${certificate.residue} items` },
                { name: "Format", value: String(certificate.format) },
                { name: "Hash", value: <code>{grouped(certificate.hash)}</code> },
                { name: "Previous", value: <code>{grouped(certificate.previous)}</code> },
              ]}
            />
            <details>
              <summary>Check it without us</summary>
              <pre>{"lethe verify certificates.ndjson \\\n  --checkpoint checkpoint.json"}</pre>
              <p className="small">Needs the exported chain only. Holds no personal data.</p>
            </details>
          </section>
        </div>
      </div>
    </>
  );
}

function useIntact(certificate: Certificate): boolean | undefined {
  const [intact, setIntact] = useState<boolean>();
  useEffect(() => {
    let current = true;
    void hashOf(certificate).then((hash) => current && setIntact(hash === certificate.hash));
    return () => {
      current = false;
    };
  }, [certificate]);
  return intact;
}

function Chain({ certificate }: { certificate: Certificate }) {
  const [verdict, setVerdict] = useState<Verdict>();
  const [error, setError] = useState<unknown>();
  const [busy, setBusy] = useState(false);
  const verify = () => {
    setBusy(true);
    setError(undefined);
    verifyChains()
      .then(setVerdict, setError)
      .finally(() => setBusy(false));
  };
  return (
    <div className="chain">
      {verdict && (
        <Note icon={verdict.broken.length === 0 ? "shield" : "warning"} tone={verdict.broken.length === 0 ? "accent" : "plain"}>
          <strong>{verdict.broken.length === 0 ? "The chains are complete and unaltered." : "A chain is broken."}</strong>{" "}
          {verdict.broken.length === 0
            ? `${count(verdict.checked)} certificates were recomputed in this browser. Nothing is missing, changed or out of order.`
            : verdict.broken.slice(0, 3).join(" ")}
        </Note>
      )}
      {error !== undefined && <Failure what="The chains couldn’t be read." error={error} />}
      <p className="small">
        Its own hash was recomputed in this browser. It follows <code>{certificate.previous.slice(0, 8)}</code> as No. {count(certificate.seq)} of chain {certificate.chain}.{" "}
        <Button online size="bar" unavailable={busy ? "Under way" : undefined} onClick={verify}>
          {busy ? "Verifying …" : verdict ? "Verify again" : "Verify all chains"}
        </Button>
      </p>
    </div>
  );
}

function Download({ certificate }: { certificate: Certificate }) {
  const save = () => {
    const address = URL.createObjectURL(new Blob([JSON.stringify(certificate, undefined, 2)], { type: "application/json" }));
    const link = document.createElement("a");
    link.href = address;
    link.download = `certificate-${certificate.customer}.json`;
    link.click();
    URL.revokeObjectURL(address);
  };
  return (
    <Button icon="download" onClick={save}>
      Download
    </Button>
  );
}

function Kinds({ title, records, none }: { title: string; records: Record<string, number>; none: string }) {
  return (
    <section className="records">
      <h2>{title}</h2>
      {Object.keys(records).length === 0 ? <p className="none">{none}</p> : <KindTable records={records} />}
    </section>
  );
}
