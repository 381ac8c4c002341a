// What the server side of SASL needs to know about accounts. One source per connection, so that the implementation can
// know who asks; it never says to the client why somebody is refused.
import type { SaslAccount, SaslVerdict } from './sasl-server.ts';

/** What is stored of a password for SCRAM, RFC 5802 §2.2. */
export interface ScramVerifier {
  readonly salt: Buffer;
  readonly iterations: number;
  readonly storedKey: Buffer;
  readonly serverKey: Buffer;
}

export type ScramLookup =
  /** `account` null: nobody is behind this verifier; the exchange runs to its end and fails like a wrong password. */
  | { readonly kind: 'verifier'; readonly verifier: ScramVerifier; readonly account: SaslAccount | null }
  /** The exchange ends here. */
  | { readonly kind: 'refused'; readonly temporary: boolean; readonly reason: string };

/** How a SCRAM proof turned out. */
export interface ScramOutcome {
  readonly name: string;
  readonly account: SaslAccount | null;
  readonly proven: boolean;
}

export interface CredentialSource {
  /** Judges a name and its password, both as the client sent them. */
  verifyPassword(name: string, password: string): Promise<SaslVerdict>;
  /** The verifier for a name; for unknown names one that is stable and looks real. */
  scramVerifier(name: string): Promise<ScramLookup>;
  /** The last word on a SCRAM exchange; must refuse when `proven` is false. */
  finishScram(outcome: ScramOutcome): Promise<SaslVerdict>;
}
