// The queue: a row for each message, for each of its keys (its recipients at one domain, who share a schedule) and for
// each recipient that still waits. What has left the queue has no row; its journey has.
import type { BlobPlace } from '../blob-place.ts';
import type { QueuedMessage, QueueSettlement } from '../commit-unit.ts';
import type { QueueDeferral, QueueItem, QueueKey, WaitingEntry, WaitingRecipient } from '../queue-store.ts';
import type { Notify } from '../queue-terms.ts';
import type { SqlReader } from '../sql/sql.ts';
import type { Transaction } from '../sql/transaction.ts';
import { releaseBlob } from './blobs.ts';
import { noteJourney } from './journey.ts';

type Terms = Omit<QueuedMessage, 'recipients' | 'reversePath' | 'accountId'>;

/** The columns that `toWaitingEntry` reads. */
export interface KeyRow {
  unit_id: number;
  domain: string;
  account_id: number | null;
  next_at_ms: number;
  expires_at_ms: number;
  attempts: number;
  held: number;
}

export const WAITING_COLUMNS = 'unit_id, domain, account_id, next_at_ms, expires_at_ms, attempts, held';

/** A key's row as the relay keeps it in memory. */
export function toWaitingEntry(row: KeyRow): WaitingEntry {
  return {
    unitId: row.unit_id,
    domain: row.domain,
    accountId: row.account_id,
    nextAtMs: row.next_at_ms,
    expiresAtMs: row.expires_at_ms,
    attempts: row.attempts,
    held: row.held !== 0,
  };
}

/** Puts a message into the queue. */
export async function addToQueue(tx: Transaction, place: BlobPlace, message: QueuedMessage): Promise<void> {
  const { recipients, reversePath, accountId, ...terms } = message;
  const counts = new Map<string, number>();
  for (const { domain } of recipients) counts.set(domain, (counts.get(domain) ?? 0) + 1);
  await tx.add(
    'INSERT INTO queue_message (unit_id, account_id, reverse_path, terms, waiting) VALUES (?, ?, ?, ?, ?)',
    place.id,
    accountId,
    reversePath,
    JSON.stringify(terms satisfies Terms),
    counts.size,
  );
  for (const [domain, count] of counts)
    await tx.add(
      `INSERT INTO queue_key (unit_id, domain, account_id, next_at_ms, expires_at_ms, attempts, held, delay_reported, waiting)
       VALUES (?, ?, ?, ?, ?, 0, ?, 0, ?)`,
      place.id,
      domain,
      accountId,
      message.notBeforeMs,
      message.expiresAtMs,
      message.held ? 1 : 0,
      count,
    );
  for (const [number, recipient] of recipients.entries())
    await tx.add(
      'INSERT INTO queue_recipient (unit_id, number, domain, forward_path, orcpt, notify) VALUES (?, ?, ?, ?, ?, ?)',
      place.id,
      number,
      recipient.domain,
      recipient.forwardPath,
      recipient.orcpt,
      recipient.notify === null ? null : recipient.notify.join(','),
    );
  tx.effects.queued({ unitId: place.id, place, message });
}

/** A page of the waiting keys in the order of (unitId, domain). */
export async function listWaiting(sql: SqlReader, after: QueueKey | null, limit: number): Promise<WaitingEntry[]> {
  const rows =
    after === null
      ? await sql.all<KeyRow>(`SELECT ${WAITING_COLUMNS} FROM queue_key ORDER BY unit_id, domain LIMIT ?`, limit)
      : await sql.all<KeyRow>(
          `SELECT ${WAITING_COLUMNS} FROM queue_key WHERE (unit_id, domain) > (?, ?) ORDER BY unit_id, domain LIMIT ?`,
          after.unitId,
          after.domain,
          limit,
        );
  return rows.map(toWaitingEntry);
}

/** The waiting keys of one unit. */
export async function listWaitingOf(sql: SqlReader, unitId: number): Promise<WaitingEntry[]> {
  const rows = await sql.all<KeyRow>(
    `SELECT ${WAITING_COLUMNS} FROM queue_key WHERE unit_id = ? ORDER BY domain`,
    unitId,
  );
  return rows.map(toWaitingEntry);
}

/** Everything an attempt needs to know about a key; null when it does not wait any more. */
export async function findQueueItem(sql: SqlReader, key: QueueKey): Promise<QueueItem | null> {
  const row = await sql.get<{
    attempts: number;
    next_at_ms: number;
    expires_at_ms: number;
    held: number;
    delay_reported: number;
    reply: string | null;
    account_id: number | null;
    reverse_path: string;
    terms: string;
    segment: number;
    position: number;
    length: number;
  }>(
    `SELECT k.attempts, k.next_at_ms, k.expires_at_ms, k.held, k.delay_reported, k.reply, m.account_id, m.reverse_path, m.terms, b.segment, b.position, b.length
     FROM queue_key k JOIN queue_message m ON m.unit_id = k.unit_id JOIN blob b ON b.id = k.unit_id
     WHERE k.unit_id = ? AND k.domain = ?`,
    key.unitId,
    key.domain,
  );
  if (row === undefined) return null;
  return {
    unitId: key.unitId,
    domain: key.domain,
    place: { id: key.unitId, segment: row.segment, offset: row.position, length: row.length },
    message: { ...(JSON.parse(row.terms) as Terms), reversePath: row.reverse_path, accountId: row.account_id },
    recipients: await listRecipients(sql, key, row.reply),
    attempts: row.attempts,
    plan: { nextAtMs: row.next_at_ms, expiresAtMs: row.expires_at_ms, held: row.held !== 0 },
    delayReported: row.delay_reported !== 0,
  };
}

