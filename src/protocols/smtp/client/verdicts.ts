// From replies to outcomes: what each recipient's fate is when the server said this, or said nothing.
import type { SmtpReply } from '../reply.ts';
import type { EnvelopeReplies } from './envelope-dialog.ts';
import { REPLY_TEXT_OCTETS_MAX } from './limits.ts';
import { replyText, type ClientPhase, type RecipientOutcome } from './outcome.ts';
import type { WireFault } from './wire.ts';

const TEXT_LENGTH_MAX = REPLY_TEXT_OCTETS_MAX;

/** RFC 5321 §4.5.3.1.10: 552 to RCPT, unless it is about the mailbox or the message, means "too many", as 452 does. */
function meansTooMany(reply: SmtpReply): boolean {
  if (reply.code !== 452 && reply.code !== 552) return false;
  return reply.enhanced === undefined || reply.enhanced.endsWith('.5.3');
}

/** The fate that a reply decides. Codes that make no sense here defer: repeating does no harm, dropping does. */
export function outcomeOf(reply: SmtpReply, phase: ClientPhase): RecipientOutcome {
  const tooMany = phase === 'rcpt' && meansTooMany(reply);
  const group = tooMany ? 4 : Math.floor(reply.code / 100);
  const kind = group === 2 && (phase === 'body' || phase === 'rcpt') ? 'relayed' : group === 5 ? 'failed' : 'deferred';
  const own = kind === 'relayed' ? '2.0.0' : kind === 'failed' ? '5.0.0' : '4.0.0';
  const enhanced = tooMany
    ? '4.5.3'
    : kind === 'deferred' && reply.enhanced?.[0] !== '4'
      ? own
      : (reply.enhanced ?? own);
  return { kind, phase, reply, enhanced, text: replyText(reply).slice(0, TEXT_LENGTH_MAX) };
}

/** The fate when the wire failed in this phase before anything was decided. */
export function outcomeOfFault(fault: WireFault, phase: ClientPhase): RecipientOutcome {
  return { kind: 'deferred', phase, reply: null, enhanced: '4.4.2', text: fault.text };
}

export const UNSENT: RecipientOutcome = {
  kind: 'unsent',
  phase: 'mail',
  reply: null,
  enhanced: '4.4.2',
  text: 'the connection ended before the message was sent',
};

export interface EnvelopeVerdict {
  /** By RCPT; null: accepted, the body decides. */
  readonly decided: (RecipientOutcome | null)[];
  readonly accepted: number;
  /** Set when the tail of the recipients was refused as too many. */
  readonly recipientsMax: number | null;
}

function isAccepted(reply: SmtpReply | undefined): boolean {
  return reply !== undefined && reply.code >= 200 && reply.code < 300;
}

/** How many recipients from the end were refused as too many, when at least one in front of them was taken. */
function refusedTail(rcpts: readonly SmtpReply[]): number {
  let tail = 0;
  while (tail < rcpts.length && meansTooMany(rcpts[rcpts.length - 1 - tail]!)) tail++;
  return rcpts.some(isAccepted) ? tail : 0;
}

/**
 * What the envelope's replies decide. `reused`: the connection has carried a message before, so that its sudden end says
 * nothing about this one.
 */
export function judgeEnvelope(replies: EnvelopeReplies, rcptCount: number, reused: boolean): EnvelopeVerdict {
  const { mail, rcpts, fault } = replies;
  const lost = fault === null ? null : reused ? UNSENT : outcomeOfFault(fault, mail === null ? 'mail' : 'rcpt');
  // 421 on a connection that has carried messages is about the connection: another one may try at once.
  const isLeaving = (reply: SmtpReply): boolean => reply.code === 421 && reused;
  if (mail === null || mail.code >= 300 || mail.code < 200) {
    const outcome = mail === null || isLeaving(mail) ? (lost ?? UNSENT) : outcomeOf(mail, 'mail');
    return { decided: Array.from({ length: rcptCount }, () => outcome), accepted: 0, recipientsMax: null };
  }
  const tail = fault === null ? refusedTail(rcpts) : 0;
  const decided = Array.from({ length: rcptCount }, (_, at): RecipientOutcome | null => {
    const reply = rcpts[at];
    if (reply === undefined) return lost ?? UNSENT;
    if (at >= rcptCount - tail) return { ...outcomeOf(reply, 'rcpt'), kind: 'unsent' };
    if (!isAccepted(reply)) return isLeaving(reply) ? UNSENT : outcomeOf(reply, 'rcpt');
    // Accepted, but the connection did not live to see the message.
    return fault === null ? null : (lost ?? UNSENT);
  });
  const accepted = decided.filter((outcome) => outcome === null).length;
  return { decided, accepted, recipientsMax: tail > 0 ? rcptCount - tail : null };
}
