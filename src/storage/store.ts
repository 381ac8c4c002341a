// The storage ring's face towards the services: one object per thread. Reads go over this thread's own connection,
// writes are named operations that the one writer runs inside its next group commit.
import type { BlobPlace } from './blob-place.ts';
import type { CommitUnit, PlacedMessage } from './commit-unit.ts';
import type { QueueArrival, QueueClaims } from './queue-store.ts';
import type { SqlReader } from './sql/sql.ts';
import type { WriteOperations } from './write-operations.ts';

export type { BlobPlace } from './blob-place.ts';

/** The octets of a message on their way in: small ones wait in memory, large ones stream into a file of their own. */
export interface MessageWriter {
  /** Octets so far. */
  readonly length: number;
  /** The chunk is copied or written before the returned promise (if any) resolves. */
  write(chunk: Uint8Array): void | Promise<void>;
  /**
   * Puts `prefix` (Received and other trace fields) in front of the body, makes everything durable together with the
   * unit, in that order, and resolves once it is. Rejects with MailError storage-full or storage-failed; then nothing
   * of it is visible. Gives where each delivery got to.
   */
  commit(prefix: Uint8Array, unit: CommitUnit): Promise<readonly PlacedMessage[]>;
  /** Forgets the octets. */
  abort(): void;
}

/** A message that is written, with its unit. It needs a delivery. */
export interface CompleteMessage {
  readonly message: MessageWriter;
  readonly prefix: Uint8Array;
  readonly unit: CommitUnit;
}

/** Told after each commit what it touched. */
export interface Change {
  readonly accountIds: readonly number[];
  /** Units whose queue rows became visible. */
  readonly queuedUnits: readonly number[];
  /** Domains, addresses, accounts or grants changed: whoever keeps some in memory reads them again. */
  readonly directory: boolean;
  /** Its queued units come without their messages: another node of the cluster has done it. */
  readonly elsewhere?: boolean;
}

export interface Store {
  readonly read: SqlReader;
  /**
   * Another number after every change to domains, addresses, accounts or grants, before anybody hears that it is done:
   * what was read while it was this number is true as long as it is.
   */
  readonly directoryVersion: number;
  /** Ordered by time, unique over all threads, a safe integer. */
  newUnitId(): number;
  openMessage(): MessageWriter;
  /**
   * Commits messages of `openMessage` that become visible together or not at all; where the deliveries of each got to, in
   * their order. Rejects as `commit` does, and then all of them are forgotten.
   */
  commitTogether(messages: readonly CompleteMessage[]): Promise<readonly (readonly PlacedMessage[])[]>;
  /** Runs one named write inside the next group commit; resolves when it is durable. */
  execute<K extends keyof WriteOperations>(
    name: K,
    ...args: Parameters<WriteOperations[K]>
  ): Promise<Awaited<ReturnType<WriteOperations[K]>>>;
  /**
   * Like `execute`, but resolves when written, not when synced: a crash may lose it, never reorder it. Such writes wait
   * for company, at most about 100 ms.
   */
  executeUnsynced<K extends keyof WriteOperations>(
    name: K,
    ...args: Parameters<WriteOperations[K]>
  ): Promise<Awaited<ReturnType<WriteOperations[K]>>>;
  /** Octets [start, end) of a stored message, counted from the start of its record. */
  readBlob(place: BlobPlace, start: number, end: number): Promise<Buffer>;
  /** Whole records, in the order asked; neighbours in a segment are read in one go. The caller bounds the sum. */
  readBlobs(places: readonly BlobPlace[]): Promise<Buffer[]>;
  onChange(listener: (change: Change) => void): () => void;
  /**
   * Told when the directory has changed, whichever thread did it; other commits cost the listener nothing. Resolves with
   * the end of the subscription once it holds.
   */
  onDirectoryChange(listener: () => void): Promise<() => void>;
  /**
   * Told of every message that enters the queue, whichever thread commits it. Resolves with the end of the subscription
   * once it holds: what was committed before can be read by then, of everything later the listener is told.
   */
  onQueueArrivals(listener: (arrivals: readonly QueueArrival[]) => void): Promise<() => void>;
  /** Told of units whose queue rows came or changed on another node; only to those who hear of arrivals. */
  onQueueElsewhere(listener: (unitIds: readonly number[]) => void): () => void;
  /** What this thread wants to have for itself among all nodes: parts of the queue, mailboxes; null: there are no other nodes. */
  claimQueue(): QueueClaims | null;
  close(): Promise<void>;
}
