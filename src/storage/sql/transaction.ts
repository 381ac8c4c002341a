// What a named write gets: the transaction that the writer has open, and a place to say what it touched. The effects
// are forgotten when the write is rolled back, and told to the threads when it is durable.
import type { BlobPlace } from '../blob-place.ts';
import type { QueueArrival } from '../queue-store.ts';
import type { SqlValue, SqlWriter } from './sql.ts';

export interface Transaction extends SqlWriter {
  /** The wall clock at the start of the transaction. */
  readonly nowMs: number;
  readonly effects: Effects;
  readonly numbers: FolderNumbers;
  /**
   * The words that a journey is found by are written with it: numbers that the database gives to rows do not come in the
   * order of commits. False: they are written when the writer has time.
   */
  readonly wordsAtOnce: boolean;
  /**
   * An INSERT of one row whose outcome nobody asks for. An engine may write such rows together, later in the
   * transaction, but before a statement that names their table: whoever looks finds them.
   */
  add(text: string, ...values: SqlValue[]): Promise<unknown>;
}

/**
 * What many units of one group take from the same few rows. An engine may keep these rows in memory until something
 * else in the transaction names their tables, or it ends, and write each of them once.
 */
export interface FolderNumbers {
  /** The id of the folder with this name (INBOX in any case) or role; null when there is none. */
  findFolder(accountId: number, nameOrRole: string): Promise<number | null>;
  /**
   * Numbers for one more message, which the counts of folder and account take in; null when one of them is gone, and then
   * the unit must fail.
   */
  takeNumbers(accountId: number, mailboxId: number, message: CountedMessage): Promise<MessageNumbers | null>;
}

export interface CountedMessage {
  readonly bytes: number;
  readonly unseen: 0 | 1;
  readonly deleted: 0 | 1;
}

export interface MessageNumbers {
  readonly uid: number;
  readonly modSeq: number;
}

/** What one transaction touched, collected while it runs. */
export class Effects {
  readonly accountIds = new Set<number>();
  readonly arrivals: QueueArrival[] = [];
  /** Units whose waiting rows a command changed. */
  readonly commandedUnits = new Set<number>();
  /** Octets that rows point at, by segment: the change. */
  readonly segmentBytes = new Map<number, number>();
  /** Blobs that nothing points at any more. */
  readonly released: BlobPlace[] = [];
  #directory = false;

  /** Domains, addresses, accounts or grants changed. */
  get directory(): boolean {
    return this.#directory;
  }

  directoryChanged(): void {
    this.#directory = true;
  }

  /** Rows of this account changed in a way that its readers want to know. */
  accountChanged(accountId: number): void {
    this.accountIds.add(accountId);
  }

  queued(arrival: QueueArrival): void {
    this.arrivals.push(arrival);
  }

  /** `bytes` more (or fewer) octets of `segment` are pointed at. */
  liveBytes(segment: number, bytes: number): void {
    this.segmentBytes.set(segment, (this.segmentBytes.get(segment) ?? 0) + bytes);
  }

  blobReleased(place: BlobPlace): void {
    this.released.push(place);
    this.liveBytes(place.segment, -place.length);
  }

  /** Takes over what a write that succeeded has touched. */
  merge(other: Effects): void {
    for (const id of other.accountIds) this.accountIds.add(id);
    for (const arrival of other.arrivals) this.arrivals.push(arrival);
    for (const place of other.released) this.released.push(place);
    for (const id of other.commandedUnits) this.commandedUnits.add(id);
    for (const [segment, bytes] of other.segmentBytes) this.liveBytes(segment, bytes);
    this.#directory ||= other.directory;
  }
}
