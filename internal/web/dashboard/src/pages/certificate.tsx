import "../detail.css";
import { useQuery } from "@tanstack/react-query";
import { useParams } from "react-router";
import { api, isMissing } from "../api/client";
import { ButtonLink, Empty, Skeleton } from "../parts/basic";
import { Failure } from "../parts/problem";
import { TopBar } from "../shell";
import CertificateView from "./certificateview";

export default function CertificatePage() {
  const { id = "" } = useParams();
  const { data, error, refetch } = useQuery({
    queryKey: ["certificate", id],
    queryFn: async ({ signal }) => (await api.get("/v1/certificates/{id}", { path: { id }, signal })).data,
  });
  const back = { to: "/certificates", name: "Certificates" };
  if (data) return <CertificateView certificate={data} back={back} />;
  return (
    <>
      <TopBar title="Certificate" back={back} />
      <h1 className="visually-hidden">Certificate of purge</h1>
      {isMissing(error) ? (
        <Empty icon="shield" title="There is no such certificate" actions={<ButtonLink to="/certificates">Go to certificates</ButtonLink>}>
          No customer with the id {id} was purged.
        </Empty>
      ) : error ? (
        <div className="banner-note">
          <Failure what="The certificate couldn’t be loaded." error={error} retry={() => void refetch()} />
        </div>
      ) : (
        <Skeleton rows={6} columns={3} />
      )}
    </>
  );
}
