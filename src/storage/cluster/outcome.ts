// How a transaction ended whose connection broke at COMMIT.
import type { Clock } from '../../base/clock.ts';
import type { PostgresConnection } from '../sql/postgres-connection.ts';
import { OUTCOME_LOOK_MS, OUTCOME_WAIT_MS } from './limits.ts';

export interface LostTransaction {
  readonly connect: () => Promise<PostgresConnection>;
  readonly clock: Clock;
  readonly xact: string;
  readonly token: number;
}

/**
 * Waits until the transaction has ended on the server, then looks for its note. The note decides: on a standby that was
 * promoted meanwhile, the transaction's number may belong to another one. `unknown`: no answer in time.
 */
export async function lookUpOutcome(lost: LostTransaction): Promise<'committed' | 'not-there' | 'unknown'> {
  const { clock } = lost;
  const until = clock.monotonic() + OUTCOME_WAIT_MS;
  let connection: PostgresConnection | null = null;
  try {
    for (;;) {
      try {
        connection ??= await lost.connect();
        if (!(await isRunning(connection, lost.xact))) {
          const note = await connection.get('SELECT 1 AS there FROM commit_note WHERE token = ?', lost.token);
          return note === undefined ? 'not-there' : 'committed';
        }
      } catch {
        connection?.drop();
        connection = null;
      }
      if (clock.monotonic() >= until) return 'unknown';
      await new Promise<void>((resolve) => void clock.after(OUTCOME_LOOK_MS, resolve));
    }
  } finally {
    await connection?.close();
  }
}

async function isRunning(connection: PostgresConnection, xact: string): Promise<boolean> {
  // A number that is not given out yet is refused by `pg_xact_status`: a promoted standby never saw that transaction.
  const row = await connection.get<{ status: string | null }>(
    `SELECT CASE WHEN CAST(? AS TEXT)::xid8 < pg_snapshot_xmax(pg_current_snapshot())
       THEN pg_xact_status(CAST(? AS TEXT)::xid8) END AS status`,
    xact,
    xact,
  );
  return row?.status === 'in progress';
}
