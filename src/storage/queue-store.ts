// The queue as the relay service sees it: what waits, how it is read, and how each outcome is written down.
// The queue's unit of waiting is a key: one message's recipients at one domain. They share one schedule.
// Durable: `settle`, the commands, and a CommitUnit's `settlement`. Not synced: `defer` (a lost one costs one early attempt).
import type { BlobPlace } from './blob-place.ts';
import type { JourneyEvent, QueuedMessage, QueuedRecipient, QueueSettlement } from './commit-unit.ts';

/** One message's waiting recipients at one domain. */
export interface QueueKey {
  readonly unitId: number;
  /** As `QueuedRecipient.domain`. */
  readonly domain: string;
}

/** What a waiting key costs to know: no addresses, no replies. */
export interface WaitingEntry extends QueueKey {
  readonly accountId: number | null;
  /** The next attempt; 0: at once. */
  readonly nextAtMs: number;
  readonly expiresAtMs: number;
  /** 0: never tried. */
  readonly attempts: number;
  readonly held: boolean;
}

/** A recipient's place in its message: its index in `QueuedMessage.recipients`, for ever. */
export interface WaitingRecipient extends QueuedRecipient {
  readonly number: number;
  /** What was last said about it; null before the first attempt. */
  readonly lastReply: string | null;
}

/** Everything that an attempt needs to know about a key. */
export interface QueueItem extends QueueKey {
  /** What its row says of its next attempt; absent where nobody else could have changed it. */
  readonly plan?: Pick<WaitingEntry, 'nextAtMs' | 'expiresAtMs' | 'held'>;
  readonly place: BlobPlace;
  readonly message: Omit<QueuedMessage, 'recipients'>;
  /** Those still waiting. */
  readonly recipients: readonly WaitingRecipient[];
  readonly attempts: number;
  /** The sender has been told that it takes longer (RFC 3464 §2.3.3 'delayed'). */
  readonly delayReported: boolean;
}

/** A message that has just been committed, with all its recipients. */
export interface QueueArrival {
  readonly unitId: number;
  readonly place: BlobPlace;
  readonly message: QueuedMessage;
}

/** An attempt that did not end it. */
export interface QueueDeferral extends QueueKey {
  /** All attempts so far. */
  readonly attempts: number;
  readonly lastAtMs: number;
  readonly nextAtMs: number;
  readonly delayReported: boolean;
  /** What was said about all recipients of the key … */
  readonly reply: string;
  /** … except these. */
  readonly replies: readonly { readonly number: number; readonly reply: string }[];
  readonly events: readonly JourneyEvent[];
}

/** Which part of the queue a command means; all that is given must match; nothing given is the whole queue. */
export interface QueueSelection {
  readonly unitId?: number;
  readonly domain?: string;
  /** A forward path. */
  readonly recipient?: string;
  readonly reversePath?: string;
  /** Only what this account submitted. */
  readonly accountId?: number;
}

/**
 * hold: no attempts, until release. retry: next attempt at once. expire: expires now (the sender gets a report).
 * remove: leaves the queue with a `removed` event and no report.
 */
export type QueueCommand = 'hold' | 'release' | 'retry' | 'expire' | 'remove';

/** A key as a command left it. */
export interface CommandedEntry extends WaitingEntry {
  /** Recipients that still wait; 0 after a whole removal. */
  readonly left: number;
}

/** Which parts of a queue that several nodes share are ours. A part is named by what all nodes agree on. */
export interface QueueClaims {
  /** Takes what nobody has; the names among `names` that are ours now. Rejects when the database cannot be asked. */
  take(names: readonly string[]): Promise<ReadonlySet<string>>;
  /** Whether it is ours still; asks nobody. What is asked for is used, and used claims are kept. */
  isHeld(name: string): boolean;
  /** Told of claims that ended although they were used: somebody else may have them now. */
  onLost(listener: (names: ReadonlySet<string>) => void): void;
  /** Gives these back, so that nobody has to wait for their end. */
  give(names: readonly string[]): Promise<void>;
  /** Gives everything back. */
  releaseAll(): Promise<void>;
}

/** All of it is called by one queue runner per process. */
export interface QueueStore {
  /** null: nobody else works on this queue. */
  readonly claims: QueueClaims | null;
  /**
   * A page of the waiting keys, ordered by (unitId, domain), after `after` (null: from the start); fewer than `limit`
   * is the last page.
   */
  loadWaiting(after: QueueKey | null, limit: number): Promise<readonly WaitingEntry[]>;
  /** The items of these keys, in any order; keys that no longer wait are left out. At most 500 keys a call. */
  loadItems(keys: readonly QueueKey[]): Promise<readonly QueueItem[]>;
  /** Octets [start, end) of a message as it is to be sent. */
  readBody(place: BlobPlace, start: number, end: number): Promise<Buffer>;
  /** Resolves when durable. The message and its octets go with the last recipient. */
  settle(settlements: readonly QueueSettlement[]): Promise<void>;
  /** Resolves when written, not when synced. */
  defer(deferrals: readonly QueueDeferral[]): Promise<void>;
  /**
   * Applies a command to at most `limit` keys that it changes (a held key is not held again), at `nowMs`; durable.
   * Fewer than `limit` returned: done. Calls that belong to one command name the same `nowMs`; `limit` is 500 at most. With `recipient`, `remove` takes only that recipient out; the others always mean
   * the whole key.
   */
  command(
    command: QueueCommand,
    selection: QueueSelection,
    options: { readonly limit: number; readonly nowMs: number },
  ): Promise<readonly CommandedEntry[]>;
  /**
   * Told of committed messages, in batches, with the items themselves (read by the store in one go where the commit
   * happened in another thread). Resolves with the end of the subscription once it holds: `loadWaiting` has from then on
   * what was committed before.
   */
  onArrivals(listener: (arrivals: readonly QueueArrival[]) => void): Promise<() => void>;
  /**
   * Told of keys that came or changed on another node, as their rows are now. The returned function ends the
   * subscription.
   */
  onElsewhere(listener: (entries: readonly WaitingEntry[]) => void): () => void;
}
