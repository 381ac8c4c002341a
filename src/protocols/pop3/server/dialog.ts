// The state of one POP3 session that commands read and change: phase, deleted marks, sign-in. RFC 1939 §3–6.
import { MailError } from '../../../base/errors/mail-error.ts';
import type { Log } from '../../../base/log.ts';
import type { SaslAccount } from '../../sasl/index.ts';
import { formatError, type Pop3ResponseCode } from '../codes.ts';
import type { Pop3Limits } from '../limits.ts';
import type { ReplyOutput } from '../../../base/net/reply-output.ts';
import type { Pop3DialogState, Pop3Maildrop, Pop3ServerSession } from './session.ts';

export type Pop3Phase = 'authorization' | 'transaction' | 'update' | 'closed';

/** What commands ask of the connection below them. */
export interface DialogTransport {
  readonly closed: boolean;
  readonly tlsOffered: boolean;
  /** The client's next line (flushes replies first); null when the connection ended or the line was too long. */
  nextLine(): Promise<Buffer | null>;
  /** Discards what the client sent ahead and starts the handshake. */
  startTls(): Promise<void>;
  /** Waits, unless the connection ends first. */
  pause(delayMs: number): Promise<void>;
  /** Sends what is left and ends the connection. */
  end(): void;
  /** Ends the connection at once: the client must not take a broken answer for a whole one. */
  abort(): void;
}

export interface DialogParts {
  readonly state: Pop3DialogState;
  readonly session: Pop3ServerSession;
  readonly output: ReplyOutput;
  readonly transport: DialogTransport;
  readonly limits: Pop3Limits;
  readonly log: Log;
}

/** One per connection. */
export class Pop3Dialog {
  readonly state: Pop3DialogState;
  readonly session: Pop3ServerSession;
  readonly output: ReplyOutput;
  readonly transport: DialogTransport;
  readonly limits: Pop3Limits;
  readonly log: Log;
  phase: Pop3Phase = 'authorization';
  /** The name of USER, waiting for PASS. */
  userName: string | null = null;
  #maildrop: Pop3Maildrop | null = null;
  #deleted: Uint8Array = new Uint8Array(0);
  #deletedCount = 0;
  #deletedOctets = 0;
  #totalOctets = 0;
  #authFailures = 0;

  constructor(parts: DialogParts) {
    this.state = parts.state;
    this.session = parts.session;
    this.output = parts.output;
    this.transport = parts.transport;
    this.limits = parts.limits;
    this.log = parts.log;
  }

  /** The locked snapshot; only in the TRANSACTION state. */
  get maildrop(): Pop3Maildrop {
    if (this.#maildrop === null) throw new MailError('internal', 'No mailbox is open', { temporary: true });
    return this.#maildrop;
  }

  /** Messages that are not marked as deleted. */
  get messagesLeft(): number {
    return this.maildrop.count - this.#deletedCount;
  }

  /** Their octets. */
  get octetsLeft(): number {
    return this.#totalOctets - this.#deletedOctets;
  }

  /** `+OK text` */
  ok(text: string): void {
    this.output.line(`+OK ${text}`);
  }

  /** `-ERR [code] text` */
  error(code: Pop3ResponseCode | null, text: string): void {
    this.output.line(formatError(code, text));
  }

  /** The index of message `number`, or -1 after having answered that there is none. */
  requireMessage(number: number): number {
    if (number >= 1 && number <= this.maildrop.count && !this.isDeleted(number - 1)) return number - 1;
    this.error(null, 'No such message');
    return -1;
  }

  /** Is this message marked? */
  isDeleted(index: number): boolean {
    return this.#deleted[index] === 1;
  }

  /** DELE: marks a message that is not marked. */
  markDeleted(index: number): void {
    this.#deleted[index] = 1;
    this.#deletedCount++;
    this.#deletedOctets += this.maildrop.size(index);
  }

  /** RSET: unmarks all. */
  unmarkAll(): void {
    this.#deleted.fill(0);
    this.#deletedCount = 0;
    this.#deletedOctets = 0;
  }

  /** What QUIT is to remove. */
  deletedIndexes(): number[] {
    const indexes: number[] = [];
    for (let i = 0; i < this.#deleted.length; i++) if (this.#deleted[i] === 1) indexes.push(i);
    return indexes;
  }

  /** Somebody proved who they are: lock, snapshot, TRANSACTION state; or the reason why not. */
  async enter(account: SaslAccount): Promise<void> {
    this.state.account = account;
    this.userName = null;
    let maildrop: Pop3Maildrop;
    try {
      maildrop = await this.session.openMaildrop(this.state);
    } catch (error) {
      this.state.account = null;
      throw error;
    }
    if (this.transport.closed) {
      await maildrop.close();
      return;
    }
    this.#maildrop = maildrop;
    this.#deleted = new Uint8Array(maildrop.count);
    this.#totalOctets = 0;
    for (let i = 0; i < maildrop.count; i++) this.#totalOctets += maildrop.size(i);
    this.phase = 'transaction';
    this.ok(`Signed in, ${maildrop.count} messages (${this.#totalOctets} octets)`);
  }

  /** A sign-in failed: answers after a growing delay, and ends the connection when it was one too many. */
  async refuseSignIn(temporary: boolean, reason: string): Promise<void> {
    this.userName = null;
    if (temporary) {
      this.log.warn({ reason }, 'sign-in could not be checked');
      this.error('SYS/TEMP', 'Sign-in cannot be checked now, try again later');
      return;
    }
    this.#authFailures++;
    this.log.info({ reason, failures: this.#authFailures }, 'sign-in failed');
    await this.transport.pause(this.limits.authFailureDelayMs * this.#authFailures);
    this.error('AUTH', 'Wrong name or password');
    if (this.#authFailures >= this.limits.authFailuresMax) this.transport.end();
  }

  /** UPDATE state done or the connection is gone: the lock goes back. Safe to call again. */
  async release(): Promise<void> {
    const maildrop = this.#maildrop;
    this.#maildrop = null;
    this.phase = 'closed';
    if (maildrop !== null) await maildrop.close();
  }
}
