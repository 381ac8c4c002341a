// One SMTP or LMTP dialog, without a socket: octets in, replies out (RFC 5321 §3, §4). Commands are taken strictly one
// after the other; the replies to one flight of input leave in one write (RFC 2920 §3.2).
import { isPromise } from '../../../base/async/maybe-promise.ts';
import { MailError } from '../../../base/errors/mail-error.ts';
import { SyntaxFault } from '../../../base/errors/syntax-fault.ts';
import type { SaslAccount, SaslServer } from '../../sasl/index.ts';
import { refusalReply } from '../codes.ts';
import type { SmtpExtension } from '../extensions.ts';
import { formatReply } from '../format.ts';
import type { ParameterRules } from '../parse.ts';
import { reply, type SmtpReply } from '../reply.ts';
import { FaultBudget } from './fault-budget.ts';
import type { SmtpServerConfig } from './options.ts';
import type { SmtpDialogState, SmtpServerSession, TlsState } from './session.ts';
import type { TextFault } from './text-scan.ts';
import { faultReply, type MessageIntake, type Transaction } from './transaction.ts';

/** What the dialog needs of the connection that carries it. */
export interface DialogPort {
  /** Sends text; false when the client has left too much unread. */
  send(text: string, encoding: 'latin1' | 'utf8'): boolean;
  pauseReading(): void;
  resumeReading(): void;
  /** Starts TLS; `secured` is called when it stands. */
  startTls(): void;
  /** Ends the connection after what was sent. `clientIsDone`: it said so, and nothing of it is left unread. */
  finish(clientIsDone: boolean): void;
  /** How long the client, or one of our own answers, may take from now on. */
  expectWithin(ms: number): void;
  /** Something came forward: that time starts again. */
  touch(): void;
}

/** What the next octets are. */
export type InputMode = 'command' | 'skip-line' | 'sasl-response' | 'data' | 'chunk';

/** Takes the next piece of input (`SmtpDialog.take`) by the dialog's mode; false when it is not complete yet. */
export type ReadInput = (dialog: SmtpDialog, input: Buffer, at: number) => boolean;

export interface Chunk {
  readonly octets: number;
  /** Octets still to come. */
  left: number;
  readonly last: boolean;
  /** Decided before the octets came: they are read and thrown away. */
  readonly refusal: SmtpReply | null;
}

const NOTHING_OFFERED: ReadonlySet<SmtpExtension> = new Set();
const INTERNAL = reply(451, '4.3.0', 'Something went wrong here, try again later');
/** Replies kept for one write before they are sent anyway. */
const OUTPUT_BATCH_MAX_CHARACTERS = 16_384;

export class SmtpDialog {
  readonly config: SmtpServerConfig;
  readonly state: SmtpDialogState;
  readonly session: SmtpServerSession;
  readonly #port: DialogPort;
  readonly #readInput: ReadInput;
  mode: InputMode = 'command';
  transaction: Transaction | null = null;
  /** The last MAIL was refused, and nothing has been begun since. */
  mailRefused = false;
  chunk: Chunk | null = null;
  /** The exchange under way, RFC 4954 §4. */
  sasl: SaslServer | null = null;
  /** Signed in once the client has acknowledged the last challenge. */
  saslAccount: SaslAccount | null = null;
  /** Octets thrown away of a line that was refused before its end. */
  discardedOctets = 0;
  #input: Buffer | null = null;
  #at = 0;
  #output = '';
  #outputUtf8 = false;
  /** An answer is awaited, the banner is not yet written, or TLS starts. */
  #waiting = true;
  #started = false;
  #sessionOpen = false;
  #ended = false;
  #clientDone = false;
  #readingPaused = false;
  /** The client does not read our replies. */
  #stalled = false;
  #draining = false;
  #budget: FaultBudget | null = null;

