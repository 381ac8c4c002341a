// Reads ranges of objects, in blocks that a thread keeps up to a limit of octets; who was read longest ago goes first.
// Several readers of a block that is not there yet share one request.
import { OBJECT_BLOCK_BYTES, OBJECT_CACHE_BYTES, OBJECT_READ_AHEAD_BLOCKS } from './limits.ts';
import type { ObjectStore } from './object-store.ts';

export interface ObjectReaderOptions {
  readonly store: Pick<ObjectStore, 'get'>;
  /** Octets of blocks that are kept. */
  readonly cacheBytes?: number;
}

/** One per thread. */
export class ObjectReader {
  readonly #store: Pick<ObjectStore, 'get'>;
  readonly #cacheBytes: number;
  /** In the order of their last use. */
  readonly #blocks = new Map<string, Buffer>();
  readonly #coming = new Map<string, Promise<Buffer | null>>();
  #cachedBytes = 0;

  constructor(options: ObjectReaderOptions) {
    this.#store = options.store;
    this.#cacheBytes = options.cacheBytes ?? OBJECT_CACHE_BYTES;
  }

  /** Octets that are kept. */
  get cachedBytes(): number {
    return this.#cachedBytes;
  }

  /**
   * Octets [start, end) of an object, in memory of their own; null when they are not there. Rejects with storage-failed,
   * temporary.
   */
  async read(segment: number, start: number, end: number): Promise<Buffer | null> {
    const octets = Buffer.allocUnsafe(end - start);
    for (let at = start; at < end;) {
      const index = Math.floor(at / OBJECT_BLOCK_BYTES);
      const block = await this.#block(segment, index, end);
      const from = at - index * OBJECT_BLOCK_BYTES;
      if (block === null || block.length <= from) return null;
      at += block.copy(octets, at - start, from, from + end - at);
    }
    return octets;
  }

  async #block(segment: number, index: number, end: number): Promise<Buffer | null> {
    const key = keyOf(segment, index);
    const kept = this.#blocks.get(key);
    if (kept !== undefined) {
      this.#blocks.delete(key);
      this.#blocks.set(key, kept);
      return kept;
    }
    const coming = this.#coming.get(key);
    if (coming !== undefined) return await coming;
    return await this.#fetch(segment, index, end);
  }

  /** Asks for the block, and for those behind it that are wanted too or will be if it goes on as it began. */
  async #fetch(segment: number, index: number, end: number): Promise<Buffer | null> {
    const goesOn = this.#blocks.has(keyOf(segment, index - 1));
    const wanted = goesOn ? OBJECT_READ_AHEAD_BLOCKS : Math.ceil(end / OBJECT_BLOCK_BYTES) - index;
    const most = Math.min(wanted, OBJECT_READ_AHEAD_BLOCKS);
    let count = 1;
    while (count < most && !this.#isHereOrComing(keyOf(segment, index + count))) count++;
    const start = index * OBJECT_BLOCK_BYTES;
    const octets = this.#store.get(segment, start, start + count * OBJECT_BLOCK_BYTES);
    const pieces = Array.from({ length: count }, (_, i) => this.#take(segment, index + i, octets, i));
    return (await Promise.all(pieces))[0] ?? null;
  }

  #isHereOrComing(key: string): boolean {
    return this.#blocks.has(key) || this.#coming.has(key);
  }

  /** Keeps block `i` of what is coming. */
  #take(segment: number, index: number, octets: Promise<Buffer | null>, i: number): Promise<Buffer | null> {
    const key = keyOf(segment, index);
    const taken = octets.then(
      (all) => {
        this.#coming.delete(key);
        if (all === null) return null;
        // In memory of its own: what is kept is what is counted.
        const block = Buffer.from(all.subarray(i * OBJECT_BLOCK_BYTES, (i + 1) * OBJECT_BLOCK_BYTES));
        if (block.length > 0) this.#keep(key, block);
        return block;
      },
      (error: unknown) => {
        this.#coming.delete(key);
        throw error;
      },
    );
    this.#coming.set(key, taken);
    return taken;
  }

  #keep(key: string, block: Buffer): void {
    this.#cachedBytes += block.length - (this.#blocks.get(key)?.length ?? 0);
    this.#blocks.delete(key);
    this.#blocks.set(key, block);
    for (const [oldest, { length }] of this.#blocks) {
      if (this.#cachedBytes <= this.#cacheBytes) break;
      this.#blocks.delete(oldest);
      this.#cachedBytes -= length;
    }
  }
}

function keyOf(segment: number, index: number): string {
  return `${segment}:${index}`;
}
