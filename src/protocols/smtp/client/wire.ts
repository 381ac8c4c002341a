// One socket of an SMTP client: octets out (gathered into one write for each turn), replies in, in the order in which
// they were expected, each within its time. Failures are values; after one the wire is dead.
import type { Socket } from 'node:net';
import type { Clock, Timer } from '../../../base/clock.ts';
import type { SmtpReply } from '../reply.ts';
import { UNSOLICITED_REPLIES_MAX } from './limits.ts';
import { ReplyParser } from './reply-parser.ts';

export interface WireFault {
  /** 'closing': the server said 421 (RFC 5321 §3.8) and nothing more is awaited from it. */
  readonly kind: 'timeout' | 'closed' | 'garbage' | 'closing' | 'stopped';
  readonly text: string;
}

/** What arrived of the expected replies; fewer than expected only with a fault. */
export interface ReplyBatch {
  readonly replies: readonly SmtpReply[];
  readonly fault: WireFault | null;
}

interface Waiter {
  readonly count: number;
  readonly timeoutMs: number;
  readonly replies: SmtpReply[];
  readonly resolve: (batch: ReplyBatch) => void;
}

/** Owns its socket until `release`. */
export class Wire {
  readonly #clock: Clock;
  readonly #socket: Socket;
  readonly #parser = new ReplyParser();
  #waiters: Waiter[] = [];
  #unclaimed: SmtpReply[] = [];
  #fault: WireFault | null = null;
  #corked = false;
  #deadlineMs = Infinity;
  #timer: Timer | null = null;
  #timerAtMs = Infinity;
  #onDrain: (() => void) | null = null;
  /** Called once, when the wire dies with nothing expected: the server left an idle connection. */
  onIdleFault: (() => void) | null = null;

