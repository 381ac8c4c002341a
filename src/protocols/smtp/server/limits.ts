// What one connection may ask of us. Every bound can be set per listener; the defaults follow RFC 5321 §4.5.3. Limits per
// address and per account belong to the session, which knows them.
import type { SmtpService } from './session.ts';

export interface SmtpServerLimits {
  /** RFC 1870: octets of one message as it arrives, dots removed. */
  readonly messageMaxBytes: number;
  /** RFC 5321 §4.5.3.1.8 asks for at least 100. */
  readonly recipientsMax: number;
  /** Octets of one line of message text with its CRLF. Far above RFC 5321 §4.5.3.1.6: relayed bytes are not touched. */
  readonly textLineMaxOctets: number;
  /** Octets of a refused message that are read and thrown away before the connection is cut. */
  readonly swallowMaxBytes: number;
  /** Octets of an overlong command line that are thrown away before the connection is cut. */
  readonly discardedLineMaxOctets: number;
  /** Octets that wait while a command is being answered, before we stop reading. */
  readonly pipelinedMaxBytes: number;
  /** Octets of replies that the client has not read, before we stop answering. */
  readonly unreadRepliesMaxBytes: number;
  /** Faults of the client (syntax, order, sign-in) in one connection; the next one ends it. */
  readonly errorsMax: number;
  /** Faults that are answered without delay. */
  readonly errorsWithoutDelay: number;
  /** Delay of the first delayed answer; it doubles with each further fault. 0: never. */
  readonly errorDelayMs: number;
  readonly errorDelayMaxMs: number;
  /** Commands out of order; the next one ends the connection. */
  readonly badSequencesMax: number;
  /** Commands that bring no message forward (NOOP, RSET, VRFY …) since the last message. */
  readonly idleCommandsMax: number;
  /** Commands before signing in, on submission. */
  readonly unauthenticatedCommandsMax: number;
  /** Recipients refused in one connection. */
  readonly refusedRecipientsMax: number;
  /** RFC 4865: the longest hold. */
  readonly futureReleaseMaxSeconds: number;
  /** RFC 5321 §4.5.3.2.7 */
  readonly commandTimeoutMs: number;
  /** RFC 5321 §4.5.3.2.5: silence within a message. */
  readonly dataTimeoutMs: number;
  /** From DATA to its end, however slowly it trickles. */
  readonly messageTimeoutMs: number;
  /** RFC 5321 §4.5.3.2.6: what the client waits for the answer to its final dot. */
  readonly replyTimeoutMs: number;
  readonly tlsHandshakeTimeoutMs: number;
  readonly proxyTimeoutMs: number;
  /** How long a connection may linger after our last reply. */
  readonly closingTimeoutMs: number;
}

const KIB = 1024;
const MIB = 1024 * KIB;
const MINUTE_MS = 60_000;

const DEFAULTS: SmtpServerLimits = {
  messageMaxBytes: 50 * MIB,
  recipientsMax: 1_000,
  textLineMaxOctets: MIB,
  swallowMaxBytes: 256 * MIB,
  discardedLineMaxOctets: 64 * KIB,
  pipelinedMaxBytes: 64 * KIB,
  unreadRepliesMaxBytes: 64 * KIB,
  errorsMax: 20,
  errorsWithoutDelay: 4,
  errorDelayMs: 250,
  errorDelayMaxMs: 8_000,
  badSequencesMax: 10,
  idleCommandsMax: 100,
  unauthenticatedCommandsMax: 50,
  refusedRecipientsMax: 200,
  futureReleaseMaxSeconds: 30 * 24 * 3600,
  commandTimeoutMs: 5 * MINUTE_MS,
  dataTimeoutMs: 3 * MINUTE_MS,
  messageTimeoutMs: 60 * MINUTE_MS,
  replyTimeoutMs: 10 * MINUTE_MS,
  tlsHandshakeTimeoutMs: MINUTE_MS,
  proxyTimeoutMs: 10_000,
  closingTimeoutMs: 10_000,
};

/** Octets of text that are looked at in one go: as text they must stay small enough for the young part of V8's heap. */
export const SCAN_MAX_OCTETS = 64 * KIB;
/** The longest PROXY v2 header taken, with the TLVs that load balancers add. */
export const PROXY_V2_MAX_OCTETS = 4_096;
/** The longest PROXY v1 line, CRLF included, as its specification says. */
export const PROXY_V1_MAX_OCTETS = 107;
/** RFC 5321 §4.5.3.1.2 */
export const HELO_MAX_OCTETS = 255;

/** The limits of a listener: the defaults of its service, with what was set. */
export function smtpServerLimits(service: SmtpService, set: Partial<SmtpServerLimits> = {}): SmtpServerLimits {
  const signedIn = service === 'submission' || service === 'submissions';
  const recipients = signedIn ? { recipientsMax: 10_000, refusedRecipientsMax: 10_000 } : {};
  return { ...DEFAULTS, ...recipients, ...set };
}
