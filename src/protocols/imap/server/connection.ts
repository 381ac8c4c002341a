// One IMAP connection: octets in, commands out, one catch. Commands are answered in their order, one at a time (RFC 9051
// §5.5 allows it); while the client does not take what we send, nothing more is answered.
import type { Socket } from 'node:net';
import { TLSSocket, type SecureContext } from 'node:tls';
import { isPromise } from '../../../base/async/maybe-promise.ts';
import type { Clock } from '../../../base/clock.ts';
import { MailError } from '../../../base/errors/mail-error.ts';
import { SyntaxFault } from '../../../base/errors/syntax-fault.ts';
import type { IdleEntry, IdleWheel } from '../../../base/idle-wheel.ts';
import type { Log } from '../../../base/log.ts';
import { ReplyOutput, type SlabPool } from '../../../base/net/reply-output.ts';
import { channelBindings } from '../../sasl/index.ts';
import { responseCode } from '../codes.ts';
import type { ImapLimits } from '../limits.ts';
import { CommandReader, type ReaderEvent } from './command-reader.ts';
import { capabilities } from './commands/capability.ts';
import { runCommand, tagOf, type TaggedCommand } from './commands/table.ts';
import { Compression } from './compression.ts';
import { ImapDialog, type DialogTransport } from './dialog.ts';
import { bad, formatOutcome, no, type Outcome } from './outcome.ts';
import type { ImapPeer, ImapServerSession, ImapTlsState } from './session.ts';
import { isStreamed, runStreamed } from './commands/append.ts';

export interface ConnectionParts {
  readonly hostname: string;
  readonly limits: ImapLimits;
  readonly clock: Clock;
  readonly idleWheel: IdleWheel;
  readonly slabs: SlabPool;
  readonly log: Log;
  /** The certificate of the moment; null: no TLS. */
  readonly secureContext: (() => SecureContext) | null;
  /** Told once, when the connection is over. */
  readonly onClose: () => void;
}

/** Drives one client until it is gone. */
export class ImapConnection implements DialogTransport {
  readonly #parts: ConnectionParts;
  readonly #dialog: ImapDialog;
  readonly #output: ReplyOutput;
  readonly #input = new CommandReader();
  readonly #idle: IdleEntry;
  #socket: Socket;
  #compression: Compression | null = null;
  /** A command is being answered: input waits. */
  #busy = true;
  #inputEnded = false;
  #ending = false;
  #stopping = false;
  #handshaking = false;
  #closed = false;
  #badCommands = 0;
  /** A command waits for more octets of the client, or for its end. */
  #wakeReader: (() => void) | null = null;
  /** What to call when the connection ends during a wait. */
  #cancelPause: (() => void) | null = null;

