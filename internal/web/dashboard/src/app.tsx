import { lazy, Suspense } from "react";
import { Route, Routes } from "react-router";
import { Missing } from "./pages/missing";
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
const Settings = lazy(() => import("./pages/settings"));

export function App() {
  return (
    <Shell>
      <Suspense fallback={<div className="loading" aria-busy="true" />}>
        <Routes>
          <Route path="/" element={<Overview />} />
          <Route path="/customers" element={<CustomersPage />} />
          <Route path="/customers/:id" element={<Profile />} />
          <Route path="/customers/:id/edit" element={<Edit />} />
          <Route path="/customers/:id/records/:kind" element={<Profile />} />
          <Route path="/customers/:id/log" element={<Profile tab="log" />} />
          <Route path="/deleted-customers" element={<Trash />} />
          <Route path="/import" element={<Import />} />
          <Route path="/operations" element={<Operations />} />
          <Route path="/operations/:id" element={<Operation />} />
          <Route path="/certificates" element={<Certificates />} />
          <Route path="/certificates/:id" element={<Certificate />} />
          <Route path="/settings" element={<Settings section="retention" />} />
          <Route path="/settings/kinds" element={<Settings section="kinds" />} />
          <Route path="*" element={<Missing />} />
        </Routes>
      </Suspense>
    </Shell>
  );
}
