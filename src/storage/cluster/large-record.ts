// What a large message needs of the place where its octets go: rows (large-rows.ts) or an object (objects/).
import type { LargeOctets } from '../incoming/incoming-message.ts';
import type { NewRecord } from '../records/blobs.ts';
import type { Transaction } from '../sql/transaction.ts';

export interface LargeRecord extends LargeOctets {
  /** Makes the octets durable; then the record, and what the unit's transaction has to do for it. Called once. */
  finish(prefix: Uint8Array): Promise<StoredRecord>;
}

export interface StoredRecord {
  readonly record: NewRecord;
  readonly keep: (tx: Transaction) => Promise<void>;
}
