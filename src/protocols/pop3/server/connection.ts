// One POP3 connection: octets in, commands out, one catch. Commands that wait in the input are answered in one batch and
// leave in few writes (RFC 2449 §6.6); while the client does not take what we send, nothing more is answered.
import type { Socket } from 'node:net';
import { TLSSocket, type SecureContext } from 'node:tls';
import type { Clock } from '../../../base/clock.ts';
import { MailError } from '../../../base/errors/mail-error.ts';
import { SyntaxFault } from '../../../base/errors/syntax-fault.ts';
import type { IdleEntry, IdleWheel } from '../../../base/idle-wheel.ts';
import type { Log } from '../../../base/log.ts';
import { channelBindings } from '../../sasl/index.ts';
import { formatError, formatRefusal } from '../codes.ts';
import type { Pop3Limits } from '../limits.ts';
import { parseCommand } from '../parse.ts';
import { runCommand } from './commands/table.ts';
import { Pop3Dialog, type DialogTransport } from './dialog.ts';
import { LineBuffer } from './line-buffer.ts';
import { ReplyOutput, type SlabPool } from '../../../base/net/reply-output.ts';
import type { Pop3Peer, Pop3ServerSession, Pop3TlsState } from './session.ts';

export interface ConnectionParts {
  readonly hostname: string;
  readonly limits: Pop3Limits;
  readonly clock: Clock;
  readonly idleWheel: IdleWheel;
  readonly slabs: SlabPool;
  readonly log: Log;
  /** The certificate of the moment; null: no TLS. */
  readonly secureContext: (() => SecureContext) | null;
  /** Told once, when the connection is over. */
  readonly onClose: () => void;
}

const AUTH_KEYWORD = /^auth /iu;

/** Drives one client until it is gone. */
export class Pop3Connection implements DialogTransport {
  readonly #parts: ConnectionParts;
  readonly #dialog: Pop3Dialog;
  readonly #output: ReplyOutput;
  readonly #input = new LineBuffer();
  readonly #idle: IdleEntry;
  #socket: Socket;
  /** A command is being answered: lines wait. */
  #busy = true;
  #inputEnded = false;
  #ending = false;
  #stopping = false;
  #handshaking = false;
  #closed = false;
  #badCommands = 0;
  /** AUTH waits for the client's line. */
  #lineWaiter: ((line: Buffer | null) => void) | null = null;
  /** What to call when the connection ends during a wait. */
  #cancelPause: (() => void) | null = null;

