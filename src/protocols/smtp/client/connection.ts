// An open SMTP (or LMTP) connection that carries messages, one after another and overlapping: while a message's final
// reply is awaited, the next one's envelope is already on its way (RFC 2920 §3.1 lets commands follow the final dot).
// Invariant: no octet of a message is sent before the server took one of its recipients, and a message's fate is decided
// exactly once.
import type { Clock } from '../../../base/clock.ts';
import type { SmtpReply } from '../reply.ts';
import { writeBody, type BodyFault } from './body-writer.ts';
import type { Capabilities } from './capabilities.ts';
import { sendEnvelope, type EnvelopeReplies } from './envelope-dialog.ts';
import { CONVERSION_OCTETS_MAX, WATCHDOG_OCTETS_PER_SECOND_MIN, type ClientTimeouts } from './limits.ts';
import { bodyOf, type ClientMessage, type ConvertMessage } from './message.ts';
import type { RecipientOutcome, RemotePeer, TransactionResult } from './outcome.ts';
import { needsWholeBody, ownOutcome, prepareTransaction, type Prepared } from './prepare.ts';
import { judgeEnvelope, outcomeOf, outcomeOfFault, UNSENT, type EnvelopeVerdict } from './verdicts.ts';
import type { Wire } from './wire.ts';

export interface ConnectionParts {
  readonly wire: Wire;
  readonly clock: Clock;
  readonly peer: RemotePeer;
  readonly capabilities: Capabilities;
  readonly lmtp: boolean;
  readonly verifiedTls: boolean;
  readonly timeouts: ClientTimeouts;
  readonly convert: ConvertMessage | null;
  /** Why opportunistic TLS was given up; null: it was not. */
  readonly tlsFault: string | null;
}

interface Transaction {
  readonly message: ClientMessage;
  readonly resolve: (result: TransactionResult) => void;
}

/** Made by `openConnection`. Messages are sent in the order of the `send` calls. */
export class SmtpClientConnection {
  readonly kind = 'open' as const;
  readonly peer: RemotePeer;
  readonly capabilities: Capabilities;
  /** Why opportunistic TLS was given up; null: it was not. */
  readonly tlsFault: string | null;
  readonly #parts: ConnectionParts;
  readonly #wire: Wire;
  readonly #waiting: Transaction[] = [];
  /** The transaction that owns the writing side: its body is not out yet. */
  #writing: Transaction | null = null;
  /** Transactions whose body is out and whose final reply is not in. */
  #unanswered = 0;
  #carried = 0;
  #openTransaction = false;

  constructor(parts: ConnectionParts) {
    this.#parts = parts;
    this.#wire = parts.wire;
    this.peer = parts.peer;
    this.capabilities = parts.capabilities;
    this.tlsFault = parts.tlsFault;
  }

  /** False once the wire is dead: only `unsent` can follow. */
  get usable(): boolean {
    return this.#wire.fault === null;
  }

  /** Messages that were answered after their last octet. */
  get carried(): number {
    return this.#carried;
  }

  /** Transactions that are not decided yet. */
  get pending(): number {
    return this.#waiting.length + this.#unanswered + (this.#writing === null ? 0 : 1);
  }

  /** Another message may be handed over now so that it overlaps with the one under way. */
  get canOverlap(): boolean {
    return this.usable && this.capabilities.pipelining && this.#carried > 0;
  }

  /** Called once when the server ends the connection while nothing is under way. */
  onIdleEnd(listener: () => void): void {
    this.#wire.onIdleFault = listener;
  }

  /** Sends one message to its recipients; never rejects. */
  send(message: ClientMessage): Promise<TransactionResult> {
    return new Promise((resolve) => {
      this.#waiting.push({ message, resolve });
      this.#pump();
    });
  }

  /** Says QUIT and leaves; only when nothing is under way, else it breaks off. */
  quit(): void {
    this.#wire.end('QUIT\r\n', this.#parts.timeouts.quitMs);
  }

  /** Breaks off: what is under way ends as deferred or unsent. */
  destroy(text: string): void {
    this.#wire.fail({ kind: 'stopped', text });
  }

  #pump(): void {
    if (this.#writing !== null || this.#waiting.length === 0) return;
    if (this.#unanswered > 0 && !this.canOverlap && this.usable) return;
    const transaction = this.#waiting.shift()!;
    this.#writing = transaction;
    void this.#run(transaction);
  }

  /** The writing side is free; the next envelope leaves in the same system call as what was just written. */
  #passOn(): void {
    this.#writing = null;
    this.#pump();
  }

  async #run(transaction: Transaction): Promise<void> {
    const { message } = transaction;
    let result: TransactionResult;
    try {
      result = await this.#transact(message);
    } catch {
      // Our fault (the store cannot give the octets, say): the message stays in the queue, the connection is in an
      // unknown state.
      this.destroy('the message could not be sent because of an error here');
      const outcome = ownOutcome('deferred', 'body', '4.3.0', 'an error here');
      result = this.#result(message.recipients.map(() => outcome));
    }
    if (this.#writing === transaction) this.#passOn();
    transaction.resolve(result);
  }