  constructor(socket: Socket, peer: ImapPeer, session: ImapServerSession, parts: ConnectionParts) {
    this.#parts = parts;
    this.#socket = socket;
    // A slow line that still takes a long message is not idle.
    this.#output = new ReplyOutput(socket, parts.slabs, parts.limits.outputMaxOctets, () => {
      if (!this.#ending && !this.#handshaking) this.#idle.touch();
    });
    this.#idle = parts.idleWheel.watch(parts.limits.signInTimeoutMs, () => this.#onIdle());
    this.#dialog = new ImapDialog({
      hostname: parts.hostname,
      state: { peer, tls: null, account: null },
      session,
      output: this.#output,
      transport: this,
      limits: parts.limits,
      clock: parts.clock,
      idleWheel: parts.idleWheel,
      log: parts.log,
    });
    socket.setNoDelay(true);
    this.#listen(socket);
    this.#settle(this.#open(peer), null);
  }

  get closed(): boolean {
    return this.#closed;
  }

  get tlsOffered(): boolean {
    return this.#parts.secureContext !== null;
  }

  get compressed(): boolean {
    return this.#compression !== null;
  }

  async nextLine(): Promise<Buffer | null> {
    this.#output.flush();
    for (;;) {
      if (this.#closed || this.#ending || this.#stopping) return null;
      const line = this.#input.takeLine();
      const { authLineMaxOctets, commandMaxOctets } = this.#parts.limits;
      const max = this.#dialog.phase === 'not-authenticated' ? authLineMaxOctets : commandMaxOctets;
      if ((line ?? this.#input).length > max) {
        this.#dialog.bye('Line too long');
        return null;
      }
      if (line !== null) return Buffer.from(line, 'latin1');
      if (this.#inputEnded) return null;
      await this.#moreInput();
    }
  }

  async readLiteral(octets: number, take: (piece: Buffer) => void | Promise<void>): Promise<boolean> {
    this.#output.flush();
    for (let left = octets; left > 0;) {
      const piece = this.#input.takeOctets(left);
      if (piece.length === 0) {
        if (this.#closed || this.#inputEnded || this.#ending) return false;
        await this.#moreInput();
        continue;
      }
      left -= piece.length;
      const taken = take(piece);
      if (isPromise(taken)) await taken;
    }
    return true;
  }

  #moreInput(): Promise<void> {
    return new Promise((resolve) => {
      this.#wakeReader = resolve;
      this.#resume();
    });
  }

  #wake(): void {
    const wake = this.#wakeReader;
    this.#wakeReader = null;
    wake?.();
  }

  async startTls(): Promise<void> {
    const plain = this.#socket;
    plain.pause();
    this.#input.clear();
    await this.#output.drained(0);
    if (this.#closed) return;
    this.#input.clear();
    await this.#secure(plain);
  }

  /** The octets that the client sent ahead are compressed already. */
  async startCompression(): Promise<void> {
    await this.#output.drained(0);
    if (this.#closed) return;
    const socket = this.#socket;
    socket.removeAllListeners('data');
    socket.removeAllListeners('end');
    const ahead = this.#input.takeOctets(this.#input.length);
    this.#compression = new Compression(socket, ahead, {
      onData: (chunk) => this.#onData(chunk),
      onEnd: () => this.#onEnd(),
      onError: (error) => {
        this.#parts.log.debug({ error: error.message }, 'compressed input is broken');
        this.abort();
      },
    });
    this.#output.moveTo(this.#compression.output);
  }

  pause(delayMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = this.#parts.clock.after(delayMs, () => this.#cancelPause?.());
      this.#cancelPause = () => {
        timer.cancel();
        this.#cancelPause = null;
        resolve();
      };
      if (this.#closed) this.#cancelPause();
    });
  }

  allowIdle(idleMs: number): void {
    if (!this.#ending) this.#idle.touch(idleMs);
  }

  end(): void {
    if (this.#ending || this.#closed) return;
    this.#ending = true;
    this.#output.flush();
    this.#input.clear();
    this.#wake();
    this.#idle.touch(this.#parts.limits.closeTimeoutMs);
    // Reading goes on so that unread octets do not turn our end into a reset that eats the last line.
    this.#resume();
    if (this.#compression === null) this.#socket.end();
    else this.#compression.end();
  }

  abort(): void {
    this.#socket.destroy();
  }

  /** The server is stopping: the command at work is answered, then the session ends. */
  shutDown(): void {
    this.#stopping = true;
    if (this.#wakeReader !== null) this.#wake();
    else if (!this.#busy) this.#dialog.bye('The server is stopping, come back later');
  }

  async #open(peer: ImapPeer): Promise<Outcome | null> {
    const { state, session } = this.#dialog.parts;
    if (peer.service === 'imaps') await this.#secure(this.#socket);
    if (this.#closed) return null;
    const refusal = await session.connect(state);
    if (this.#closed) return null;
    if (refusal === null) {
      this.#output.line(`* OK [CAPABILITY ${capabilities(this.#dialog)}] ${this.#parts.hostname} at your service`);
    } else {
      this.#dialog.bye(refusal);
    }
    return null;
  }

  #listen(socket: Socket): void {
    socket.on('data', (chunk: Buffer) => this.#onData(chunk));
    socket.on('end', () => this.#onEnd());
    socket.on('error', (error) => this.#parts.log.debug({ error: error.message }, 'connection failed'));
    socket.on('close', () => this.#onClose(socket));
  }

  #secure(plain: Socket): Promise<void> {
    const { limits, secureContext } = this.#parts;
    if (secureContext === null) throw new Error('TLS without a certificate');
    plain.removeAllListeners('data');
    plain.removeAllListeners('end');
    const socket = new TLSSocket(plain, { isServer: true, secureContext: secureContext() });
    this.#idle.touch(limits.tlsHandshakeTimeoutMs);
    this.#socket = socket;
    this.#handshaking = true;
    this.#output.moveTo(socket);
    this.#listen(socket);
    return new Promise((resolve) => {
      this.#cancelPause = resolve;
      socket.once('secure', () => {
        this.#cancelPause = null;
        this.#handshaking = false;
        this.#dialog.parts.state.tls = describeTls(socket);
        this.#idle.touch(limits.signInTimeoutMs);
        resolve();
      });
    });
  }

  #resume(): void {
    if (this.#compression === null) this.#socket.resume();
    else this.#compression.resume();
  }

  #onData(chunk: Buffer): void {
    if (this.#ending) return;
    this.#idle.touch();
    this.#input.push(chunk);
    if (this.#wakeReader !== null) this.#wake();
    else if (!this.#busy) this.#answer();
    if (this.#busy && this.#input.length > this.#parts.limits.inputMaxOctets) {
      if (this.#compression === null) this.#socket.pause();
      else this.#compression.pause();
    }
  }

  /** Answers the commands that are there, until one needs a wait. */
  #answer(): void {
    this.#busy = true;
    while (!this.#ending && !this.#closed) {
      if (this.#stopping) {
        this.#dialog.bye('The server is stopping, come back later');
        return;
      }
      if (this.#output.full) {
        this.#settle(
          this.#output.drained().then(() => null),
          null,
        );
        return;
      }
      const { commandMaxOctets, commandBeforeSignInMaxOctets } = this.#parts.limits;
      const signedIn = this.#dialog.phase !== 'not-authenticated';
      const event = this.#input.next(signedIn ? commandMaxOctets : commandBeforeSignInMaxOctets);
      if (event === null) break;
      const pending = this.#take(event);
      if (pending === undefined) continue;
      this.#settle(pending.done, pending.tag);
      return;
    }
    if (this.#closed) return;
    this.#output.flush();
    this.#busy = false;
    if (this.#input.skipped > this.#parts.limits.swallowMaxOctets) this.#dialog.bye('Literal too large');
    else if (this.#inputEnded) this.end();
    else if (!this.#ending) this.#resume();
  }

  #take(event: ReaderEvent): TaggedCommand | undefined {
    switch (event.kind) {
      case 'command':
        return this.#run(event.text);
      case 'too-long':
        this.#finish(tagOf(event.text), bad('Command too long', 'TOOBIG'));
        return undefined;
      case 'literal':
        return this.#takeLiteral(event);
      default:
        return event satisfies never;
    }
  }

  #takeLiteral({ text, literal }: Extract<ReaderEvent, { kind: 'literal' }>): TaggedCommand | undefined {
    const { commandMaxOctets, commandBeforeSignInMaxOctets, swallowMaxOctets } = this.#parts.limits;
    if (isStreamed(this.#dialog, text)) {
      this.#input.handOver();
      return { tag: tagOf(text), done: runStreamed(this.#dialog, text) };
    }
    const max = this.#dialog.phase === 'not-authenticated' ? commandBeforeSignInMaxOctets : commandMaxOctets;
    if (text.length + literal.octets <= max) {
      if (literal.synchronizing) {
        this.#output.line('+ Go on');
        this.#output.flush();
      }
      this.#input.accept(literal);
      return undefined;
    }
    this.#input.refuse(literal);
    if (!literal.synchronizing && literal.octets > swallowMaxOctets) {
      this.#dialog.bye('[TOOBIG] Literal too large');
      return undefined;
    }
    this.#finish(tagOf(text), bad('Literal too large', 'TOOBIG'));
    return undefined;
  }

  #run(text: string): TaggedCommand | undefined {
    // A line with nothing on it is forgiven: some clients end a literal twice.
    if (text === '') return undefined;
    const tag = tagOf(text);
    try {
      const done = runCommand(this.#dialog, text);
      if (isPromise(done)) return { tag, done };
      return this.#complete(tag, done);
    } catch (error) {
      this.#fail(tag, error);
      return undefined;
    }
  }

  /** The tagged line, and what comes after it. */
  #complete(tag: string, outcome: Outcome): TaggedCommand | undefined {
    this.#finish(tag, outcome);
    if (outcome.afterwards === undefined || this.#closed) return undefined;
    const after = outcome.afterwards;
    this.#output.flush();
    return { tag: null, done: after().then(() => null) };
  }

  #finish(tag: string, outcome: Outcome): void {
    if (this.#closed) return;
    this.#output.line(`${tag} ${formatOutcome(outcome)}`);
    if (outcome.status === 'BAD') this.#countBadCommand();
    else this.#badCommands = 0;
    if (outcome.last === true) this.end();
    else if (this.#dialog.signInsExhausted && this.#dialog.phase === 'not-authenticated') {
      this.#dialog.bye('Too many failed sign-ins');
    }
  }

  #settle(pending: Promise<Outcome | null>, tag: string | null): void {
    // Whatever we wait for, what is answered so far does not.
    this.#output.flush();
    pending.then(
      (outcome) => this.#settled(tag, outcome),
      (error: unknown) => {
        this.#fail(tag ?? '*', error);
        this.#answer();
      },
    );
  }

  #settled(tag: string | null, outcome: Outcome | null): void {
    if (outcome !== null && tag !== null) {
      const next = this.#complete(tag, outcome);
      if (next !== undefined) {
        this.#settle(next.done, null);
        return;
      }
    }
    this.#answer();
  }

  /** The one place where what went wrong becomes an answer. */
  #fail(tag: string, error: unknown): void {
    if (this.#closed) return;
    if (error instanceof SyntaxFault) {
      this.#finish(tag, bad(error.message[0]!.toUpperCase() + error.message.slice(1)));
    } else if (error instanceof MailError) {
      this.#parts.log.info({ code: error.code, ...error.details }, 'IMAP command refused');
      this.#finish(tag, no(responseCode(error), error.publicText));
      if (error.code === 'account-disabled' && this.#dialog.phase !== 'not-authenticated')
        this.#dialog.bye('This account is closed');
    } else {
      this.#parts.log.error({ error }, 'IMAP command failed');
      this.#finish(tag, no('SERVERBUG', 'Something went wrong here, try again later'));
    }
  }

  #countBadCommand(): void {
    this.#badCommands++;
    if (this.#badCommands >= this.#parts.limits.badCommandsMax) this.#dialog.bye('Too many errors');
  }

  #onEnd(): void {
    this.#inputEnded = true;
    if (this.#handshaking) this.#socket.destroy();
    if (this.#wakeReader !== null) this.#wake();
    else if (!this.#busy) this.end();
  }

  #onIdle(): void {
    if (this.#ending || this.#handshaking) {
      this.#socket.destroy();
      return;
    }
    this.#dialog.bye('Nothing heard for too long');
    this.#idle.touch(this.#parts.limits.closeTimeoutMs);
  }

  #onClose(socket: Socket): void {
    // A TLSSocket does not notice by itself that the socket below it is gone.
    if (socket !== this.#socket) this.#socket.destroy();
    if (this.#closed || socket !== this.#socket) return;
    this.#closed = true;
    this.#idle.stop();
    this.#output.close();
    this.#compression?.close();
    this.#input.clear();
    this.#cancelPause?.();
    this.#wake();
    this.#dialog.close();
    this.#dialog.parts.session.close();
    this.#parts.onClose();
  }
}

function describeTls(socket: TLSSocket): ImapTlsState {
  const servername = (socket as { servername?: unknown }).servername;
  return {
    version: socket.getProtocol() ?? 'unknown',
    cipher: socket.getCipher().standardName,
    ...(typeof servername === 'string' ? { servername } : {}),
    channelBindings: () => channelBindings(socket, socket.getX509Certificate()?.raw ?? null),
  };
}
