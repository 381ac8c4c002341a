// Counts open and new connections by address and by network, over all threads: a hash table in shared memory, because a
// message per connection would cost more than the connection. A slot holds the key's hash, one count of open connections
// per thread (so that a dead thread's counts can be dropped), and the new connections of the running window.
import { CONNECTION_RATE_WINDOW_MS, LEDGER_PROBES_MAX, LEDGER_SLOTS, LEDGER_THREADS_MAX } from './limits.ts';

const KEY = 0;
const WINDOW = 1;
const NEW = 2;
const OPEN = 3;
const SLOT_WORDS = OPEN + LEDGER_THREADS_MAX;

/** What one address and its network may hold and open. */
export interface ConnectionLimits {
  readonly openPerAddress: number;
  readonly openPerNetwork: number;
  readonly newPerAddressPerMinute: number;
}

/** A counted connection: the slots of its address and of its network. */
export interface Ticket {
  readonly address: number;
  readonly network: number;
}

/** Memory for one ledger, to be given to every thread. */
export function allocateConnectionLedger(): SharedArrayBuffer {
  return new SharedArrayBuffer(LEDGER_SLOTS * SLOT_WORDS * 4);
}

/** FNV-1a, never 0 (an empty slot's key). */
function hashKey(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return hash === 0 ? 1 : hash;
}

/** One thread's view of the shared counts. */
export class ConnectionLedger {
  readonly #words: Int32Array;
  readonly #thread: number;

  constructor(memory: SharedArrayBuffer, thread: number) {
    this.#words = new Int32Array(memory);
    this.#thread = thread;
  }

  /**
   * Counts a connection in. `addressKey` and `networkKey` name the address (a /64 is one address) and its network
   * (IPv4 /24, IPv6 /48). Returns the limit it breaks, and then it is not counted as open; or a ticket for `leave`.
   */
  enter(addressKey: string, networkKey: string, limits: ConnectionLimits, nowMs: number): Ticket | 'open' | 'rate' {
    const window = Math.floor(nowMs / CONNECTION_RATE_WINDOW_MS) | 0;
    const address = this.#slot(`a${addressKey}`, window);
    const network = this.#slot(`n${networkKey}`, window);
    if (this.#countNew(address, window) > limits.newPerAddressPerMinute) return 'rate';
    if (this.#open(address) >= limits.openPerAddress || this.#open(network) >= limits.openPerNetwork) return 'open';
    Atomics.add(this.#words, address + OPEN + this.#thread, 1);
    Atomics.add(this.#words, network + OPEN + this.#thread, 1);
    return { address, network };
  }

  /** Counts a connection out. */
  leave(ticket: Ticket): void {
    Atomics.sub(this.#words, ticket.address + OPEN + this.#thread, 1);
    Atomics.sub(this.#words, ticket.network + OPEN + this.#thread, 1);
  }

  /** Drops the counts of a thread that died. */
  forgetThread(thread: number): void {
    for (let slot = 0; slot < this.#words.length; slot += SLOT_WORDS)
      Atomics.store(this.#words, slot + OPEN + thread, 0);
  }

  #open(slot: number): number {
    let open = 0;
    for (let thread = 0; thread < LEDGER_THREADS_MAX; thread++) open += Atomics.load(this.#words, slot + OPEN + thread);
    return open;
  }

  #countNew(slot: number, window: number): number {
    if (Atomics.exchange(this.#words, slot + WINDOW, window) !== window) Atomics.store(this.#words, slot + NEW, 0);
    return Atomics.add(this.#words, slot + NEW, 1) + 1;
  }

  /**
   * The slot of a key: its own, a free one, one whose address has been gone for a window, or the last probed, which it
   * then shares. Two threads racing for a slot merge two addresses for a moment: stricter, never looser.
   */
  #slot(text: string, window: number): number {
    const key = hashKey(text);
    let slot = 0;
    let idle = -1;
    for (let probe = 0; probe < LEDGER_PROBES_MAX; probe++) {
      slot = (((key >>> 0) + probe) % LEDGER_SLOTS) * SLOT_WORDS;
      const found = Atomics.load(this.#words, slot + KEY);
      if (found === key) return slot;
      if (found === 0) return this.#take(slot, 0, key) ? slot : this.#slot(text, window);
      if (idle < 0 && this.#words[slot + WINDOW] !== window && this.#open(slot) === 0) idle = slot;
    }
    if (idle < 0) return slot;
    this.#take(idle, Atomics.load(this.#words, idle + KEY), key);
    return idle;
  }

  #take(slot: number, from: number, key: number): boolean {
    const found = Atomics.compareExchange(this.#words, slot + KEY, from, key);
    return found === from || found === key;
  }
}
