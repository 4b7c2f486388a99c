/** The reason codes, as a person reads them. */
export const reasonCodes = {
  erasure_request: "Asked to be forgotten",
  inactive: "Inactive",
  duplicate: "Duplicate",
  test: "Test data",
  other: "Other reason",
} as const;

export type ReasonCode = keyof typeof reasonCodes;

/** A reason as a request has it: without what is empty. */
export function reasonFor(code: ReasonCode | "", text: string): { reason?: string; reasonCode?: ReasonCode } {
  return { ...(code ? { reasonCode: code } : {}), ...(text.trim() ? { reason: text.trim() } : {}) };
}

/** Why a customer was deleted: in words, or by the code, which is all that the list of deleted customers has. */
export function why({ reason, reasonCode }: { reason?: string; reasonCode?: ReasonCode }): string | undefined {
  return reason || (reasonCode && reasonCodes[reasonCode]);
}
