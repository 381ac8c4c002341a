// What a delivery status notification says, RFC 3464 §2: one shape for writing and reading.

export type DsnAction = 'failed' | 'delayed' | 'delivered' | 'relayed' | 'expanded';

/** An address with its type, RFC 3461 §4.2: `rfc822`, `utf-8`, or what others use. */
export interface TypedAddress {
  readonly type: string;
  readonly address: string;
}

export interface DsnRecipient {
  /** addr-spec to which the last attempt went. */
  readonly finalRecipient: string;
  /** ORCPT as the sender gave it, or the address that led to the final one; null when it is the same or not known. */
  readonly originalRecipient: TypedAddress | null;
  readonly action: DsnAction;
  /** RFC 3463, e.g. `5.1.1`. */
  readonly status: string;
  /** Host name of the server that said `diagnostic`; null when it is our own finding. */
  readonly remoteMta: string | null;
  /** The reply in one line (`550 5.1.1 No such user`), or our own words; null when there is nothing to say. */
  readonly diagnostic: string | null;
  readonly lastAttemptMs: number | null;
  /** Delayed only. */
  readonly willRetryUntilMs: number | null;
}

export interface DsnReport {
  /** Host name of the reporting server. */
  readonly reportingMta: string;
  /** ENVID of the transaction, decoded. */
  readonly envid: string | null;
  readonly arrivalMs: number | null;
  readonly recipients: readonly DsnRecipient[];
}
