// The client side of one SASL exchange, RFC 4422, for smarthosts and tests.

export type SaslClientStep =
  | { readonly kind: 'response'; readonly data: Buffer }
  /** Cancel the exchange: the server is not who it should be, or asks for what we do not do. */
  | { readonly kind: 'failure'; readonly reason: string };

export interface SaslClient {
  readonly mechanism: string;
  /** What goes along with the mechanism's name; null when the server speaks first. */
  initialResponse(): Buffer | null;
  /** The answer to a challenge. */
  next(challenge: Buffer): Promise<SaslClientStep>;
  /**
   * Whether the server's success is to be believed; `data` is what it sent along with it, if anything. Returns the reason
   * why not, or null.
   */
  checkSuccess(data: Buffer | null): string | null;
}
