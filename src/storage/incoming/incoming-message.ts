// The octets of one message on their way in. It starts in memory and moves into a file of its own when it grows beyond
// what may wait there.
import { isPromise } from '../../base/async/maybe-promise.ts';
import { assert } from '../../base/errors/assert.ts';
import type { CommitUnit, PlacedMessage } from '../commit-unit.ts';
import { HEAD_KEPT_BYTES, SMALL_MESSAGE_MAX_BYTES } from '../limits.ts';
import { toStorageError } from '../storage-errors.ts';
import type { MessageWriter } from '../store.ts';
import type { OctetBudget } from './octet-budget.ts';

const FIRST_BYTES = 8192;
const NOTHING = Buffer.alloc(0);

/** Where the octets of a message go that is too large to wait in memory. */
export interface LargeOctets {
  /** Copies the chunk; a promise means: wait before the next one. */
  write(chunk: Uint8Array): void | Promise<void>;
  /** Forgets them. */
  discard(): Promise<void>;
}

/** What the store does with a message that is complete. */
export interface MessageDestination<L extends LargeOctets> {
  readonly budget: OctetBudget;
  openLarge(): L;
  /** `octets`: body and then prefix, with nothing behind; the buffer is the destination's until it settles. */
  commitSmall(octets: Buffer, prefixLength: number, unit: CommitUnit): Promise<readonly PlacedMessage[]>;
  commitLarge(taken: TakenLarge<L>, prefix: Uint8Array, unit: CommitUnit): Promise<readonly PlacedMessage[]>;
}

/** A message that did not wait in memory, and its first octets. */
export interface TakenLarge<L extends LargeOctets> {
  readonly large: L;
  readonly head: Buffer;
}

/** The octets of a message that is complete: body and then prefix, or where they went. */
export type TakenOctets<L extends LargeOctets> =
  | { readonly kind: 'small'; readonly octets: Buffer; readonly release: () => void }
  | ({ readonly kind: 'large' } & TakenLarge<L>);

/** A MessageWriter. */
export class IncomingMessage<L extends LargeOctets> implements MessageWriter {
  readonly #destination: MessageDestination<L>;
  #length = 0;
  #memory: Buffer | null = null;
  /** Octets of the budget that are taken. */
  #taken = 0;
  #large: L | null = null;
  #head: Buffer = NOTHING;
  #closed = false;

  constructor(destination: MessageDestination<L>) {
    this.#destination = destination;
  }

  get length(): number {
    return this.#length;
  }

  write(chunk: Uint8Array): void | Promise<void> {
    assert(!this.#closed, 'a message is written to before its end');
    const before = this.#length;
    const length = before + chunk.length;
    if (this.#large === null && length <= SMALL_MESSAGE_MAX_BYTES && this.#reserve(length)) {
      this.#memory?.set(chunk, before);
      this.#length = length;
      return undefined;
    }
    this.#length = length;
    try {
      const pending = this.#large === null ? this.#becomeLarge(before, chunk) : this.#large.write(chunk);
      return isPromise(pending) ? pending.catch(rethrowAsMailError) : undefined;
    } catch (error) {
      return rethrowAsMailError(error);
    }
  }

  #becomeLarge(before: number, chunk: Uint8Array): void | Promise<void> {
    const large = this.#destination.openLarge();
    this.#large = large;
    const start = this.#memory?.subarray(0, before);
    this.#memory = null;
    this.#release();
    this.#head = Buffer.from((start === undefined || start.length === 0 ? chunk : start).subarray(0, HEAD_KEPT_BYTES));
    if (start === undefined || start.length === 0) return large.write(chunk);
    // Before the first await: the chunk is only valid during the call.
    const copy = Buffer.from(chunk);
    const first = large.write(start);
    return isPromise(first) ? first.then(() => large.write(copy)) : large.write(copy);
  }

  /** Makes room for `length` octets in memory; false when the budget does not allow it. */
  #reserve(length: number): boolean {
    const have = this.#memory?.length ?? 0;
    if (length <= have) return true;
    let size = Math.max(have, FIRST_BYTES);
    while (size < length) size *= 2;
    if (!this.#destination.budget.take(size - have)) return false;
    this.#taken = size;
    const memory = Buffer.allocUnsafeSlow(size);
    if (this.#memory !== null) memory.set(this.#memory.subarray(0, this.#length));
    this.#memory = memory;
    return true;
  }

  #release(): void {
    this.#destination.budget.release(this.#taken);
    this.#taken = 0;
  }

  async commit(prefix: Uint8Array, unit: CommitUnit): Promise<readonly PlacedMessage[]> {
    const taken = this.take(prefix);
    try {
      if (taken.kind === 'large') return await this.#destination.commitLarge(taken, prefix, unit);
      return await this.#destination.commitSmall(taken.octets, prefix.length, unit);
    } catch (error) {
      throw toStorageError(error);
    } finally {
      if (taken.kind === 'small') taken.release();
    }
  }

  /** Gives the octets away, with `prefix` where it belongs; nothing can be written any more. */
  take(prefix: Uint8Array): TakenOctets<L> {
    assert(!this.#closed, 'a message is committed once');
    this.#closed = true;
    if (this.#large !== null) return { kind: 'large', large: this.#large, head: this.#head };
    const octets = this.#joined(prefix);
    this.#memory = null;
    return { kind: 'small', octets, release: () => this.#release() };
  }

  /** Body and prefix in one buffer, where there is room for both without a copy of the body. */
  #joined(prefix: Uint8Array): Buffer {
    const total = this.#length + prefix.length;
    let octets = this.#memory;
    if (octets === null || octets.length < total) {
      octets = Buffer.allocUnsafeSlow(total);
      if (this.#memory !== null) octets.set(this.#memory.subarray(0, this.#length));
    }
    octets.set(prefix, this.#length);
    return octets.subarray(0, total);
  }

  abort(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#memory = null;
    this.#release();
    void this.#large?.discard();
  }
}

function rethrowAsMailError(error: unknown): never {
  throw toStorageError(error);
}
