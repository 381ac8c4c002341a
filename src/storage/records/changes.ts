// The change log of an account: what each modseq did, as uid ranges, so that a client or the search index can catch up
// without reading every row (RFC 7162). Messages that came are not in it: their rows say so (`readArrived`).
import type { SqlReader } from '../sql/sql.ts';
import type { Transaction } from '../sql/transaction.ts';

/** The last three are about the folder itself. */
export type ChangeKind = 'flags' | 'expunged' | 'folder-added' | 'folder-changed' | 'folder-removed';

export interface LoggedChange {
  readonly modSeq: number;
  readonly mailboxId: number;
  readonly kind: ChangeKind;
  /** As a sequence set: '4', '4:9,12'. */
  readonly uids: string;
  /** Of messages that went: their emails, in the order of uids, ',' between. */
  readonly emails?: string | null;
}

/** The next modseq of an account, taken for one change; null when the account is gone. */
export async function nextModSeq(tx: Transaction, accountId: number): Promise<number | null> {
  const row = await tx.get<{ modseq: number }>(
    'UPDATE account_state SET modseq = modseq + 1 WHERE account_id = ? RETURNING modseq',
    accountId,
  );
  return row?.modseq ?? null;
}

/** Writes one change down and tells the threads. */
export async function logChange(tx: Transaction, accountId: number, change: LoggedChange): Promise<void> {
  await tx.add(
    'INSERT INTO change_log (account_id, modseq, mailbox_id, kind, uids, emails) VALUES (?, ?, ?, ?, ?, ?)',
    accountId,
    change.modSeq,
    change.mailboxId,
    change.kind,
    change.uids,
    change.emails ?? null,
  );
  tx.effects.accountChanged(accountId);
}

/** Changes of an account after `modSeq`, oldest first, at most `limit`. */
export async function listChanges(
  sql: SqlReader,
  accountId: number,
  modSeq: number,
  limit: number,
): Promise<LoggedChange[]> {
  return await sql.all<LoggedChange>(
    `SELECT modseq AS "modSeq", mailbox_id AS "mailboxId", kind, uids FROM change_log
     WHERE account_id = ? AND modseq > ? ORDER BY modseq, mailbox_id LIMIT ?`,
    accountId,
    modSeq,
    limit,
  );
}

/** Accounts whose log is longer than `kept` modseqs and some more, at most `limit`. */
export async function listLongLogs(sql: SqlReader, kept: number, limit: number): Promise<number[]> {
  const rows = await sql.all<{ id: number }>(
    'SELECT account_id AS id FROM account_state WHERE modseq - log_floor > ? LIMIT ?',
    kept + Math.ceil(kept / 8),
    limit,
  );
  return rows.map((row) => row.id);
}

/** Forgets what is older than the last `kept` modseqs of an account, at most `limit` rows; whether there is more. */
export async function pruneChanges(tx: Transaction, accountId: number, kept: number, limit: number): Promise<boolean> {
  const state = await tx.get<{ floor: number; old: number }>(
    `SELECT modseq - CAST(? AS BIGINT) AS floor, (SELECT max(modseq) FROM (SELECT modseq FROM change_log c
       WHERE c.account_id = s.account_id ORDER BY modseq LIMIT ?) AS oldest) AS old
     FROM account_state s WHERE account_id = ?`,
    kept,
    limit,
    accountId,
  );
  if (state === undefined || state.floor <= 0) return false;
  const upTo = Math.min(state.floor, state.old ?? state.floor);
  await tx.run('UPDATE account_state SET log_floor = ? WHERE account_id = ? AND log_floor < ?', upTo, accountId, upTo);
  await tx.run('DELETE FROM change_log WHERE account_id = ? AND modseq <= ?', accountId, upTo);
  return upTo < state.floor;
}