  constructor(socket: Socket, peer: Pop3Peer, session: Pop3ServerSession, parts: ConnectionParts) {
    this.#parts = parts;
    this.#socket = socket;
    // A slow line that still takes a long message is not idle.
    this.#output = new ReplyOutput(socket, parts.slabs, parts.limits.outputMaxOctets, () => {
      if (!this.#ending && !this.#handshaking) this.#idle.touch();
    });
    this.#dialog = new Pop3Dialog({
      state: { peer, tls: null, account: null, utf8: false },
      session,
      output: this.#output,
      transport: this,
      limits: parts.limits,
      log: parts.log,
    });
    this.#idle = parts.idleWheel.watch(parts.limits.idleTimeoutMs, () => this.#onIdle());
    socket.setNoDelay(true);
    this.#listen(socket);
    this.#settle(this.#open(peer));
  }

  get closed(): boolean {
    return this.#closed;
  }

  get tlsOffered(): boolean {
    return this.#parts.secureContext !== null;
  }

  async nextLine(): Promise<Buffer | null> {
    this.#output.flush();
    if (this.#closed || this.#ending) return null;
    const line = this.#takeAuthLine();
    if (line !== undefined) return line;
    if (this.#inputEnded) return null;
    return new Promise((resolve) => {
      this.#lineWaiter = resolve;
      this.#socket.resume();
    });
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

  end(): void {
    if (this.#ending || this.#closed) return;
    this.#ending = true;
    this.#output.flush();
    this.#input.clear();
    this.#idle.touch(this.#parts.limits.closeTimeoutMs);
    // Reading goes on so that unread octets do not turn our end into a reset that eats the last reply.
    this.#socket.resume();
    this.#socket.end();
  }

  abort(): void {
    this.#socket.destroy();
  }

  /** The server is stopping: the command at work is answered, then the session ends without removing anything. */
  shutDown(): void {
    this.#stopping = true;
    const resolve = this.#lineWaiter;
    this.#lineWaiter = null;
    if (resolve !== null) resolve(null);
    else if (!this.#busy) this.#sayStopping();
  }

  #sayStopping(): void {
    this.#output.line(formatError('SYS/TEMP', 'The server is stopping, come back later'));
    this.end();
  }

  async #open(peer: Pop3Peer): Promise<void> {
    const { state, session } = this.#dialog;
    if (peer.service === 'pop3s') await this.#secure(this.#socket);
    if (this.#closed) return;
    const refusal = await session.connect(state);
    if (refusal === null) {
      this.#output.line(`+OK ${this.#parts.hostname} POP3 at your service`);
      return;
    }
    this.#output.line(formatError('SYS/TEMP', refusal));
    this.end();
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
        this.#dialog.state.tls = describeTls(socket);
        this.#idle.touch(limits.idleTimeoutMs);
        resolve();
      });
    });
  }

  #onData(chunk: Buffer): void {
    if (this.#ending) return;
    this.#idle.touch();
    this.#input.push(chunk);
    if (this.#lineWaiter !== null) this.#giveLine();
    else if (!this.#busy) this.#answer();
    if (this.#busy && this.#input.length > this.#parts.limits.inputMaxOctets) this.#socket.pause();
  }

  #giveLine(): void {
    const line = this.#takeAuthLine();
    if (line === undefined) return;
    const resolve = this.#lineWaiter;
    this.#lineWaiter = null;
    resolve?.(line);
  }

  /** A line of an AUTH exchange; undefined while it is unfinished, null when it was too long (answered, ending). */
  #takeAuthLine(): Buffer | null | undefined {
    const line = this.#input.take();
    if ((line ?? this.#input).length <= this.#parts.limits.authLineMaxOctets - 2) return line ?? undefined;
    this.#output.line(formatError(null, 'Line too long, goodbye'));
    this.end();
    return null;
  }

  /** Answers the lines that are there, until one needs a wait. */
  #answer(): void {
    this.#busy = true;
    while (!this.#ending && !this.#closed) {
      if (this.#stopping) {
        this.#sayStopping();
        return;
      }
      if (this.#output.full) {
        this.#settle(this.#output.drained());
        return;
      }
      const line = this.#input.take();
      if (line === null) {
        if (this.#input.length <= this.#parts.limits.authLineMaxOctets - 2) break;
        this.#output.line(formatError(null, 'Line too long, goodbye'));
        this.end();
        return;
      }
      if (this.#lineTooLong(line)) continue;
      const pending = this.#run(line);
      if (pending !== undefined) {
        this.#settle(pending);
        return;
      }
    }
    if (this.#closed) return;
    this.#output.flush();
    this.#busy = false;
    if (this.#inputEnded) this.end();
    else if (!this.#ending) this.#socket.resume();
  }

  #settle(pending: Promise<void>): void {
    // Whatever we wait for, the answers so far do not.
    this.#output.flush();
    pending.then(
      () => this.#answer(),
      (error: unknown) => {
        this.#fail(error);
        this.#answer();
      },
    );
  }

  #run(line: Buffer): void | Promise<void> {
    try {
      const command = parseCommand(line);
      this.#badCommands = 0;
      return runCommand(this.#dialog, command);
    } catch (error) {
      this.#fail(error);
      return undefined;
    }
  }

  /** The one place where what went wrong becomes an answer. */
  #fail(error: unknown): void {
    if (this.#closed) return;
    if (error instanceof SyntaxFault) {
      this.#output.line(
        formatError(null, error.message === 'expected a command at 0' ? 'Unknown command' : error.message),
      );
      this.#countBadCommand();
    } else if (error instanceof MailError) {
      this.#parts.log.info({ code: error.code, ...error.details }, 'POP3 command refused');
      this.#output.line(formatRefusal(error));
    } else {
      this.#parts.log.error({ error }, 'POP3 command failed');
      this.#output.line(formatError('SYS/TEMP', 'Something went wrong here, try again later'));
      this.end();
    }
  }

  #countBadCommand(): void {
    this.#badCommands++;
    if (this.#badCommands < this.#parts.limits.badCommandsMax) return;
    this.#output.line(formatError(null, 'Too many errors, goodbye'));
    this.end();
  }

  /** RFC 2449 §4, RFC 5034 §4. */
  #lineTooLong(line: Buffer): boolean {
    const { commandLineMaxOctets, authLineMaxOctets } = this.#parts.limits;
    if (line.length <= commandLineMaxOctets - 2) return false;
    const isAuth = AUTH_KEYWORD.test(line.toString('latin1', 0, 5));
    if (isAuth && line.length <= authLineMaxOctets - 2) return false;
    this.#output.line(formatError(null, 'Line too long'));
    this.#countBadCommand();
    return true;
  }

  #onEnd(): void {
    this.#inputEnded = true;
    if (this.#handshaking) this.#socket.destroy();
    if (this.#lineWaiter !== null) {
      const resolve = this.#lineWaiter;
      this.#lineWaiter = null;
      resolve(null);
    } else if (!this.#busy) {
      this.end();
    }
  }

  /** RFC 1939 §3: no answer and no UPDATE state, nothing is removed. */
  #onIdle(): void {
    this.#socket.destroy();
  }

  #onClose(socket: Socket): void {
    // A TLSSocket does not notice by itself that the socket below it is gone.
    if (socket !== this.#socket) this.#socket.destroy();
    if (this.#closed || socket !== this.#socket) return;
    this.#closed = true;
    this.#idle.stop();
    this.#output.close();
    this.#input.clear();
    this.#cancelPause?.();
    this.#lineWaiter?.(null);
    this.#lineWaiter = null;
    // While QUIT removes messages the lock stays; it gives it back itself.
    const released = this.#dialog.phase === 'update' ? Promise.resolve() : this.#dialog.release();
    released.catch((error: unknown) => this.#parts.log.error({ error }, 'mailbox could not be closed'));
    this.#dialog.session.close();
    this.#parts.onClose();
  }
}

function describeTls(socket: TLSSocket): Pop3TlsState {
  const servername = (socket as { servername?: unknown }).servername;
  return {
    version: socket.getProtocol() ?? 'unknown',
    cipher: socket.getCipher().standardName,
    ...(typeof servername === 'string' ? { servername } : {}),
    channelBindings: () => channelBindings(socket, socket.getX509Certificate()?.raw ?? null),
  };
}
