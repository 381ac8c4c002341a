// Replies of line protocols on their way to the socket (or to what compresses before it). Small pieces are gathered into
// slabs of 64 kB so that fifty pipelined replies cost one write; large ones go by reference. Octets that the client has
// not taken are counted: that is the back-pressure.
import type { Writable } from 'node:stream';

/** One write gathers up to this much. */
const SLAB_OCTETS = 65_536;
/** Pieces up to this size are copied into the slab; larger ones are written by reference. */
const COPY_MAX_OCTETS = 16_384;
const POOLED_SLABS = 16;

/** Slabs between two uses; one pool for all connections of a thread. */
export class SlabPool {
  readonly #free: Buffer[] = [];

  take(): Buffer {
    return this.#free.pop() ?? Buffer.allocUnsafeSlow(SLAB_OCTETS);
  }

  give(slab: Buffer): void {
    if (this.#free.length < POOLED_SLABS) this.#free.push(slab);
  }
}

/** The writing half of one connection. */
export class ReplyOutput {
  #socket: Writable;
  readonly #pool: SlabPool;
  readonly #maxOctets: number;
  readonly #onTaken: () => void;
  #slab: Buffer | null = null;
  #used = 0;
  /** Handed to the socket, not yet taken. */
  #outstanding = 0;
  #closed = false;
  #corked = false;
  #waiters: { belowOctets: number; resolve: () => void }[] = [];

  /** `onTaken`: called when the client's side took something. */
  constructor(socket: Writable, pool: SlabPool, maxOctets: number, onTaken: () => void) {
    this.#socket = socket;
    this.#pool = pool;
    this.#maxOctets = maxOctets;
    this.#onTaken = onTaken;
  }

  /** The socket changed (TLS); everything must have been taken before. */
  moveTo(socket: Writable): void {
    this.#socket = socket;
  }

  /** More than the limit waits for the client. */
  get full(): boolean {
    return this.#outstanding + this.#used > this.#maxOctets;
  }

  /** Adds text that is ASCII (or UTF-8 where the dialog allows it) and ends its line; any length. */
  line(text: string): void {
    if (text.length > COPY_MAX_OCTETS) {
      this.text(text);
      this.text('\r\n');
      return;
    }
    // Three octets at most for each UTF-16 unit, and CRLF.
    const slab = this.#room(text.length * 3 + 2);
    let used = this.#used;
    used += slab.write(text, used);
    slab[used] = 13;
    slab[used + 1] = 10;
    this.#used = used + 2;
  }

  /** Adds text without ending a line; any length. */
  text(text: string): void {
    if (text.length > COPY_MAX_OCTETS) {
      const octets = Buffer.from(text);
      this.octets(octets, 0, octets.length);
      return;
    }
    const slab = this.#room(text.length * 3);
    this.#used += slab.write(text, this.#used);
  }

  /** Adds text whose characters are octets; any length. */
  latin1(text: string): void {
    if (text.length > COPY_MAX_OCTETS) {
      const octets = Buffer.from(text, 'latin1');
      this.octets(octets, 0, octets.length);
      return;
    }
    const slab = this.#room(text.length);
    this.#used += slab.write(text, this.#used, 'latin1');
  }

  /** Adds octets [start, end) of `chunk`, which must not change until they are sent. */
  octets(chunk: Buffer, start: number, end: number): void {
    if (end - start > COPY_MAX_OCTETS) {
      this.#send();
      this.#write(start === 0 && end === chunk.length ? chunk : chunk.subarray(start, end), null);
      return;
    }
    const slab = this.#room(end - start);
    this.#used += chunk.copy(slab, this.#used, start, end);
  }

  /** Hands everything to the socket. */
  flush(): void {
    this.#send();
    if (this.#corked) {
      this.#corked = false;
      this.#socket.uncork();
    }
  }

  /** Flushes and resolves when at most `belowOctets` wait for the client (or the connection is gone). */
  async drained(belowOctets: number = this.#maxOctets >> 1): Promise<void> {
    this.flush();
    if (this.#outstanding <= belowOctets || this.#closed) return;
    await new Promise<void>((resolve) => {
      this.#waiters.push({ belowOctets, resolve });
    });
  }

  /** The connection is gone: nobody waits any more, and nothing more is written. */
  close(): void {
    this.#closed = true;
    if (this.#slab !== null) this.#pool.give(this.#slab);
    this.#slab = null;
    this.#used = 0;
    this.#wake();
  }

  #room(octets: number): Buffer {
    if (this.#slab !== null && this.#used + octets > SLAB_OCTETS) this.#send();
    this.#slab ??= this.#pool.take();
    return this.#slab;
  }

  #send(): void {
    const slab = this.#slab;
    if (slab === null || this.#used === 0) return;
    const octets = slab.subarray(0, this.#used);
    this.#slab = null;
    this.#used = 0;
    this.#write(octets, slab);
  }

  #write(octets: Buffer, slab: Buffer | null): void {
    if (this.#closed || this.#socket.destroyed) {
      if (slab !== null) this.#pool.give(slab);
      return;
    }
    const length = octets.length;
    this.#outstanding += length;
    if (!this.#corked) {
      this.#corked = true;
      this.#socket.cork();
    }
    this.#socket.write(octets, () => {
      this.#outstanding -= length;
      this.#onTaken();
      if (slab !== null) this.#pool.give(slab);
      if (this.#waiters.length > 0) this.#wake();
    });
  }

  #wake(): void {
    const waiting = this.#waiters;
    this.#waiters = waiting.filter((w) => !this.#closed && this.#outstanding > w.belowOctets);
    for (const w of waiting) if (this.#closed || this.#outstanding <= w.belowOctets) w.resolve();
  }
}
