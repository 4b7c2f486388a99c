import type { Pending } from "./pending";

/** For tests: a store like the one of a tab. */
export class MemoryStore {
  readonly #values = new Map<string, string>();

  get length(): number {
    return this.#values.size;
  }

  key(index: number): string | null {
    return [...this.#values.keys()][index] ?? null;
  }

  getItem(key: string): string | null {
    return this.#values.get(key) ?? null;
  }

  setItem(key: string, value: string): void {
    this.#values.set(key, value);
  }

  removeItem(key: string): void {
    this.#values.delete(key);
  }

  clear(): void {
    this.#values.clear();
  }
}

export const issuer = "https://issuer.example";

export function pendingOf(part: Partial<Pending>): Pending {
  return {
    state: "s1",
    verifier: "v".repeat(43),
    nonce: "n1",
    config: { issuer, clientId: "lethe-dashboard", scope: "lethe/admin" },
    server: { issuer, authorization_endpoint: `${issuer}/auth`, token_endpoint: `${issuer}/token`, authorization_response_iss_parameter_supported: true },
    skew: 0,
    silent: false,
    path: "/customers?limit=25",
    entry: { usr: { list: { search: "ysolde", cursors: [] } }, key: "k", idx: 1 },
    kept: {},
    entries: 2,
    begun: Date.now(),
    ...part,
  };
}
