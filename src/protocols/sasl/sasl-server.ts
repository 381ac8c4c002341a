// The server side of one SASL exchange, RFC 4422, as SMTP, POP3 and IMAP drive it.

export type SaslStep =
  | { readonly kind: 'challenge'; readonly data: Buffer }
  /** `data`: what SCRAM sends with success (sent as a last challenge where the protocol cannot carry it). */
  | { readonly kind: 'success'; readonly account: SaslAccount; readonly data?: Buffer }
  /** `reason` is for the log; the client hears the same words whatever it was. */
  | { readonly kind: 'failure'; readonly temporary: boolean; readonly reason: string };

export interface SaslAccount {
  readonly id: number;
  readonly address: string;
}

export interface SaslServer {
  readonly mechanism: string;
  /** The first call carries the initial response, or null when the client sent none; later calls its responses. */
  next(response: Buffer | null): Promise<SaslStep>;
}

/** How an exchange ends. */
export type SaslVerdict = Exclude<SaslStep, { kind: 'challenge' }>;
