// Proves that every object that rows point at is in the store, as long as its row says. Whether its octets are right is
// proved by whoever reads the records.
import type { SqlReader } from '../../sql/sql.ts';
import { VERIFY_PAGE_ROWS } from '../../limits.ts';
import { OBJECTS_AT_ONCE } from './limits.ts';
import type { ObjectStore } from './object-store.ts';

/** Tells of each object that is not there or not as long as it should be; how many there are. */
export async function verifyObjects(
  sql: SqlReader,
  store: Pick<ObjectStore, 'length'>,
  onFault: (fault: string) => void,
): Promise<number> {
  let objects = 0;
  for (let after = Number.MIN_SAFE_INTEGER; ;) {
    const rows = await sql.all<{ id: number; bytes: number }>(
      `SELECT id, bytes FROM segment WHERE id > ? AND id < 0 AND live_bytes > 0 ORDER BY id LIMIT ?`,
      after,
      VERIFY_PAGE_ROWS,
    );
    for (let at = 0; at < rows.length; at += OBJECTS_AT_ONCE) {
      const some = rows.slice(at, at + OBJECTS_AT_ONCE);
      const faults = await Promise.all(some.map((row) => findFault(sql, store, row)));
      for (const fault of faults) if (fault !== null) onFault(fault);
    }
    objects += rows.length;
    const last = rows.at(-1);
    if (last === undefined || rows.length < VERIFY_PAGE_ROWS) return objects;
    after = last.id;
  }
}

async function findFault(
  sql: SqlReader,
  store: Pick<ObjectStore, 'length'>,
  { id, bytes }: { id: number; bytes: number },
): Promise<string | null> {
  const length = await store.length(id).catch(() => Number.NaN);
  if (length === bytes) return null;
  // It may have been emptied and removed since its row was read.
  if ((await sql.get('SELECT 1 AS there FROM segment WHERE id = ?', id)) === undefined) return null;
  if (length === null) return `object ${-id} is not in the object store`;
  if (Number.isNaN(length)) return `object ${-id} cannot be asked for: the object store does not answer`;
  return `object ${-id} has ${length} octets, not ${bytes}`;
}
