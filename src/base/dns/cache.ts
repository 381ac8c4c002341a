// What DNS answered, for as long as its TTL says: bounded by entries and by octets, the longest unused goes first.
// Times are monotonic, so that a change of the wall clock keeps nothing alive.
import type { Clock } from '../clock.ts';
import { CACHE_ENTRIES_MAX, CACHE_OCTETS_MAX } from './limits.ts';

const ENTRY_OVERHEAD_OCTETS = 200;

interface Entry<V> {
  readonly value: V;
  readonly octets: number;
  readonly expiresAtMs: number;
}

export interface CacheLimits {
  readonly entriesMax: number;
  readonly octetsMax: number;
}

/** A map that forgets. */
export class TtlCache<V> {
  readonly #clock: Clock;
  readonly #limits: CacheLimits;
  readonly #entries = new Map<string, Entry<V>>();
  #octets = 0;

  constructor(clock: Clock, limits: CacheLimits = { entriesMax: CACHE_ENTRIES_MAX, octetsMax: CACHE_OCTETS_MAX }) {
    this.#clock = clock;
    this.#limits = limits;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** Octets of all entries, as told by `set` plus what an entry costs. */
  get octets(): number {
    return this.#octets;
  }

  /** The value and how long it is still good, in whole seconds rounded up; null when there is none. */
  get(key: string): { readonly value: V; readonly ttlSeconds: number } | null {
    const entry = this.#entries.get(key);
    if (entry === undefined) return null;
    this.#entries.delete(key);
    const leftMs = entry.expiresAtMs - this.#clock.monotonic();
    if (leftMs <= 0) {
      this.#octets -= entry.octets;
      return null;
    }
    // To the end of the line of those that may go.
    this.#entries.set(key, entry);
    return { value: entry.value, ttlSeconds: Math.ceil(leftMs / 1000) };
  }

  /** Keeps `value`; what is larger than the whole cache is not kept. */
  set(key: string, value: V, options: { ttlSeconds: number; octets: number }): void {
    this.#remove(key);
    const octets = options.octets + key.length + ENTRY_OVERHEAD_OCTETS;
    if (octets > this.#limits.octetsMax) return;
    this.#entries.set(key, { value, octets, expiresAtMs: this.#clock.monotonic() + options.ttlSeconds * 1000 });
    this.#octets += octets;
    for (const oldest of this.#entries.keys()) {
      if (this.#entries.size <= this.#limits.entriesMax && this.#octets <= this.#limits.octetsMax) break;
      this.#remove(oldest);
    }
  }

  #remove(key: string): void {
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    this.#entries.delete(key);
    this.#octets -= entry.octets;
  }
}
