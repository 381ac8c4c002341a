// An address as mail knows it, RFC 5321 §4.1.2 and RFC 6531 §3.3, in its parsed form.

/** A mailbox: the local part unquoted, the domain as written (A-label, U-label or `[literal]`; '' for bare postmaster). */
export interface AddrSpec {
  readonly localPart: string;
  readonly domain: string;
}

/** The reverse path of a transaction; null is the null sender `<>`. */
export type ReversePath = AddrSpec | null;
