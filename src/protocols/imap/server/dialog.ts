// The state of one IMAP session that commands read and change: phase, account, selected mailbox, what the client enabled.
// RFC 9051 §3.
import type { Clock } from '../../../base/clock.ts';
import { MailError } from '../../../base/errors/mail-error.ts';
import type { IdleWheel } from '../../../base/idle-wheel.ts';
import type { Log } from '../../../base/log.ts';
import type { ReplyOutput } from '../../../base/net/reply-output.ts';
import type { SaslAccount } from '../../sasl/index.ts';
import { formatMailbox, formatStatusText, formatString } from '../format.ts';
import type { ImapLimits } from '../limits.ts';
import type { MailboxView } from './mailbox-view.ts';
import { no, type Outcome } from './outcome.ts';
import type { ImapAccount, ImapDialogState, ImapServerSession } from './session.ts';

export type ImapPhase = 'not-authenticated' | 'authenticated' | 'selected' | 'logout';

/** What commands ask of the connection below them. */
export interface DialogTransport {
  readonly closed: boolean;
  readonly tlsOffered: boolean;
  readonly compressed: boolean;
  /** The client's next line (flushes output first); null when the connection ended or the line was too long. */
  nextLine(): Promise<Buffer | null>;
  /** Exactly this many octets of a literal, piece by piece; false when the connection ended before. */
  readLiteral(octets: number, take: (piece: Buffer) => void | Promise<void>): Promise<boolean>;
  /** Discards what the client sent ahead and starts the handshake. */
  startTls(): Promise<void>;
  /** RFC 4978: both directions are deflated from here on. */
  startCompression(): Promise<void>;
  /** Waits, unless the connection ends first. */
  pause(delayMs: number): Promise<void>;
  /** The client may be silent for this long. */
  allowIdle(idleMs: number): void;
  /** Sends what is left and ends the connection. */
  end(): void;
  /** Ends the connection at once: the client must not take a broken answer for a whole one. */
  abort(): void;
}

export interface DialogParts {
  readonly hostname: string;
  readonly state: ImapDialogState;
  readonly session: ImapServerSession;
  readonly output: ReplyOutput;
  readonly transport: DialogTransport;
  readonly limits: ImapLimits;
  readonly clock: Clock;
  readonly idleWheel: IdleWheel;
  readonly log: Log;
}

/** What the client switched on, RFC 9051 §6.3.1. */
export interface EnabledExtensions {
  condStore: boolean;
  qresync: boolean;
  utf8: boolean;
  rev2: boolean;
  uidOnly: boolean;
}

/** One per connection. */
export class ImapDialog {
  readonly parts: DialogParts;
  readonly enabled: EnabledExtensions = { condStore: false, qresync: false, utf8: false, rev2: false, uidOnly: false };
  phase: ImapPhase = 'not-authenticated';
  /** Of the command at work. */
  tag = '';
  #closing: AbortController | null = null;
  #account: ImapAccount | null = null;
  #view: MailboxView | null = null;
  /** Who waits for news of the selected mailbox (IDLE). */
  onNews: (() => void) | null = null;
  #authFailures = 0;
  #stopRevocation: () => void = () => {};

  constructor(parts: DialogParts) {
    this.parts = parts;
  }

  get output(): ReplyOutput {
    return this.parts.output;
  }

  get transport(): DialogTransport {
    return this.parts.transport;
  }

  /** The mail; only after sign-in. */
  get account(): ImapAccount {
    if (this.#account === null) throw new MailError('auth-required', 'Sign in first', { temporary: false });
    return this.#account;
  }

  /** The selected mailbox; null when there is none. */
  get selected(): MailboxView | null {
    return this.#view;
  }

  /** The selected mailbox, which the table of commands has made sure of. */
  get view(): MailboxView {
    if (this.#view === null) throw new MailError('internal', 'No mailbox is selected', { temporary: false });
    return this.#view;
  }

  /** Strings may be UTF-8 in quotes, names need no UTF-7: RFC 9051 §5.1, RFC 6855 §3. */
  get utf8(): boolean {
    return this.enabled.utf8 || this.enabled.rev2;
  }

  /** `* text` */
  untagged(text: string): void {
    this.output.line(`* ${text}`);
  }

  /** A string as this client reads it. */
  string(text: string): string {
    return formatString(text, this.utf8);
  }

  /** A mailbox name as this client reads it. */
  mailbox(name: string): string {
    return formatMailbox(name, this.utf8);
  }

  /** `* BYE text`, and the end. */
  bye(text: string): void {
    if (this.phase === 'logout') return;
    this.phase = 'logout';
    this.untagged(`BYE ${formatStatusText(text)}`);
    this.transport.end();
  }

  /** Somebody proved who they are. */
  async signIn(account: SaslAccount): Promise<void> {
    const { state, session } = this.parts;
    state.account = account;
    let opened: ImapAccount;
    try {
      opened = await session.openAccount(state);
    } catch (error) {
      state.account = null;
      throw error;
    }
    if (this.transport.closed) {
      opened.close();
      return;
    }
    this.#account = opened;
    this.#stopRevocation = opened.onRevoked?.(() => this.bye('This account is closed')) ?? this.#stopRevocation;
    this.phase = 'authenticated';
    this.#authFailures = 0;
    this.transport.allowIdle(this.parts.limits.idleTimeoutMs);
  }

  /** A sign-in failed: answered after a growing delay; one too many ends the connection. */
  async refuseSignIn(temporary: boolean, reason: string): Promise<Outcome> {
    const { limits, log } = this.parts;
    if (temporary) {
      log.warn({ reason }, 'sign-in could not be checked');
      return no('UNAVAILABLE', 'Sign-in cannot be checked now, try again later');
    }
    this.#authFailures++;
    log.info({ reason, failures: this.#authFailures }, 'sign-in failed');
    await this.transport.pause(limits.authFailureDelayMs * this.#authFailures);
    return no('AUTHENTICATIONFAILED', 'Wrong name or password');
  }

  /** Whether there have been as many failed sign-ins as are allowed. */
  get signInsExhausted(): boolean {
    return this.#authFailures >= this.parts.limits.authFailuresMax;
  }

  /** The mailbox becomes the selected one. */
  select(view: MailboxView): void {
    this.#view = view;
    this.phase = 'selected';
    view.listen(() => this.onNews?.());
  }

  /** No mailbox is selected any more. */
  unselect(): void {
    const view = this.#view;
    this.#view = null;
    if (this.phase === 'selected') this.phase = 'authenticated';
    view?.close();
  }

  /** RFC 8437: as after the greeting, TLS stays. */
  signOut(): void {
    this.release();
    this.phase = 'not-authenticated';
    this.parts.state.account = null;
    Object.assign(this.enabled, { condStore: false, qresync: false, utf8: false, rev2: false, uidOnly: false });
    this.transport.allowIdle(this.parts.limits.signInTimeoutMs);
  }

  /** Ends the work for this client when it goes. */
  closedSignal(): AbortSignal {
    this.#closing ??= new AbortController();
    return this.#closing.signal;
  }

  /** The connection is over. */
  close(): void {
    this.#closing?.abort();
    this.release();
  }

  /** The account is left. Safe to call again. */
  release(): void {
    this.unselect();
    const account = this.#account;
    this.#account = null;
    this.#stopRevocation();
    this.#stopRevocation = () => {};
    account?.close();
  }
}
