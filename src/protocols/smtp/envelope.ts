// The envelope of one mail transaction: what MAIL FROM and RCPT TO said, with the parameters of every extension spoken here.
import type { AddrSpec, ReversePath } from '../../formats/address/addr-spec.ts';

export type BodyType = '7BIT' | '8BITMIME' | 'BINARYMIME';

/** MAIL FROM parameters. Absent means: not given. */
export interface MailParameters {
  /** RFC 1870: octets the client means to send. */
  readonly size?: number;
  /** RFC 6152, RFC 3030. */
  readonly body?: BodyType;
  /** RFC 6531. */
  readonly smtputf8?: boolean;
  /** RFC 3461 §4.3 */
  readonly ret?: 'FULL' | 'HDRS';
  /** RFC 3461 §4.4, xtext decoded. */
  readonly envid?: string;
  /** RFC 8689. */
  readonly requiretls?: boolean;
  /** RFC 4865: wall clock in ms before which the message is not to be relayed. */
  readonly holdUntilMs?: number;
  /** RFC 2852. */
  readonly deliverBy?: { readonly seconds: number; readonly mode: 'R' | 'N'; readonly trace: boolean };
  /** RFC 6710: -9 … 9. */
  readonly mtPriority?: number;
  /** RFC 4954 §5, xtext decoded; '<>' when unknown. */
  readonly auth?: string;
}

export type Notify = 'SUCCESS' | 'FAILURE' | 'DELAY';

/** RCPT TO parameters, RFC 3461. */
export interface RcptParameters {
  /** Empty: NOTIFY=NEVER. Absent: not given (the default FAILURE and, if local policy says, DELAY). */
  readonly notify?: readonly Notify[];
  /** xtext (or utf-8-addr-xtext) decoded. */
  readonly orcpt?: { readonly type: string; readonly address: string };
}

export interface EnvelopeRecipient {
  readonly forwardPath: AddrSpec;
  readonly parameters: RcptParameters;
}

export interface Envelope {
  readonly reversePath: ReversePath;
  readonly parameters: MailParameters;
  readonly recipients: readonly EnvelopeRecipient[];
}
