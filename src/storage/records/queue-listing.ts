// The queue as people look at it: pages of what waits with sender and last reply, and its sums.
import type { QueueKey, QueueSelection, WaitingEntry } from '../queue-store.ts';
import type { SqlReader } from '../sql/sql.ts';
import { selectKeys } from './queue-commands.ts';
import { type KeyRow, toWaitingEntry, WAITING_COLUMNS } from './queue.ts';

export interface QueueLine extends WaitingEntry {
  /** addr-spec, '' for the null sender. */
  readonly reversePath: string;
  /** Octets of the message. */
  readonly length: number;
  /** Recipients that still wait. */
  readonly waiting: number;
  /** null: never tried. */
  readonly lastAtMs: number | null;
  readonly reply: string | null;
  /** One of the recipients. */
  readonly recipient: string;
}

interface LineRow extends KeyRow {
  reverse_path: string;
  length: number;
  waiting: number;
  last_at_ms: number | null;
  reply: string | null;
  recipient: string | null;
}

/** At most `limit` keys of a selection after `after` (null: from the start), in the order of (unitId, domain). */
export async function listQueue(
  sql: SqlReader,
  selection: QueueSelection,
  after: QueueKey | null,
  limit: number,
): Promise<QueueLine[]> {
  const { text, values } = selectKeys(selection);
  const columns = WAITING_COLUMNS.replaceAll(/\w+/g, 'k.$&');
  const rows = await sql.all<LineRow>(
    `SELECT ${columns}, k.waiting, k.last_at_ms, k.reply, m.reverse_path, b.length,
       (SELECT r.forward_path FROM queue_recipient r
        WHERE r.unit_id = k.unit_id AND r.domain = k.domain ORDER BY r.number LIMIT 1) AS recipient
     FROM queue_key k JOIN queue_message m ON m.unit_id = k.unit_id JOIN blob b ON b.id = k.unit_id
     WHERE ${text} AND (k.unit_id, k.domain) > (?, ?) ORDER BY k.unit_id, k.domain LIMIT ?`,
    ...values,
    after?.unitId ?? 0,
    after?.domain ?? '',
    limit,
  );
  return rows.map((row) => ({
    ...toWaitingEntry(row),
    reversePath: row.reverse_path,
    length: row.length,
    waiting: row.waiting,
    lastAtMs: row.last_at_ms,
    reply: row.reply,
    recipient: row.recipient ?? '',
  }));
}

export interface QueueSums {
  readonly messages: number;
  readonly recipients: number;
  /** Of these, recipients that are held. */
  readonly held: number;
  /** The oldest message's unit id; null: nothing waits. */
  readonly oldestUnitId: number | null;
}

/** What waits, in sum. */
export async function sumQueue(sql: SqlReader): Promise<QueueSums> {
  const keys = await sql.get<{ recipients: number | null; held: number | null; oldest: number | null }>(
    `SELECT sum(waiting) AS recipients, sum(CASE WHEN held = 1 THEN waiting ELSE 0 END) AS held, min(unit_id) AS oldest
     FROM queue_key`,
  );
  const messages = await sql.get<{ n: number }>('SELECT count(*) AS n FROM queue_message');
  return {
    messages: messages?.n ?? 0,
    recipients: keys?.recipients ?? 0,
    held: keys?.held ?? 0,
    oldestUnitId: keys?.oldest ?? null,
  };
}
