// Commands of people to the queue: hold, release, retry, expire, remove, over the keys that a selection means.
import type { JourneyEvent } from '../commit-unit.ts';
import { QUEUE_KEYS_MAX } from '../limits.ts';
import type { CommandedEntry, QueueCommand, QueueSelection } from '../queue-store.ts';
import type { SqlValue } from '../sql/sql.ts';
import type { Transaction } from '../sql/transaction.ts';
import { noteJourney } from './journey.ts';
import { type KeyRow, leaveKey, toWaitingEntry, WAITING_COLUMNS } from './queue.ts';

type CommandedRow = KeyRow & { waiting: number };

/**
 * What each command sets, and which keys it would not change. A key that is due may still wait in the queue runner, while
 * its site rests: `retry` means it too.
 */
const SETS: Readonly<Record<Exclude<QueueCommand, 'remove'>, { readonly set: string; readonly skip: string }>> = {
  hold: { set: 'held = 1', skip: 'k.held = 0' },
  release: { set: 'held = 0', skip: 'k.held = 1' },
  retry: { set: 'next_at_ms = ?', skip: 'k.next_at_ms <> ?' },
  expire: { set: 'expires_at_ms = ?, next_at_ms = 0, held = 0', skip: 'k.expires_at_ms > ?' },
};

/** Applies a command to at most `limit` keys that it changes; those keys as they are then. */
export async function commandQueue(
  tx: Transaction,
  command: QueueCommand,
  selection: QueueSelection,
  options: { readonly limit: number; readonly nowMs: number },
): Promise<CommandedEntry[]> {
  const { text, values } = selectKeys(selection);
  const limit = Math.min(options.limit, QUEUE_KEYS_MAX);
  const columns = WAITING_COLUMNS.replaceAll(/\w+/g, 'k.$&');
  const own = command === 'remove' ? { set: '', skip: '1 = 1' } : SETS[command];
  const ownValues = command === 'expire' || command === 'retry' ? [options.nowMs] : [];
  const rows = await tx.all<CommandedRow>(
    `SELECT ${columns}, k.waiting FROM queue_key k JOIN queue_message m ON m.unit_id = k.unit_id
     WHERE ${text} AND ${own.skip} ORDER BY k.unit_id, k.domain LIMIT ?`,
    ...values,
    ...ownValues,
    limit,
  );
  const commanded: CommandedEntry[] = [];
  for (const row of rows) {
    tx.effects.commandedUnits.add(row.unit_id);
    commanded.push(
      command === 'remove'
        ? await removeKey(tx, row, selection.recipient ?? null, options.nowMs)
        : await setKey(tx, row, own.set, ownValues),
    );
  }
  return commanded;
}

/** The condition that a selection is, over queue_key k and queue_message m. */
export function selectKeys(selection: QueueSelection): { text: string; values: SqlValue[] } {
  const parts: [string, SqlValue | undefined][] = [
    ['k.unit_id = ?', selection.unitId],
    ['k.domain = ?', selection.domain],
    ['m.reverse_path = ?', selection.reversePath],
    ['k.account_id = ?', selection.accountId],
    [
      `EXISTS (SELECT 1 FROM queue_recipient r
        WHERE r.unit_id = k.unit_id AND r.domain = k.domain AND r.forward_path = ?)`,
      selection.recipient,
    ],
  ];
  const given = parts.filter(([, value]) => value !== undefined);
  return {
    text: ['1 = 1', ...given.map(([text]) => text)].join(' AND '),
    values: given.map(([, value]) => value ?? null),
  };
}

async function setKey(tx: Transaction, row: CommandedRow, set: string, values: SqlValue[]): Promise<CommandedEntry> {
  const after = await tx.get<CommandedRow>(
    `UPDATE queue_key SET ${set} WHERE unit_id = ? AND domain = ? RETURNING ${WAITING_COLUMNS}, waiting`,
    ...values,
    row.unit_id,
    row.domain,
  );
  const now = after ?? row;
  return { ...toWaitingEntry(now), left: now.waiting };
}

async function removeKey(
  tx: Transaction,
  row: CommandedRow,
  recipient: string | null,
  nowMs: number,
): Promise<CommandedEntry> {
  const removed = await tx.all<{ forward_path: string }>(
    `DELETE FROM queue_recipient WHERE unit_id = ? AND domain = ? AND (CAST(? AS TEXT) IS NULL OR forward_path = ?)
     RETURNING forward_path`,
    row.unit_id,
    row.domain,
    recipient,
    recipient,
  );
  const left = await leaveKey(tx, row.unit_id, row.domain, removed.length);
  const events = removed.map((gone): JourneyEvent => ({
    atMs: nowMs,
    kind: 'removed',
    recipient: gone.forward_path,
    data: {},
  }));
  await noteJourney(tx, row.unit_id, null, events);
  return { ...toWaitingEntry(row), left };
}
