import "../list.css";
import { useState, type FormEvent } from "react";
import { Link, useNavigate } from "react-router";
import { Button, Empty, Skeleton, Time } from "../parts/basic";
import { Icon } from "../parts/icon";
import { Failure } from "../parts/problem";
import { useCertificates } from "../state/growing";
import { useTotals } from "../state/queries";
import { TopBar } from "../shell";
import { actor, count } from "../words";

function sum(records: Record<string, number>): number {
  return Object.values(records).reduce((total, n) => total + n, 0);
}

export default function CertificatesPage() {
  const certificates = useCertificates();
  const totals = useTotals();
  const all = certificates.data?.pages.flatMap((page) => page.certificates) ?? [];
  return (
    <>
      <TopBar title="Certificates" total={totals.data && count(totals.data.purged)} />
      <div className="listpage">
        <div className="toolbar">
          <Find />
          <div className="aside">By chain, each in its order</div>
        </div>
        {certificates.error && (
          <div className="banner-note">
            <Failure what="Certificates couldn’t be loaded." error={certificates.error} retry={() => void certificates.refetch()} />
          </div>
        )}
        {certificates.isPending && !certificates.error && <Skeleton rows={8} columns={5} />}
        {certificates.data && all.length === 0 && (
          <Empty icon="shield" title="No certificates yet">
            Each permanent deletion leaves one, without personal data.
          </Empty>
        )}
        {all.length > 0 && (
          <table className="table edge">
            <caption className="visually-hidden">Certificates of purges</caption>
            <thead>
              <tr>
                <th scope="col">Customer</th>
                <th scope="col">Purged</th>
                <th scope="col" className="wide">
                  By
                </th>
                <th scope="col" className="right wide">
                  Erased
                </th>
                <th scope="col" className="right wide">
                  Kept by law
                </th>
                <th scope="col" className="right">
                  Left over
                </th>
                <th scope="col" className="wide">
                  Chain, number
                </th>
                <th scope="col" className="wide">
                  Hash
                </th>
              </tr>
            </thead>
            <tbody>
              {all.map((certificate) => (
                <tr key={certificate.hash}>
                  <th scope="row">
                    <Link to={`/certificates/${certificate.customer}`}>{certificate.customer}</Link>
                  </th>
                  <td>
                    <Time at={certificate.purgedAt} />
                  </td>
                  <td className="wide">{actor(certificate.purgedBy)}</td>
                  <td className="right wide">{count(sum(certificate.erased))}</td>
                  <td className="right wide">{count(sum(certificate.retained))}</td>
                  <td className="right">{count(certificate.residue)}</td>
                  <td className="wide">
                    {certificate.chain}, No. {count(certificate.seq)}
                  </td>
                  <td className="wide">
                    <code>{certificate.hash.slice(0, 12)}</code>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        )}
        {certificates.hasNextPage && (
          <div className="more">
            <Button online unavailable={certificates.isFetchingNextPage ? "Under way" : undefined} onClick={() => void certificates.fetchNextPage()}>
              Show more
            </Button>
          </div>
        )}
      </div>
    </>
  );
}

function Find() {
  const [id, setId] = useState("");
  const navigate = useNavigate();
  const find = (event: FormEvent) => {
    event.preventDefault();
    if (id.trim() !== "") void navigate(`/certificates/${encodeURIComponent(id.trim())}`);
  };
  return (
    <form className="search" onSubmit={find}>
      <Icon name="search" />
      <input type="search" aria-label="Find the certificate of a customer’s ID" placeholder="ID of a purged customer" value={id} onChange={(event) => setId(event.target.value)} />
      <kbd aria-hidden="true">/</kbd>
    </form>
  );
}
