// What the SMTP server library needs from the house. One session object per connection. The library owns the dialog
// (grammar, order, TLS, SASL exchange, line endings, limits); the session decides.
import type { MaybePromise } from '../../../base/async/maybe-promise.ts';
import type { ChannelBinding, SaslServer } from '../../sasl/index.ts';
import type { Envelope, EnvelopeRecipient, MailParameters } from '../envelope.ts';
import type { ReversePath } from '../../../formats/address/addr-spec.ts';
import type { SmtpReply } from '../reply.ts';

export type SmtpService = 'smtp' | 'submission' | 'submissions' | 'lmtp';

export interface TlsState {
  /** e.g. 'TLSv1.3' */
  readonly version: string;
  /** e.g. 'TLS_AES_256_GCM_SHA384' */
  readonly cipher: string;
  readonly servername?: string;
  /** What SCRAM-SHA-256-PLUS can bind to on this connection; made when asked for. */
  readonly channelBindings?: () => readonly ChannelBinding[];
}

/** The client at the other end; `address` is the one the PROXY header gave, if any, IPv4-mapped addresses as IPv4. */
export interface SmtpPeer {
  readonly service: SmtpService;
  readonly address: string;
  readonly port: number;
}

/** Changes as the dialog goes on; the same object for the whole connection. */
export interface SmtpDialogState {
  readonly peer: SmtpPeer;
  helo: string;
  /** EHLO (or LHLO) rather than HELO. */
  extended: boolean;
  tls: TlsState | null;
  /** The account that signed in, as the session's SASL verifier returned it. */
  account: { readonly id: number; readonly address: string } | null;
}

/**
 * Takes the octets of one message: dot-unstuffed, line endings checked, ending in CRLF. With BODY=BINARYMIME they are
 * as sent and may hold anything. `write` is not called again before the promise of the call before has settled.
 */
export interface MessageSink {
  /** Chunks are only valid during the call: copy what is kept. A promise asks the library to stop reading meanwhile. */
  write(chunk: Buffer): void | Promise<void>;
  /** One reply for SMTP; for LMTP one for each accepted recipient, in order (RFC 2033 §4.2). */
  end(): Promise<readonly SmtpReply[]>;
  /** The connection died or the message was refused: forget everything. Never called after `end`. */
  abort(): void;
}

/**
 * A hook that throws or rejects refuses too: a MailError by its code, anything else as our own fault (451), logged.
 * Hooks may answer at once or later; the library stays synchronous when they do.
 */
export interface SmtpServerSession {
  /** Before the banner. A reply (421, 554) refuses the connection. */
  connect(state: SmtpDialogState): MaybePromise<SmtpReply | null>;
  /** A SASL exchange for this mechanism, or null when it is not on offer now. */
  startSasl(mechanism: string, state: SmtpDialogState): MaybePromise<SaslServer | null>;
  /** Mechanisms to advertise in this state; empty: AUTH is not advertised. */
  saslMechanisms(state: SmtpDialogState): readonly string[];
  /** MAIL FROM. A reply refuses; null accepts. */
  mail(reversePath: ReversePath, parameters: MailParameters, state: SmtpDialogState): MaybePromise<SmtpReply | null>;
  /** RCPT TO. A reply refuses; null accepts. */
  rcpt(recipient: EnvelopeRecipient, state: SmtpDialogState): MaybePromise<SmtpReply | null>;
  /** DATA or the first BDAT: a sink, or the reply that refuses (the transaction stays as it is). */
  message(envelope: Envelope, state: SmtpDialogState): MaybePromise<MessageSink | SmtpReply>;
  /** RSET, a new EHLO, or the end of a transaction without a message; not called once `end` of its sink was. */
  reset(): void;
  /** The connection is over, however it ended. Called once, if `connect` was. */
  close(): void;
}
