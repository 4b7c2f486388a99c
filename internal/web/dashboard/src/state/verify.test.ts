import { expect, it } from "vitest";
import type { Schema } from "../api/client";
import { canonical, hashOf, Verifier } from "./verify";

type Certificate = Schema<"Certificate">;

async function certificate(seq: number, previous: string): Promise<Certificate> {
  const said = {
    format: 1, chain: 2, seq, previous, customer: `k${seq}`, deletionId: "d", deletedAt: "2026-11-30T13:28:51.962Z", deletedBy: "ann", purgedAt: "2026-11-30T13:28:52.144Z",
    purgedBy: "schedule", policies: { ticket: "cascade" }, erased: { ticket: 1, chat: 3 }, retained: {}, residue: 0, hash: "",
  };
  return { ...said, hash: await hashOf(said) };
}

it("hashes as the ledger does", async () => {
  // A certificate with the hash that the package ledger computes.
  const known: Certificate = {
    format: 1, chain: 2, seq: 1, previous: "0".repeat(64), customer: "k0008", deletionId: "stugp3zaa7shsxaf3keauiknxb", deletedAt: "2026-11-30T13:28:51.962Z", deletedBy: "demo-owner",
    purgedAt: "2026-11-30T13:28:52.144Z", purgedBy: "demo-privacy", approvedBy: "demo-owner", policies: { booking: "cascade", chat: "cascade", "consent-log": "retain", message: "cascade", ticket: "cascade" },
    erased: { booking: 1, chat: 1, message: 3, ticket: 1 }, retained: { "consent-log": 1 }, residue: 0, hash: "6e5d482aad651c3f8e2e6a50750fd9accfac94d286f8db3b3c773d933fe8f7ae",
  };
  expect(await hashOf(known)).toBe(known.hash);
});

it("sorts the fields of the canonical form", () => {
  expect(canonical({ b: { z: 1, a: "\"" }, a: 2 })).toBe('{"a":2,"b":{"a":"\\"","z":1}}');
});

async function verdictOf(change: (chain: Certificate[]) => Certificate[]) {
  const chain: Certificate[] = [];
  for (let seq = 1; seq <= 3; seq++) chain.push(await certificate(seq, chain.at(-1)?.hash ?? "0".repeat(64)));
  const verifier = new Verifier();
  for (const each of change(chain)) await verifier.take(each);
  return verifier.verdict;
}

it("finds nothing wrong with a whole chain", async () => {
  expect(await verdictOf((chain) => chain)).toEqual({ checked: 3, broken: [] });
});

it.each<[string, (chain: Certificate[]) => Certificate[], string]>([
  ["one missing", (chain) => chain.filter(({ seq }) => seq !== 2), "No. 3 of chain 2 stands where No. 2 is due."],
  ["one altered", (chain) => chain.map((each) => (each.seq === 2 ? { ...each, residue: 1 } : each)), "No. 2 of chain 2 was altered."],
  ["one replaced", (chain) => chain.map((each) => (each.seq === 2 ? { ...each, hash: "f".repeat(64) } : each)), "No. 2 of chain 2 was altered."],
])("finds %s", async (_, change, broken) => {
  expect((await verdictOf(change)).broken).toContain(broken);
});
