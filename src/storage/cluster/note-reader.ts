// Reads what other nodes have committed, each transaction once, none left out: everything from the oldest transaction
// that was still running at the last look. "After the last one" would skip what commits later with a lower number.
import type { Change } from '../store.ts';
import type { PostgresConnection } from '../sql/postgres-connection.ts';
import { NOTES_KEPT_SECONDS, NOTES_PER_LOOK } from './limits.ts';

interface NoteRow {
  token: number;
  account_ids: string[];
  unit_ids: string[];
  directory: boolean;
}

/** One per node. */
export class NoteReader {
  readonly #node: number;
  /** All below has ended and was read. */
  #horizon = '0';
  /** Notes at or above the horizon that were read already. */
  #read = new Set<number>();

  constructor(node: number) {
    this.#node = node;
  }

  /** From here on nothing is left out. */
  async start(connection: PostgresConnection): Promise<void> {
    const row = await connection.get<{ xmin: string }>('SELECT pg_snapshot_xmin(pg_current_snapshot())::text AS xmin');
    this.#horizon = row?.xmin ?? '0';
  }

  /** What other nodes did since; null: nothing. */
  async read(connection: PostgresConnection): Promise<Change | null> {
    const accountIds = new Set<number>();
    const queuedUnits: number[] = [];
    let directory = false;
    let seen = false;
    for (;;) {
      // One snapshot for both: what is below its xmin has ended, and this statement sees it.
      const rows = await connection.all<NoteRow & { xmin: string }>(
        `SELECT n.token, n.account_ids, n.unit_ids, n.directory,
           pg_snapshot_xmin(pg_current_snapshot())::text AS xmin
         FROM (SELECT 1) AS one LEFT JOIN (SELECT * FROM commit_note
           WHERE xact >= CAST(? AS TEXT)::xid8 AND node <> ? AND token <> ALL (CAST(? AS TEXT)::bigint[])
           ORDER BY xact LIMIT ?) AS n ON true`,
        this.#horizon,
        this.#node,
        `{${[...this.#read].join(',')}}`,
        NOTES_PER_LOOK,
      );
      const notes = rows.filter((row) => row.token !== null);
      for (const note of notes) {
        seen = true;
        this.#read.add(note.token);
        for (const id of note.account_ids) accountIds.add(Number(id));
        queuedUnits.push(...note.unit_ids.map(Number));
        directory ||= note.directory;
      }
      if (notes.length === NOTES_PER_LOOK) continue;
      await this.#advance(connection, rows[0]?.xmin ?? this.#horizon);
      return seen ? { accountIds: [...accountIds], queuedUnits, directory, elsewhere: true } : null;
    }
  }

  /** All below `xmin` was read: forgets those notes. */
  async #advance(connection: PostgresConnection, xmin: string): Promise<void> {
    this.#horizon = xmin;
    if (this.#read.size === 0) return;
    const rows = await connection.list<{ token: number }>(
      'SELECT token FROM commit_note WHERE token = ANY($1::bigint[]) AND xact >= $2::text::xid8',
      [[...this.#read], xmin],
    );
    this.#read = new Set(rows.map((row) => row.token));
  }
}

/** Removes notes that no node asks for any more. */
export async function removeOldNotes(connection: Pick<PostgresConnection, 'run'>): Promise<number> {
  const { changes } = await connection.run(
    `DELETE FROM commit_note WHERE at < now() - make_interval(secs => CAST(? AS DOUBLE PRECISION))`,
    NOTES_KEPT_SECONDS,
  );
  return changes;
}
