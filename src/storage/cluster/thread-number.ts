// The number of a thread in unit ids, unique over all nodes: held as an advisory lock of the thread's writing
// connection, so that it is free again when the thread, its node or its network is gone.
import { THREADS_MAX } from '../limits.ts';
import type { PostgresConnection } from '../sql/postgres-connection.ts';

/** Any number, the same in every node; the second key of the lock is the thread's number. */
const THREAD_LOCK = 0x706f7374;

/** Takes the number `wanted` (null: any) or another free one. `greatestUnitId`: of all that rows know. Throws when all are taken. */
export async function takeThreadNumber(
  connection: PostgresConnection,
  wanted: number | null,
): Promise<{ readonly thread: number; readonly greatestUnitId: number }> {
  const row =
    (wanted === null ? undefined : await take(connection, wanted, wanted)) ??
    (await take(connection, 0, THREADS_MAX - 1));
  if (row === undefined) throw new Error(`all ${THREADS_MAX} thread numbers of the cluster are taken; stop a node`);
  const greatest = await connection.get<{ id: number | null }>(
    'SELECT greatest((SELECT max(id) FROM blob), (SELECT max(unit_id) FROM journey)) AS id',
  );
  return { thread: row.thread, greatestUnitId: greatest?.id ?? 0 };
}

async function take(
  connection: PostgresConnection,
  first: number,
  last: number,
): Promise<{ thread: number } | undefined> {
  return await connection.get<{ thread: number }>(
    `SELECT thread FROM generate_series(CAST(? AS INTEGER), CAST(? AS INTEGER)) AS thread
     WHERE pg_try_advisory_lock(${THREAD_LOCK}, thread) LIMIT 1`,
    first,
    last,
  );
}
