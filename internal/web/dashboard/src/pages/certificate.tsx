import { useQuery } from "@tanstack/react-query";
import { useParams } from "react-router";
import { api } from "../api/client";
import { Skeleton } from "../parts/basic";
import { Failure } from "../parts/problem";
import { TopBar } from "../shell";
import { CertificateView } from "./certificateview";

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
      {error ? (
        <div className="banner-note">
          <Failure what="The certificate couldn’t be loaded." error={error} retry={() => void refetch()} />
        </div>
      ) : (
        <Skeleton rows={6} columns={3} />
      )}
    </>
  );
}