  #result(outcomes: readonly RecipientOutcome[], recipientsMax: number | null = null): TransactionResult {
    return { outcomes, peer: this.peer, dsnPassedOn: this.capabilities.dsn, recipientsMax };
  }

  async #transact(given: ClientMessage): Promise<TransactionResult> {
    if (!this.usable) return this.#result(given.recipients.map(() => UNSENT));
    const { capabilities, timeouts, verifiedTls, convert, clock } = this.#parts;
    const { body } = given;
    // Only what has to be converted is read whole; everything else is written before the first `await`.
    const mustRead = body.length <= CONVERSION_OCTETS_MAX && needsWholeBody(given, capabilities);
    const message = mustRead ? { ...given, body: bodyOf(await body.read(0, body.length), body.mayEnd) } : given;
    const prepared = prepareTransaction(message, { capabilities, verifiedTls }, convert);
    if (prepared.rcpts.length === 0) return this.#result(prepared.decided as RecipientOutcome[]);
    const maxMs = timeouts.transactionMs + (prepared.body.length / WATCHDOG_OCTETS_PER_SECOND_MIN) * 1000;
    const watchdog = clock.after(maxMs, () =>
      this.#wire.fail({ kind: 'timeout', text: 'the transaction took too long' }),
    );
    try {
      return await this.#dialog(prepared);
    } finally {
      watchdog.cancel();
    }
  }

  async #dialog(prepared: Prepared): Promise<TransactionResult> {
    const { pipelining } = this.capabilities;
    const { chunking } = prepared;
    const reused = this.#carried > 0;
    const form = { pipelining, chunking, reset: this.#openTransaction, timeouts: this.#parts.timeouts };
    this.#openTransaction = false;
    const replies = await sendEnvelope(this.#wire, prepared, form);
    const verdict = judgeEnvelope(replies, prepared.rcpts.length, reused);
    const dataRefused = !chunking && verdict.accepted > 0 && replies.data !== null && replies.data.code !== 354;
    let body: readonly RecipientOutcome[] = [];
    if (verdict.accepted === 0) await this.#leaveEnvelope(replies);
    else if (dataRefused) body = [this.#refuseData(replies.data, reused)];
    else body = await this.#sendBody(prepared, verdict.accepted);
    const byRcpt = this.#settleBody(verdict, body);
    const outcomes = prepared.decided.slice();
    for (const [at, outcome] of byRcpt.entries()) outcomes[prepared.indexes[at]!] = outcome;
    return this.#result(outcomes as RecipientOutcome[], verdict.recipientsMax);
  }

  /** Nobody was accepted: a server that says 354 all the same gets a lone dot, an open transaction an RSET. */
  async #leaveEnvelope(replies: EnvelopeReplies): Promise<void> {
    if (replies.data?.code === 354) {
      this.#wire.write('.\r\n');
      await this.#wire.expect(1, this.#parts.timeouts.finalMs);
    } else this.#openTransaction = replies.mail !== null && replies.mail.code < 300;
  }

  #refuseData(reply: SmtpReply, reused: boolean): RecipientOutcome {
    this.#openTransaction = true;
    // A positive reply to DATA other than 354: nobody knows what the server waits for now.
    if (reply.code < 400) this.destroy('the server answered DATA with something else');
    return reply.code === 421 && reused ? UNSENT : outcomeOf(reply, 'data');
  }

  /** Sends the body and gives the final outcomes: one for all, or with LMTP one for each accepted recipient. */
  async #sendBody(prepared: Prepared, accepted: number): Promise<RecipientOutcome[]> {
    const { timeouts, lmtp } = this.#parts;
    const { chunking, checkLines } = prepared;
    const written = writeBody(this.#wire, prepared.body, { chunking, checkLines, blockTimeoutMs: timeouts.blockMs });
    const fault = written instanceof Promise ? await written : written;
    if (fault !== null && fault.kind !== 'wire') return [brokenOff(fault)];
    const count = lmtp ? accepted : 1;
    const final = this.#wire.expect(count, timeouts.finalMs);
    this.#unanswered++;
    this.#passOn();
    const { replies, fault: lost } = await final;
    this.#unanswered--;
    if (replies.length > 0) this.#carried++;
    const outcomes = replies.map((reply) => outcomeOf(reply, 'body'));
    while (outcomes.length < count) outcomes.push(outcomeOfFault(lost!, 'body'));
    this.#pump();
    return outcomes;
  }

  #settleBody(verdict: EnvelopeVerdict, body: readonly RecipientOutcome[]): RecipientOutcome[] {
    let next = 0;
    return verdict.decided.map((outcome) => {
      if (outcome !== null) return outcome;
      const own = body.length === 1 ? body[0]! : body[next]!;
      next++;
      return own;
    });
  }
}

function brokenOff(fault: Exclude<BodyFault, { kind: 'wire' }>): RecipientOutcome {
  return fault.kind === 'bare-line-ending'
    ? ownOutcome('failed', 'body', '5.6.3', 'the message has a bare CR or LF and is too long to be converted')
    : ownOutcome('deferred', 'body', '4.3.0', 'the message could not be read from the store');
}