/** The recipients of a key that still wait; `reply` is what was last said about all of them. */
async function listRecipients(sql: SqlReader, key: QueueKey, reply: string | null): Promise<WaitingRecipient[]> {
  const rows = await sql.all<{
    number: number;
    forward_path: string;
    orcpt: string | null;
    notify: string | null;
    reply: string | null;
  }>(
    `SELECT number, forward_path, orcpt, notify, reply FROM queue_recipient
     WHERE unit_id = ? AND domain = ? ORDER BY number`,
    key.unitId,
    key.domain,
  );
  return rows.map((row) => ({
    number: row.number,
    forwardPath: row.forward_path,
    domain: key.domain,
    orcpt: row.orcpt,
    notify: row.notify === null ? null : (row.notify.split(',').filter((word) => word !== '') as Notify[]),
    lastReply: row.reply ?? reply,
  }));
}

/**
 * Recipients leave the queue; the key, the message and its octets go with the last. In steps over all of them, so that an
 * engine with a wire pays for its way once a step, not once a row.
 */
export async function settleQueue(tx: Transaction, settlements: readonly QueueSettlement[]): Promise<void> {
  const leaving = new Map<string, LeavingKey>();
  await Promise.all(
    settlements.flatMap(({ unitId, recipients }) =>
      recipients.map(async (number) => {
        const row = await tx.get<{ domain: string }>(
          'DELETE FROM queue_recipient WHERE unit_id = ? AND number = ? RETURNING domain',
          unitId,
          number,
        );
        if (row === undefined) return;
        const key = leaving.get(`${unitId} ${row.domain}`);
        if (key === undefined) leaving.set(`${unitId} ${row.domain}`, { unitId, domain: row.domain, count: 1 });
        else key.count++;
      }),
    ),
  );
  await leaveKeys(tx, [...leaving.values()]);
  for (const { unitId, events } of settlements) if (events.length > 0) await noteJourney(tx, unitId, null, events);
}

/** `count` recipients of the key are gone. */
interface LeavingKey extends QueueKey {
  count: number;
}

/** `count` recipients of a key are gone; what still waits. */
export async function leaveKey(tx: Transaction, unitId: number, domain: string, count: number): Promise<number> {
  const [left] = await leaveKeys(tx, [{ unitId, domain, count }]);
  return left ?? 0;
}

/** What still waits of each key; what waits no more goes, and a message with its last key. */
async function leaveKeys(tx: Transaction, keys: readonly LeavingKey[]): Promise<number[]> {
  const left = await Promise.all(
    keys.map(async ({ unitId, domain, count }) => {
      const key = await tx.get<{ waiting: number }>(
        'UPDATE queue_key SET waiting = waiting - ? WHERE unit_id = ? AND domain = ? RETURNING waiting',
        count,
        unitId,
        domain,
      );
      return key?.waiting ?? null;
    }),
  );
  const done = keys.filter((_, at) => (left[at] ?? 1) <= 0);
  await Promise.all(
    done.map(({ unitId, domain }) => tx.run('DELETE FROM queue_key WHERE unit_id = ? AND domain = ?', unitId, domain)),
  );
  await Promise.all(done.map(({ unitId }) => leaveMessage(tx, unitId)));
  return left.map((waiting) => Math.max(0, waiting ?? 0));
}

/** One of the message's keys is gone. */
async function leaveMessage(tx: Transaction, unitId: number): Promise<void> {
  const message = await tx.get<{ waiting: number }>(
    'UPDATE queue_message SET waiting = waiting - 1 WHERE unit_id = ? RETURNING waiting',
    unitId,
  );
  if (message === undefined || message.waiting > 0) return;
  await tx.run('DELETE FROM queue_message WHERE unit_id = ?', unitId);
  await releaseBlob(tx, unitId);
}

/** Writes down attempts that did not end it. */
export async function deferQueue(tx: Transaction, deferrals: readonly QueueDeferral[]): Promise<void> {
  await Promise.all(
    deferrals.flatMap((deferral) => [
      tx.run(
        `UPDATE queue_key SET attempts = ?, last_at_ms = ?, next_at_ms = ?, delay_reported = ?, reply = ?
         WHERE unit_id = ? AND domain = ?`,
        deferral.attempts,
        deferral.lastAtMs,
        deferral.nextAtMs,
        deferral.delayReported ? 1 : 0,
        deferral.reply,
        deferral.unitId,
        deferral.domain,
      ),
      ...deferral.replies.map(({ number, reply }) =>
        tx.run('UPDATE queue_recipient SET reply = ? WHERE unit_id = ? AND number = ?', reply, deferral.unitId, number),
      ),
    ]),
  );
  for (const { unitId, events } of deferrals) if (events.length > 0) await noteJourney(tx, unitId, null, events);
}
