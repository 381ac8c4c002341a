// A message at the door: where it comes from and whom it is for, whatever protocol brought it.
import type { ReversePath } from '../../formats/address/addr-spec.ts';
import type { EnvelopeRecipient, MailParameters, TlsState } from '../../protocols/smtp/index.ts';
import type { RecipientVerdict } from '../directory/verdict.ts';

/** A recipient that was accepted at RCPT, with what the directory said then. */
export interface AcceptedRecipient {
  readonly recipient: EnvelopeRecipient;
  readonly verdict: Extract<RecipientVerdict, { kind: 'deliver' | 'relay' }>;
}

export interface Arrival {
  /** 'smtp', 'submission', 'submissions', 'lmtp', 'drop', … for journey and metrics. */
  readonly service: string;
  /** The `with` word of the Received field. */
  readonly protocol: string;
  /** What the client called itself; '' for a local program. */
  readonly helo: string;
  /** The client's address; null for a local program. */
  readonly address: string | null;
  readonly tls: Pick<TlsState, 'version' | 'cipher'> | null;
  /** Who signed in. */
  readonly account: { readonly id: number; readonly address: string } | null;
  /** A message of our own user: it is mended, and its client's address stays out of Received. */
  readonly isSubmission: boolean;
  readonly reversePath: ReversePath;
  readonly parameters: MailParameters;
  readonly recipients: readonly AcceptedRecipient[];
}

/** RFC 3461 §5.2.7.3: an address for several others is reported as expanded, and they report no success of their own. */
export function standsForMany(verdict: AcceptedRecipient['verdict']): boolean {
  return verdict.kind === 'deliver' && verdict.accounts.length + verdict.foreign.length > 1;
}