  readonly #receive = (chunk: Buffer): void => this.#onData(chunk);
  readonly #closed = (): void => this.fail({ kind: 'closed', text: 'the connection was closed' });
  readonly #errored = (error: Error): void => {
    const code = (error as NodeJS.ErrnoException).code ?? 'error';
    this.fail({ kind: 'closed', text: `the connection was lost (${code})` });
  };
  readonly #drained = (): void => this.#onDrain?.();

  constructor(socket: Socket, clock: Clock) {
    this.#socket = socket;
    this.#clock = clock;
    socket.on('data', this.#receive);
    socket.on('end', this.#closed);
    socket.on('close', this.#closed);
    socket.on('error', this.#errored);
    socket.on('drain', this.#drained);
  }

  get fault(): WireFault | null {
    return this.#fault;
  }

  /** Queues octets; everything written in one turn leaves in one system call. */
  write(octets: Buffer | string, encoding: BufferEncoding = 'latin1'): void {
    if (this.#fault !== null) return;
    if (!this.#corked) {
      this.#corked = true;
      this.#socket.cork();
      process.nextTick(() => {
        this.#corked = false;
        this.#socket.uncork();
      });
    }
    if (typeof octets === 'string') this.#socket.write(octets, encoding);
    else this.#socket.write(octets);
  }

  /** Resolves with the next `count` replies; the time starts anew with each. */
  expect(count: number, timeoutMs: number): Promise<ReplyBatch> {
    return new Promise((resolve) => {
      const waiter: Waiter = { count, timeoutMs, replies: [], resolve };
      while (this.#waiters.length === 0 && this.#unclaimed.length > 0 && waiter.replies.length < count) {
        waiter.replies.push(this.#unclaimed.shift()!);
      }
      if (waiter.replies.length === count) return resolve({ replies: waiter.replies, fault: null });
      if (this.#fault !== null) return resolve({ replies: waiter.replies, fault: this.#fault });
      this.#waiters.push(waiter);
      if (this.#waiters.length === 1) this.#arm(timeoutMs);
    });
  }

  /** Resolves when the kernel has taken what was written, or with the fault. */
  drain(timeoutMs: number): Promise<WireFault | null> {
    if (this.#fault !== null || !this.#socket.writableNeedDrain) return Promise.resolve(this.#fault);
    return new Promise((resolve) => {
      const timer = this.#clock.after(timeoutMs, () =>
        this.fail({ kind: 'timeout', text: 'the server stopped reading' }),
      );
      this.#onDrain = () => {
        this.#onDrain = null;
        timer.cancel();
        resolve(this.#fault);
      };
    });
  }

  /** Gives the bare socket up, for TLS; null when the server sent more than it was asked for (an injection, RFC 3207). */
  release(): Socket | null {
    if (this.#parser.pending || this.#unclaimed.length > 0) {
      this.fail({ kind: 'garbage', text: 'the server sent more than its reply before TLS' });
    }
    if (this.#fault !== null) return null;
    this.#detach();
    return this.#socket;
  }

  /** Kills the wire: everything that is expected ends with this fault. The first one counts. */
  fail(fault: WireFault): void {
    if (this.#fault !== null) return;
    this.#fault = fault;
    const waiters = this.#waiters;
    this.#detach();
    // A late error of the socket must find somebody.
    this.#socket.on('error', () => {});
    this.#socket.destroy();
    for (const waiter of waiters) waiter.resolve({ replies: waiter.replies, fault });
    this.#onDrain?.();
    if (waiters.length === 0) this.onIdleFault?.();
  }

  /** Says the last words and leaves: the rest is up to the kernel, for at most `lingerMs`. */
  end(lastWords: string, lingerMs: number): void {
    const stopped: WireFault = { kind: 'stopped', text: 'we closed the connection' };
    if (this.#waiters.length > 0) return this.fail(stopped);
    if (this.#fault !== null) return;
    this.#fault = stopped;
    const socket = this.#socket;
    this.#detach();
    const timer = this.#clock.after(lingerMs, () => socket.destroy());
    socket.on('error', () => {});
    socket.on('close', () => timer.cancel());
    socket.resume();
    socket.end(lastWords);
  }

  #detach(): void {
    this.#waiters = [];
    this.#timer?.cancel();
    this.#timer = null;
    this.#socket.off('data', this.#receive);
    this.#socket.off('end', this.#closed);
    this.#socket.off('close', this.#closed);
    this.#socket.off('error', this.#errored);
    this.#socket.off('drain', this.#drained);
  }

  #onData(chunk: Buffer): void {
    const fault = this.#parser.push(chunk, (reply) => this.#onReply(reply));
    if (fault !== null) this.fail({ kind: 'garbage', text: `the server's reply cannot be understood (${fault})` });
  }

  #onReply(reply: SmtpReply): void {
    if (this.#fault !== null) return;
    const waiter = this.#waiters[0];
    if (waiter === undefined) {
      this.#unclaimed.push(reply);
      if (reply.code === 421) this.fail({ kind: 'closing', text: 'the server is closing the connection' });
      else if (this.#unclaimed.length > UNSOLICITED_REPLIES_MAX) {
        this.fail({ kind: 'garbage', text: 'the server sent replies that nobody asked for' });
      }
      return;
    }
    waiter.replies.push(reply);
    if (waiter.replies.length < waiter.count) this.#deadlineMs = this.#clock.monotonic() + waiter.timeoutMs;
    else {
      this.#waiters.shift();
      const next = this.#waiters[0];
      if (next === undefined) this.#deadlineMs = Infinity;
      else this.#arm(next.timeoutMs);
      waiter.resolve({ replies: waiter.replies, fault: null });
    }
    if (reply.code === 421) this.fail({ kind: 'closing', text: 'the server is closing the connection' });
  }

  /** Moves the deadline; a timer that fires too early finds that out by itself, so most replies start none. */
  #arm(timeoutMs: number): void {
    this.#deadlineMs = this.#clock.monotonic() + timeoutMs;
    if (this.#timer !== null && this.#timerAtMs <= this.#deadlineMs) return;
    this.#timer?.cancel();
    this.#startTimer(timeoutMs);
  }

  #startTimer(delayMs: number): void {
    this.#timerAtMs = this.#clock.monotonic() + delayMs;
    this.#timer = this.#clock.after(delayMs, () => {
      this.#timer = null;
      if (this.#deadlineMs === Infinity) return;
      const leftMs = this.#deadlineMs - this.#clock.monotonic();
      if (leftMs > 0) this.#startTimer(leftMs);
      else this.fail({ kind: 'timeout', text: 'the server did not answer in time' });
    });
  }
}
