// The segment files as rows: which are sealed, how many of their octets rows point at, and what compaction does to them.
import type { SqlReader, SqlWriter } from '../sql/sql.ts';
import type { Transaction } from '../sql/transaction.ts';
import { threadOfUnitId } from '../unit-ids.ts';

export interface SegmentRow {
  readonly id: number;
  /** open: a thread appends to it. sealed: never again. dropped: nothing points at it, its file may go. */
  readonly state: 'open' | 'sealed' | 'dropped';
  readonly bytes: number;
  readonly liveBytes: number;
}

/** All segments. */
export async function listSegments(sql: SqlReader): Promise<SegmentRow[]> {
  return await sql.all<SegmentRow>('SELECT id, state, bytes, live_bytes AS "liveBytes" FROM segment ORDER BY id');
}

/** Where the last committed record of a segment ends; 0 when it has none. */
export async function segmentEnd(sql: SqlReader, segment: number): Promise<number> {
  const row = await sql.get<{ ends: number | null }>(
    'SELECT max(position + length) AS ends FROM blob WHERE segment = ?',
    segment,
  );
  return row?.ends ?? 0;
}

/** The segment has its last unit; `bytes` is its length. One without units yet is a large message's own file. */
export async function sealSegment(tx: SqlWriter, id: number, bytes: number): Promise<void> {
  await tx.run(
    `INSERT INTO segment (id, state, bytes, live_bytes) VALUES (?, 'sealed', ?, 0)
     ON CONFLICT (id) DO UPDATE SET state = excluded.state, bytes = excluded.bytes`,
    id,
    bytes,
  );
}

/** Seals the segments of a thread that is gone: behind their last committed record nobody will write again. */
export async function sealThread(tx: SqlWriter, threadIndex: number): Promise<void> {
  for (const segment of await listSegments(tx))
    if (segment.state === 'open' && threadOfUnitId(segment.id) === threadIndex)
      await sealSegment(tx, segment.id, await segmentEnd(tx, segment.id));
}

/** Adds what a transaction changed to the segment's count of octets in use; the first unit of a segment makes its row. */
export async function addLiveBytes(tx: SqlWriter, segment: number, bytes: number): Promise<void> {
  await tx.run(
    `INSERT INTO segment (id, state, bytes, live_bytes) VALUES (?, 'open', 0, ?)
     ON CONFLICT (id) DO UPDATE SET live_bytes = segment.live_bytes + excluded.live_bytes`,
    segment,
    bytes,
  );
}

/** Sealed segments of whose octets less than half are pointed at, in the order of their ids. */
export async function listCompactable(sql: SqlReader, limit: number): Promise<SegmentRow[]> {
  return await sql.all<SegmentRow>(
    `SELECT id, state, bytes, live_bytes AS "liveBytes" FROM segment
     WHERE state = 'sealed' AND live_bytes * 2 < bytes ORDER BY id LIMIT ?`,
    limit,
  );
}

export interface BlobMove {
  readonly id: number;
  readonly from: number;
  readonly length: number;
  /** Where the copy begins in the new segment. */
  readonly position: number;
}

/** Points blobs at their copies in `to`; a blob that is gone or was moved already is left alone. How many moved. */
export async function moveBlobs(tx: Transaction, to: number, moves: readonly BlobMove[]): Promise<number> {
  let moved = 0;
  for (const move of moves) {
    const { changes } = await tx.run(
      'UPDATE blob SET segment = ?, position = ? WHERE id = ? AND segment = ?',
      to,
      move.position,
      move.id,
      move.from,
    );
    if (changes === 0) continue;
    moved++;
    tx.effects.liveBytes(move.from, -move.length);
    tx.effects.liveBytes(to, move.length);
  }
  return moved;
}

/** Marks those of `segments` that are sealed and that no blob points at: their files may go. Which they are. */
export async function dropSegments(tx: Transaction, segments: readonly number[]): Promise<number[]> {
  const dropped: number[] = [];
  for (const id of segments) {
    const pointed = await tx.get('SELECT 1 AS pointed FROM blob WHERE segment = ? LIMIT 1', id);
    if (pointed !== undefined) continue;
    const { changes } = await tx.run("UPDATE segment SET state = 'dropped' WHERE id = ? AND state = 'sealed'", id);
    if (changes > 0) dropped.push(id);
  }
  return dropped;
}

/** Their files are gone. */
export async function forgetSegments(tx: SqlWriter, segments: readonly number[]): Promise<void> {
  for (const id of segments) await tx.run("DELETE FROM segment WHERE id = ? AND state = 'dropped'", id);
}
