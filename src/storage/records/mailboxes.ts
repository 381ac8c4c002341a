// Folders of an account. Ids and UIDVALIDITY values are never given out twice, so a folder that was removed and made
// again is another folder to every client (RFC 9051 §2.3.1.1).
import type { SqlReader } from '../sql/sql.ts';
import type { Transaction } from '../sql/transaction.ts';
import { nextNumber } from './counters.ts';

/** RFC 6154 roles in lower case; null: an ordinary folder. */
export type MailboxRole = 'inbox' | 'drafts' | 'sent' | 'junk' | 'trash' | 'archive' | null;

export interface MailboxRecord {
  readonly accountId: number;
  /** Unique in its account. */
  readonly id: number;
  readonly name: string;
  readonly role: MailboxRole;
  readonly uidValidity: number;
  readonly uidNext: number;
  readonly subscribed: boolean;
}

interface MailboxRow {
  account_id: number;
  id: number;
  name: string;
  role: MailboxRole;
  uid_validity: number;
  uid_next: number;
  subscribed: number;
}

const COLUMNS = 'account_id, id, name, role, uid_validity, uid_next, subscribed';

const FIRST_MAILBOXES: readonly (readonly [string, MailboxRole])[] = [
  ['INBOX', 'inbox'],
  ['Drafts', 'drafts'],
  ['Sent', 'sent'],
  ['Junk', 'junk'],
  ['Trash', 'trash'],
  ['Archive', 'archive'],
];

function toRecord(row: MailboxRow): MailboxRecord {
  return {
    accountId: row.account_id,
    id: row.id,
    name: row.name,
    role: row.role,
    uidValidity: row.uid_validity,
    uidNext: row.uid_next,
    subscribed: row.subscribed !== 0,
  };
}

/** The folders of an account, in the order of their ids (INBOX first). */
export async function listMailboxes(sql: SqlReader, accountId: number): Promise<MailboxRecord[]> {
  const rows = await sql.all<MailboxRow>(`SELECT ${COLUMNS} FROM mailbox WHERE account_id = ? ORDER BY id`, accountId);
  return rows.map(toRecord);
}

/** The folder with this name (INBOX in any case), or with this role; null when there is none. */
export async function findMailbox(
  sql: SqlReader,
  accountId: number,
  nameOrRole: string,
): Promise<MailboxRecord | null> {
  const name = nameOrRole.toUpperCase() === 'INBOX' ? 'INBOX' : nameOrRole;
  const row =
    (await sql.get<MailboxRow>(`SELECT ${COLUMNS} FROM mailbox WHERE account_id = ? AND name = ?`, accountId, name)) ??
    (await sql.get<MailboxRow>(
      `SELECT ${COLUMNS} FROM mailbox WHERE account_id = ? AND role = ? ORDER BY id LIMIT 1`,
      accountId,
      nameOrRole.toLowerCase(),
    ));
  return row === undefined ? null : toRecord(row);
}

/** Makes the folders that every account starts with. */
export async function addMailboxes(tx: Transaction, accountId: number): Promise<void> {
  for (const [name, role] of FIRST_MAILBOXES) await insertMailbox(tx, accountId, name, role);
}

/** Adds a folder; 'exists' when the name is taken. */
export async function addMailbox(
  tx: Transaction,
  accountId: number,
  name: string,
): Promise<{ readonly kind: 'added'; readonly id: number } | { readonly kind: 'exists' }> {
  const taken = await tx.get('SELECT 1 AS taken FROM mailbox WHERE account_id = ? AND name = ?', accountId, name);
  if (taken !== undefined) return { kind: 'exists' };
  const id = await insertMailbox(tx, accountId, name, null);
  tx.effects.accountChanged(accountId);
  return { kind: 'added', id };
}

async function insertMailbox(tx: Transaction, accountId: number, name: string, role: MailboxRole): Promise<number> {
  const state = await tx.get<{ id: number }>(
    `UPDATE account_state SET next_mailbox_id = next_mailbox_id + 1 WHERE account_id = ?
     RETURNING next_mailbox_id - 1 AS id`,
    accountId,
  );
  const id = state?.id ?? 0;
  const uidValidity = await nextNumber(tx, 'uid-validity', Math.floor(tx.nowMs / 1000));
  await tx.run(`INSERT INTO mailbox (${COLUMNS}) VALUES (?, ?, ?, ?, ?, 1, 1)`, accountId, id, name, role, uidValidity);
  return id;
}
