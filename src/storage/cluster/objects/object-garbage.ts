// Objects that nothing points at. A segment that is empty, or whose unit never came, becomes a dropped object; after a
// grace by the database's clock the object goes, then its row. What is to be removed is known from rows alone: the
// bucket is never listed, so nothing else in it is ever touched.
import type { SqlWriter } from '../../sql/sql.ts';
import { GARBAGE_PER_ROUND, PENDING_MAX_SECONDS } from '../limits.ts';
import type { ReadingConnections } from '../reading-connections.ts';
import { OBJECT_GRACE_SECONDS, OBJECTS_AT_ONCE, OBJECTS_REMOVED_PER_ROUND } from './limits.ts';
import type { ObjectStore } from './object-store.ts';

/** While somebody has this lease (a backup that copies objects), no object is removed. */
export const OBJECTS_KEPT_LEASE = 'objects-kept';

/**
 * Drops empty objects, and those that were registered and never kept; a unit that comes too late finds its registration
 * gone and fails.
 */
export async function dropObjects(sql: SqlWriter, pendingSeconds = PENDING_MAX_SECONDS): Promise<number> {
  const late = await sql.run(
    `WITH late AS (DELETE FROM pending_segment WHERE id IN (SELECT id FROM pending_segment
       WHERE id < 0 AND at < now() - make_interval(secs => CAST(? AS DOUBLE PRECISION)) LIMIT ?) RETURNING id)
     INSERT INTO dropped_object (id) SELECT id FROM late`,
    pendingSeconds,
    GARBAGE_PER_ROUND,
  );
  const empty = await sql.run(
    `WITH empty AS (DELETE FROM segment WHERE id IN (SELECT id FROM segment
       WHERE id < 0 AND state = 'sealed' AND live_bytes = 0
         AND NOT EXISTS (SELECT 1 FROM blob WHERE blob.segment = segment.id) LIMIT ?) RETURNING id)
     INSERT INTO dropped_object (id) SELECT id FROM empty`,
    GARBAGE_PER_ROUND,
  );
  return late.changes + empty.changes;
}

/** Removes objects that were dropped long enough ago; how many. Rejects with storage-failed while the store is down. */
export async function removeDroppedObjects(
  sql: ReadingConnections,
  store: Pick<ObjectStore, 'remove'>,
  graceSeconds = OBJECT_GRACE_SECONDS,
): Promise<number> {
  const rows = await sql.all<{ id: number }>(
    `SELECT id FROM dropped_object WHERE at < now() - make_interval(secs => CAST(? AS DOUBLE PRECISION))
       AND NOT EXISTS (SELECT 1 FROM lease WHERE name = '${OBJECTS_KEPT_LEASE}' AND until > clock_timestamp())
     ORDER BY at LIMIT ?`,
    graceSeconds,
    OBJECTS_REMOVED_PER_ROUND,
  );
  for (let at = 0; at < rows.length; at += OBJECTS_AT_ONCE) {
    const ids = rows.slice(at, at + OBJECTS_AT_ONCE).map((row) => row.id);
    await Promise.all(ids.map((id) => store.remove(id)));
    await sql.list('DELETE FROM dropped_object WHERE id = ANY($1::bigint[])', [ids]);
  }
  return rows.length;
}
