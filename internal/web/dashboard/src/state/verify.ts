import { lines, type Schema } from "../api/client";

type Certificate = Schema<"Certificate">;

/** What recomputing the chains has shown. */
export type Verdict = { checked: number; broken: string[] };

const beginning = "0".repeat(64);

/** A document in the canonical form of RFC 8785; certificates hold texts, whole numbers and objects of these only. */
export function canonical(value: unknown): string {
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  const fields = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return `{${fields.map(([name, field]) => `${JSON.stringify(name)}:${canonical(field)}`).join(",")}}`;
}

/** The hash that a certificate has to have: the SHA-256 of all it says but the hash. */
export async function hashOf(certificate: Certificate): Promise<string> {
  const { hash: _, ...said } = certificate;
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(canonical(said)));
  return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Follows each chain from its beginning, and notes what is missing, altered or out of order. */
export class Verifier {
  readonly verdict: Verdict = { checked: 0, broken: [] };
  #heads = new Map<number, { seq: number; hash: string }>();

  async take(certificate: Certificate): Promise<void> {
    const { chain, seq, previous, hash } = certificate;
    const head = this.#heads.get(chain) ?? { seq: 0, hash: beginning };
    const where = `No. ${seq} of chain ${chain}`;
    if (seq !== head.seq + 1) this.verdict.broken.push(`${where} stands where No. ${head.seq + 1} is due.`);
    else if (previous !== head.hash) this.verdict.broken.push(`${where} doesn't follow the one before it.`);
    if ((await hashOf(certificate)) !== hash) this.verdict.broken.push(`${where} was altered.`);
    this.#heads.set(chain, { seq, hash });
    this.verdict.checked++;
  }
}

/** Recomputes every certificate of the ledger in this browser. */
export async function verifyChains(): Promise<Verdict> {
  const verifier = new Verifier();
  for (let part: string | undefined = "/v1/certificates.ndjson"; part; ) {
    const { text, next } = await lines(part);
    for (const line of text.split("\n")) if (line) await verifier.take(JSON.parse(line) as Certificate);
    part = next;
  }
  return verifier.verdict;
}