  constructor(config: SmtpServerConfig, port: DialogPort, state: SmtpDialogState, readInput: ReadInput) {
    this.config = config;
    this.#port = port;
    this.state = state;
    this.#readInput = readInput;
    this.session = config.createSession();
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** Nothing would be lost by ending now: no command is being answered and no message is on its way. */
  get idle(): boolean {
    return !this.#waiting && this.mode !== 'data' && this.chunk === null;
  }

  /** Octets wait behind the command that is being answered. */
  get hasInput(): boolean {
    return this.#input !== null;
  }

  /** What may be used now. Empty before EHLO. */
  get offered(): ReadonlySet<SmtpExtension> {
    if (!this.state.extended) return NOTHING_OFFERED;
    return this.state.tls === null ? this.config.offered.plain : this.config.offered.tls;
  }

  /** By what rules the parameters of MAIL and RCPT are read now. */
  parameterRules(): ParameterRules {
    const { clock, limits } = this.config;
    const { futureReleaseMaxSeconds } = limits;
    return { extensions: this.offered, nowMs: clock.now(), futureReleaseMaxSeconds };
  }

  // --- life of the connection ---

  /** Asks the session whether this client may come in; calls `ready` when it may. */
  start(ready: () => void): void {
    if (this.#ended) return;
    this.#sessionOpen = true;
    const decide = (refusal: SmtpReply | null): void => {
      if (this.#ended) return;
      if (refusal === null) ready();
      else this.#refuseConnection(refusal);
    };
    try {
      const verdict = this.session.connect(this.state);
      if (isPromise(verdict)) verdict.then(decide, (error: unknown) => decide(this.failureReply(error)));
      else decide(verdict);
    } catch (error) {
      decide(this.failureReply(error));
    }
  }

  /** Only 421 and 554 are known here, RFC 5321 §4.2.3. */
  #refuseConnection(refusal: SmtpReply): void {
    this.#send(refusal.code === 554 || refusal.code === 421 ? refusal : { ...refusal, code: 421 });
    this.#finish();
  }

  /** Writes the banner and begins to listen. */
  greet(): void {
    if (this.#ended) return;
    const { hostname, lmtp, banner } = this.config;
    this.#started = true;
    this.#waiting = false;
    this.#port.expectWithin(this.config.limits.commandTimeoutMs);
    this.#output += `220 ${hostname} ${lmtp ? 'LMTP' : 'ESMTP'}${banner === '' ? '' : ` ${banner}`}\r\n`;
    this.#run();
  }

  /** TLS stands (RFC 3207 §4.2): what was said before is forgotten. */
  secured(tls: TlsState): void {
    if (this.#ended) return;
    this.#input = null;
    this.forgetTransaction();
    this.state.tls = tls;
    this.state.helo = '';
    this.state.extended = false;
    this.state.account = null;
    if (!this.#started) return;
    this.#waiting = false;
    this.#port.expectWithin(this.config.limits.commandTimeoutMs);
    this.#run();
  }

  /** The client will send nothing more. What it already sent is still answered. */
  inputEnded(): void {
    this.#clientDone = true;
    if (!this.#waiting) this.#finish();
  }

  /** The connection is gone, however that came. */
  connectionClosed(): void {
    this.#ended = true;
    this.#input = null;
    this.#output = '';
    this.transaction?.intake?.abort();
    this.transaction = null;
    if (this.#sessionOpen) this.session.close();
  }

  /** The time given by `expectWithin` is over. */
  timeout(): void {
    const ours = this.#waiting && this.#started && !this.#stalled;
    if (ours) this.config.log.error({ helo: this.state.helo }, 'smtp: an answer took too long');
    this.end(421, ours ? '4.3.0' : '4.4.2', ours ? 'No answer in time, try again later' : 'Too long without a word');
  }

  /** The server stops: at once when nothing is on its way, else after that. */
  drain(): void {
    if (this.idle || !this.#started) this.end(421, '4.3.2', 'Shutting down, try again later');
    else this.#draining = true;
  }

  // --- input ---

  /** Takes octets from the client. Their memory may be used again after the call; dots are taken out of it. */
  receive(octets: Buffer): void {
    if (this.#ended || octets.length === 0) return;
    if (!this.#started) {
      this.config.log.info({ address: this.state.peer.address }, 'smtp: the client spoke before the banner');
      this.end(554, '5.5.0', 'You spoke before the banner');
      return;
    }
    if (this.#input === null) this.#input = octets;
    else this.#input = Buffer.concat([this.#input.subarray(this.#at), octets]);
    this.#at = 0;
    if (!this.#waiting) this.#run();
    else if (this.#input.length > this.config.limits.pipelinedMaxBytes) this.#pauseReading();
    if (this.#input !== octets) return;
    this.#input = Buffer.from(octets.subarray(this.#at));
    this.#at = 0;
  }

  #pauseReading(): void {
    if (this.#readingPaused) return;
    this.#readingPaused = true;
    this.#port.pauseReading();
  }

  /** The client has read what kept us from answering. */
  clientCaughtUp(): void {
    if (!this.#stalled) return;
    this.#stalled = false;
    this.#resume();
  }

  #resume(): void {
    this.#waiting = false;
    if (!this.#ended) this.#run();
  }

  #run(): void {
    if (this.#readingPaused) {
      this.#readingPaused = false;
      this.#port.resumeReading();
    }
    let moved = false;
    while (this.#input !== null && !this.#waiting && !this.#ended) {
      if (!this.#readInput(this, this.#input, this.#at)) break;
      moved = true;
      if (this.#output.length > OUTPUT_BATCH_MAX_CHARACTERS) this.#flush();
    }
    if (this.#ended) return;
    if (moved) this.#port.touch();
    if (this.#waiting) return;
    this.#flush();
    if (this.#stalled) return;
    if (this.#draining && this.idle) this.drain();
    else if (this.#clientDone) this.#finish();
  }

  /** Marks input up to `at` as taken. */
  take(input: Buffer, at: number): void {
    this.#at = at;
    this.#input = at >= input.length ? null : input;
  }

  /** Does one step; one that answers later stops the input until it has. The one place where failures are caught. */
  perform<A>(step: (dialog: SmtpDialog, argument: A) => void | Promise<void>, argument: A): void {
    try {
      const pending = step(this, argument);
      if (isPromise(pending)) this.waitFor(pending);
    } catch (error) {
      this.#fail(error);
    }
    if (!this.#waiting && !this.#ended) this.#delayAnswer();
  }

  /** Takes no more input until `pending` has settled. */
  waitFor(pending: Promise<void>): void {
    this.#waiting = true;
    pending.then(
      () => this.#settled(),
      (error: unknown) => {
        this.#fail(error);
        this.#settled();
      },
    );
  }

  /** The same while content is on its way to where it is kept: the client is not even read from. */
  waitForContent(pending: Promise<void>): void {
    this.#pauseReading();
    this.waitFor(pending);
  }

  #settled(): void {
    this.#waiting = false;
    if (this.#ended) return;
    this.#delayAnswer();
    if (!this.#waiting) this.#run();
  }

  /** Faults make our answers slow. */
  #delayAnswer(): void {
    const delayMs = this.#budget?.takeDelayMs() ?? 0;
    if (delayMs === 0) return;
    this.#waiting = true;
    this.config.clock.after(delayMs, () => {
      if (this.#ended) return;
      // Said now, not at the end of the flight: only who is written to can be found gone.
      this.#flush();
      if (!this.#stalled) this.#resume();
    });
  }

  #fail(error: unknown): void {
    if (this.#ended) return;
    if (error instanceof SyntaxFault) this.fault(501, '5.5.4', `Syntax: ${error.message}`);
    else {
      const refusal = this.failureReply(error);
      this.send(refusal);
      if (refusal.code >= 500) this.budget.countError();
      this.endWhenSpent();
    }
  }

  /** What to answer when a hook failed. */
  failureReply(error: unknown): SmtpReply {
    if (error instanceof MailError) return refusalReply(error);
    this.config.log.error({ error, address: this.state.peer.address }, 'smtp: a command failed');
    return INTERNAL;
  }

  expectWithin(ms: number): void {
    this.#port.expectWithin(ms);
  }

  // --- output ---

  /** Adds a reply of ours: text without control characters, in ASCII. `enhanced` '' leaves the enhanced code out. */
  answer(code: number, enhanced: string, text: string): void {
    if (this.#ended) return;
    const status = enhanced === '' || !this.config.enhancedCodes ? '' : `${enhanced} `;
    this.#output += `${code} ${status}${text}\r\n`;
  }

  /** Adds lines that are already in their wire form. */
  answerLines(wire: string): void {
    if (!this.#ended) this.#output += wire;
  }

  /** Adds a reply from outside this library. */
  send(answer: SmtpReply): void {
    if (this.#ended) return;
    this.#send(answer);
    if (answer.code === 421) this.#finish();
  }

  #send(answer: SmtpReply): void {
    const allowUtf8 = this.transaction?.parameters.smtputf8 === true;
    if (allowUtf8) this.#outputUtf8 = true;
    const shown = this.config.enhancedCodes ? answer : { code: answer.code, lines: answer.lines };
    this.#output += formatReply(shown, allowUtf8);
  }

  #flush(): void {
    if (this.#output === '') return;
    const text = this.#output;
    const encoding = this.#outputUtf8 ? 'utf8' : 'latin1';
    this.#output = '';
    this.#outputUtf8 = false;
    if (this.#port.send(text, encoding) || this.#ended) return;
    this.#stalled = true;
    this.#waiting = true;
  }

  /** What the client has used up of our patience. */
  get budget(): FaultBudget {
    this.#budget ??= new FaultBudget(this.config.limits);
    return this.#budget;
  }

  /** A fault of the client: answered, counted, and from some number on delayed. */
  fault(code: number, enhanced: string, text: string): void {
    this.answer(code, enhanced, text);
    this.budget.countError();
    this.endWhenSpent();
  }

  /** 503, RFC 5321 §4.1.4. */
  outOfOrder(text: string): void {
    this.answer(503, '5.5.1', text);
    this.countBadSequence();
  }

  /** Counts a 503 that was answered. */
  countBadSequence(): void {
    this.budget.countBadSequence();
    this.endWhenSpent();
  }

  /** Ends the dialog when the client went beyond a limit; whether it did. */
  endWhenSpent(): boolean {
    if (this.#budget?.spent !== true) return this.#ended;
    if (this.#ended) return true;
    this.config.log.info({ address: this.state.peer.address }, 'smtp: too many errors');
    this.end(421, '4.7.0', 'Too many errors');
    return true;
  }

  /** Says a last word and ends the connection. */
  end(code: number, enhanced: string, text: string): void {
    if (this.#ended) return;
    this.answer(code, enhanced, text);
    this.#finish();
  }

  /** Says goodbye to a client that has said that it is done. */
  quit(text: string): void {
    this.answer(221, '2.0.0', text);
    this.#finish(this.#input === null);
  }

  #finish(clientIsDone = false): void {
    if (this.#ended) return;
    this.#flush();
    this.#ended = true;
    this.#input = null;
    this.forgetTransaction();
    this.#port.finish(clientIsDone);
  }

  // --- transaction ---

  /** The text of the message breaks the rules of the wire: it is refused when it has come to its end. */
  refuseText(intake: MessageIntake, fault: TextFault): void {
    if (intake.refusal !== null) return;
    this.config.log.info({ address: this.state.peer.address, fault }, 'smtp: message refused for its octets');
    intake.refuse(faultReply(fault));
    this.budget.countError();
  }

  /** The transaction is over without a message. */
  forgetTransaction(): void {
    const transaction = this.transaction;
    if (transaction === null) return;
    this.transaction = null;
    transaction.intake?.abort();
    this.session.reset();
  }

  /** A SASL exchange is over, or broken off. */
  stopSasl(): void {
    this.sasl = null;
    this.saslAccount = null;
    this.mode = 'command';
  }

  /** STARTTLS was answered: the next octets belong to TLS. */
  startTls(): void {
    this.#flush();
    this.#stalled = false;
    this.#waiting = true;
    this.#port.startTls();
  }

  /** The message of the transaction has come to its end: its replies, RFC 5321 §4.1.1.4, RFC 2033 §4.2. */
  finishMessage(transaction: Transaction): void | Promise<void> {
    const intake = transaction.intake!;
    const count = this.config.lmtp ? transaction.recipients.length : 1;
    this.mode = 'command';
    this.#budget?.messageDone();
    if (intake.refusal !== null) {
      const refusal = intake.refusal;
      this.#port.expectWithin(this.config.limits.commandTimeoutMs);
      this.#sendEach(Array.from({ length: count }, () => refusal));
      this.forgetTransaction();
      this.endWhenSpent();
      return undefined;
    }
    this.#port.expectWithin(this.config.limits.replyTimeoutMs);
    const handOver = intake.end().catch((error: unknown) => {
      const failure = this.failureReply(error);
      return Array.from({ length: count }, () => failure);
    });
    return handOver.then((replies) => this.#messageTaken(replies, count));
  }

  #messageTaken(replies: readonly SmtpReply[], count: number): void {
    this.#port.expectWithin(this.config.limits.commandTimeoutMs);
    if (replies.length !== count) {
      this.config.log.error(
        { wanted: count, given: replies.length },
        'smtp: the session gave a wrong number of replies',
      );
      replies = Array.from({ length: count }, (_, i) => replies[i] ?? INTERNAL);
    }
    this.#sendEach(replies);
    this.transaction = null;
  }

  #sendEach(replies: readonly SmtpReply[]): void {
    for (const one of replies) this.send(one);
  }
}
