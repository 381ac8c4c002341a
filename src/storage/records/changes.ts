// The change log of an account: what each modseq did, as uid ranges, so that a client or the search index can catch up
// without reading every row (RFC 7162).
import type { SqlReader } from '../sql/sql.ts';
import type { Transaction } from '../sql/transaction.ts';

/** The last three are about the folder itself. */
export type ChangeKind = 'added' | 'flags' | 'expunged' | 'folder-added' | 'folder-changed' | 'folder-removed';

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
