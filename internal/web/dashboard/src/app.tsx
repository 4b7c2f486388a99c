import { lazy, Suspense } from "react";
import { Route, Routes } from "react-router";
import { Missing } from "./pages/missing";
import { Needs } from "./parts/needs";
import { Shell } from "./shell";

const CustomersPage = lazy(() => import("./pages/customers"));
const Overview = lazy(() => import("./pages/overview"));
const Trash = lazy(() => import("./pages/trash"));
const Profile = lazy(() => import("./pages/profile"));
const Edit = lazy(() => import("./pages/edit"));
const Operations = lazy(() => import("./pages/operations"));
const Operation = lazy(() => import("./pages/operation"));
const Certificates = lazy(() => import("./pages/certificates"));
const Certificate = lazy(() => import("./pages/certificate"));
const Import = lazy(() => import("./pages/import"));
const AuditPage = lazy(() => import("./pages/audit"));
const Settings = lazy(() => import("./pages/settings"));

export function App() {
  return (
    <Shell>
      <Suspense fallback={<div className="loading" aria-busy="true" />}>
        <Routes>
          <Route path="/" element={<Needs act="see" to="see customers" title="Overview"><Overview /></Needs>} />
          <Route path="/customers" element={<Needs act="see" to="see customers" title="Customers"><CustomersPage /></Needs>} />
          <Route path="/customers/:id" element={<Needs act="see" to="see customers" title="Profile"><Profile /></Needs>} />
          <Route path="/customers/:id/edit" element={<Needs act="edit" to="edit customers" title="Edit profile"><Edit /></Needs>} />
          <Route path="/customers/:id/records/:kind" element={<Needs act="see" to="see customers" title="Profile"><Profile /></Needs>} />
          <Route path="/customers/:id/log" element={<Needs act="seeLog" to="see the log" title="Log"><Profile tab="log" /></Needs>} />
          <Route path="/deleted-customers" element={<Needs act="see" to="see customers" title="Deleted customers"><Trash /></Needs>} />
          <Route path="/import" element={<Needs act="import" to="import customers" title="Import"><Import /></Needs>} />
          <Route path="/operations" element={<Needs act="seeOperations" to="see operations" title="Operations"><Operations /></Needs>} />
          <Route path="/operations/:id" element={<Needs act="seeOperations" to="see operations" title="Operation"><Operation /></Needs>} />
          <Route path="/certificates" element={<Needs act="seeCertificates" to="see certificates" title="Certificates"><Certificates /></Needs>} />
          <Route path="/certificates/:id" element={<Needs act="seeCertificates" to="see certificates" title="Certificate"><Certificate /></Needs>} />
          <Route path="/audit" element={<Needs act="seeAudit" to="see the audit log" title="Audit log"><AuditPage /></Needs>} />
          <Route path="/settings" element={<Needs act="seeSettings" to="see settings" title="Settings"><Settings section="retention" /></Needs>} />
          <Route path="/settings/kinds" element={<Needs act="seeSettings" to="see settings" title="Settings"><Settings section="kinds" /></Needs>} />
          {(["four-eyes", "permissions", "suspensions"] as const).map((section) => (
            <Route key={section} path={`/settings/${section}`} element={<Settings section={section} />} />
          ))}
          <Route path="*" element={<Missing />} />
        </Routes>
      </Suspense>
    </Shell>
  );
}
