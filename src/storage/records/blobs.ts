// Where the octets of each unit lie and how many rows point at them. A blob whose last reference goes is forgotten; its
// octets are reclaimed with its segment.
import type { BlobPlace } from '../blob-place.ts';
import type { SqlReader } from '../sql/sql.ts';
import type { Transaction } from '../sql/transaction.ts';

/** A record as the thread that appended it describes it. */
export interface NewRecord {
  readonly segment: number;
  readonly position: number;
  /** Prefix and body. */
  readonly length: number;
  readonly prefixLength: number;
  /** `RECORD_HASH_BYTES` octets as latin1 text. */
  readonly hash: string;
}

export interface BlobRow {
  readonly id: number;
  readonly segment: number;
  readonly position: number;
  readonly length: number;
  readonly prefixLength: number;
  readonly hash: Uint8Array;
  readonly refs: number;
}

const BLOB_COLUMNS = 'id, segment, position, length, prefix_length AS "prefixLength", hash, refs';

/** Writes down where the octets of unit `id` are; `refs` rows are about to point at them. */
export async function addBlob(tx: Transaction, id: number, record: NewRecord, refs: number): Promise<void> {
  await tx.add(
    'INSERT INTO blob (id, segment, position, length, prefix_length, hash, refs) VALUES (?, ?, ?, ?, ?, ?, ?)',
    id,
    record.segment,
    record.position,
    record.length,
    record.prefixLength,
    Buffer.from(record.hash, 'latin1'),
    refs,
  );
  tx.effects.liveBytes(record.segment, record.length);
}

/** One row less points at the octets; with the last they are forgotten. */
export async function releaseBlob(tx: Transaction, id: number): Promise<void> {
  const row = await tx.get<BlobPlace & { refs: number }>(
    'UPDATE blob SET refs = refs - 1 WHERE id = ? RETURNING refs, id, segment, position AS "offset", length',
    id,
  );
  if (row === undefined || row.refs > 0) return;
  await tx.run('DELETE FROM blob WHERE id = ?', id);
  tx.effects.blobReleased(row);
}

/** Where the octets of a unit are now; null when nothing points at them any more. */
export async function findPlace(sql: SqlReader, id: number): Promise<BlobPlace | null> {
  const row = await sql.get<BlobPlace>('SELECT id, segment, position AS "offset", length FROM blob WHERE id = ?', id);
  return row ?? null;
}

/** Blobs in the order of ids after `after`, at most `limit`. */
export async function listBlobs(sql: SqlReader, after: number, limit: number): Promise<BlobRow[]> {
  return await sql.all<BlobRow>(`SELECT ${BLOB_COLUMNS} FROM blob WHERE id > ? ORDER BY id LIMIT ?`, after, limit);
}

/** The blobs of one segment. */
export async function listBlobsOfSegment(sql: SqlReader, segment: number): Promise<BlobRow[]> {
  return await sql.all<BlobRow>(`SELECT ${BLOB_COLUMNS} FROM blob WHERE segment = ? ORDER BY position`, segment);
}
