// Folders of an account. Ids and UIDVALIDITY values are never given out twice, so a folder that was removed and made
// again is another folder to every client (RFC 9051 §2.3.1.1).
import type { SqlReader } from '../sql/sql.ts';
import type { Transaction } from '../sql/transaction.ts';
import { NUMBER_MAX } from '../../formats/number-set.ts';
import { MAILBOXES_MAX, SUBSCRIPTIONS_MAX, SWEEP_AT_ONCE_MAX } from '../limits.ts';
import { logChange, nextModSeq } from './changes.ts';
import { nextNumber } from './counters.ts';
import { sweepEmails } from './emails.ts';
import { moveMessages } from './message-copies.ts';
import { removeSet } from './message-sets.ts';

/** RFC 6154 roles in lower case; null: an ordinary folder. */
export type MailboxRole = 'inbox' | 'drafts' | 'sent' | 'junk' | 'trash' | 'archive' | null;

export interface MailboxRecord {
  readonly accountId: number;
  /** Unique in its account. */
  readonly id: number;
  /** The whole path, '/' between. */
  readonly name: string;
  readonly role: MailboxRole;
  /** False: only a name with others below it. */
  readonly selectable: boolean;
  readonly uidValidity: number;
  readonly uidNext: number;
  /** Uids below it were told to a session as \Recent. */
  readonly recentUid: number;
  readonly highestModSeq: number;
  readonly messages: number;
  readonly bytes: number;
  readonly unseen: number;
  readonly deleted: number;
  readonly deletedBytes: number;
}

interface MailboxRow extends Omit<MailboxRecord, 'selectable'> {
  readonly selectable: number;
}

const COLUMNS = `account_id AS "accountId", id, name, role, selectable, uid_validity AS "uidValidity",
  uid_next AS "uidNext", recent_uid AS "recentUid", highest_modseq AS "highestModSeq", messages, bytes, unseen, deleted,
  deleted_bytes AS "deletedBytes"`;

const FIRST_MAILBOXES: readonly (readonly [string, MailboxRole])[] = [
  ['INBOX', 'inbox'],
  ['Drafts', 'drafts'],
  ['Sent', 'sent'],
  ['Junk', 'junk'],
  ['Trash', 'trash'],
  ['Archive', 'archive'],
];

function toRecord(row: MailboxRow): MailboxRecord {
  return { ...row, selectable: row.selectable !== 0 };
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

/** The folder with this id; null when there is none. */
export async function readMailbox(sql: SqlReader, accountId: number, id: number): Promise<MailboxRecord | null> {
  const row = await sql.get<MailboxRow>(
    `SELECT ${COLUMNS} FROM mailbox WHERE account_id = ? AND id = ?`,
    accountId,
    id,
  );
  return row === undefined ? null : toRecord(row);
}

/** Makes the folders that every account starts with, subscribed. */
export async function addMailboxes(tx: Transaction, accountId: number): Promise<void> {
  for (const [name, role] of FIRST_MAILBOXES) {
    await insertMailbox(tx, accountId, name, role);
    await setSubscribed(tx, accountId, name, true);
  }
}

export type MailboxAdded = { readonly kind: 'added'; readonly id: number } | { readonly kind: 'exists' | 'too-many' };

/**
 * Adds a folder and those above it that are missing; 'exists' when the name is taken. One that was only a name becomes a
 * folder again, with a UIDVALIDITY of its own.
 */
export async function addMailbox(
  tx: Transaction,
  accountId: number,
  name: string,
  role: MailboxRole = null,
): Promise<MailboxAdded> {
  const known = await findMailboxByName(tx, accountId, name);
  if (known !== null && known.selectable) return { kind: 'exists' };
  const count = await tx.get<{ n: number }>('SELECT count(*) AS n FROM mailbox WHERE account_id = ?', accountId);
  const parents = parentsOf(name);
  if ((count?.n ?? 0) + parents.length >= MAILBOXES_MAX) return { kind: 'too-many' };
  for (const parent of parents)
    if ((await findMailboxByName(tx, accountId, parent)) === null) await insertMailbox(tx, accountId, parent, null);
  if (role !== null) await tx.run('UPDATE mailbox SET role = NULL WHERE account_id = ? AND role = ?', accountId, role);
  if (known === null) return { kind: 'added', id: await insertMailbox(tx, accountId, name, role) };
  await tx.run(
    'UPDATE mailbox SET selectable = 1, role = ?, uid_validity = ?, uid_next = 1, recent_uid = 1 WHERE account_id = ? AND id = ?',
    role,
    await nextUidValidity(tx),
    accountId,
    known.id,
  );
  await logFolder(tx, accountId, known.id, 'folder-changed');
  return { kind: 'added', id: known.id };
}

/** 'a/b/c': 'a', 'a/b'. */
function parentsOf(name: string): string[] {
  const parts = name.split('/');
  return parts.slice(1).map((_, index) => parts.slice(0, index + 1).join('/'));
}

/** By its exact name. */
export async function findMailboxByName(
  sql: SqlReader,
  accountId: number,
  name: string,
): Promise<MailboxRecord | null> {
  const row = await sql.get<MailboxRow>(
    `SELECT ${COLUMNS} FROM mailbox WHERE account_id = ? AND name = ?`,
    accountId,
    name,
  );
  return row === undefined ? null : toRecord(row);
}

async function nextUidValidity(tx: Transaction): Promise<number> {
  return await nextNumber(tx, 'uid-validity', Math.floor(tx.nowMs / 1000));
}

async function insertMailbox(tx: Transaction, accountId: number, name: string, role: MailboxRole): Promise<number> {
  const state = await tx.get<{ id: number }>(
    `UPDATE account_state SET next_mailbox_id = next_mailbox_id + 1 WHERE account_id = ?
     RETURNING next_mailbox_id - 1 AS id`,
    accountId,
  );
  const id = state?.id ?? 0;
  await tx.run(
    'INSERT INTO mailbox (account_id, id, name, role, uid_validity, uid_next) VALUES (?, ?, ?, ?, ?, 1)',
    accountId,
    id,
    name,
    role,
    await nextUidValidity(tx),
  );
  // Rights are those of the folder above (RFC 4314 §5.1.1 leaves it to us).
  const slash = name.lastIndexOf('/');
  if (slash > 0)
    await tx.run(
      `INSERT INTO mailbox_grant (account_id, mailbox_id, grantee_id, rights)
       SELECT g.account_id, ?, g.grantee_id, g.rights FROM mailbox_grant g
       JOIN mailbox m ON m.account_id = g.account_id AND m.id = g.mailbox_id WHERE m.account_id = ? AND m.name = ?`,
      id,
      accountId,
      name.slice(0, slash),
    );
  await logFolder(tx, accountId, id, 'folder-added');
  return id;
}

/** Writes down that a folder itself changed. */
export async function logFolder(
  tx: Transaction,
  accountId: number,
  mailboxId: number,
  kind: 'folder-added' | 'folder-changed' | 'folder-removed',
): Promise<void> {
  const modSeq = (await nextModSeq(tx, accountId)) ?? 0;
  await logChange(tx, accountId, { modSeq, mailboxId, kind, uids: '' });
}

export type MailboxRemoved = 'removed' | 'unknown' | 'has-children';

/**
 * Removes a folder with its messages. While others are below it, its name stays (RFC 9051 §6.3.5); a mere name with
 * others below it cannot be removed.
 */
export async function removeMailbox(tx: Transaction, accountId: number, id: number): Promise<MailboxRemoved> {
  const box = await readMailbox(tx, accountId, id);
  if (box === null) return 'unknown';
  const child = await tx.get(
    'SELECT 1 AS child FROM mailbox WHERE account_id = ? AND substr(name, 1, ?) = ? LIMIT 1',
    accountId,
    box.name.length + 1,
    `${box.name}/`,
  );
  if (child !== undefined && !box.selectable) return 'has-children';
  const { count } = await removeSet(tx, { accountId, mailboxId: id }, [1, NUMBER_MAX], { onlyDeleted: false });
  if (count > 0 && count <= SWEEP_AT_ONCE_MAX) await sweepEmails(tx, accountId, count);
  for (const table of ['mailbox_grant', 'annotation'])
    await tx.run(`DELETE FROM ${table} WHERE account_id = ? AND mailbox_id = ?`, accountId, id);
  if (child === undefined) await tx.run('DELETE FROM mailbox WHERE account_id = ? AND id = ?', accountId, id);
  else await tx.run('UPDATE mailbox SET selectable = 0, role = NULL WHERE account_id = ? AND id = ?', accountId, id);
  await logFolder(tx, accountId, id, child === undefined ? 'folder-removed' : 'folder-changed');
  return 'removed';
}

export type MailboxRenamed = 'renamed' | 'unknown' | 'exists' | 'inside-itself' | 'too-many';

/**
 * Gives a folder, and those below it, another name; ids and UIDVALIDITY stay. Folders above the new name are made. INBOX
 * itself stays and its messages move (RFC 9051 §6.3.6).
 */
export async function renameMailbox(
  tx: Transaction,
  accountId: number,
  id: number,
  name: string,
): Promise<MailboxRenamed> {
  const box = await readMailbox(tx, accountId, id);
  if (box === null) return 'unknown';
  if ((await findMailboxByName(tx, accountId, name)) !== null) return 'exists';
  if (name.startsWith(`${box.name}/`) && box.name !== 'INBOX') return 'inside-itself';
  if (box.name === 'INBOX') {
    const added = await addMailbox(tx, accountId, name);
    if (added.kind !== 'added') return added.kind;
    await moveMessages(tx, { accountId, mailboxId: id }, [1, NUMBER_MAX], { accountId, mailboxId: added.id });
    return 'renamed';
  }
  for (const parent of parentsOf(name))
    if ((await findMailboxByName(tx, accountId, parent)) === null) await insertMailbox(tx, accountId, parent, null);
  const moved = await tx.all<{ id: number }>(
    `UPDATE mailbox SET name = CAST(? AS TEXT) || substr(name, ?)
     WHERE account_id = ? AND (id = ? OR substr(name, 1, ?) = ?) RETURNING id`,
    name,
    box.name.length + 1,
    accountId,
    id,
    box.name.length + 1,
    `${box.name}/`,
  );
  const modSeq = (await nextModSeq(tx, accountId)) ?? 0;
  for (const each of moved)
    await logChange(tx, accountId, { modSeq, mailboxId: each.id, kind: 'folder-changed', uids: '' });
  return 'renamed';
}

/** Adds or removes a subscription; the name need not be a folder's (RFC 9051 §6.3.7). False: there are too many. */
export async function setSubscribed(
  tx: Transaction,
  accountId: number,
  name: string,
  subscribed: boolean,
): Promise<boolean> {
  if (!subscribed) {
    await tx.run('DELETE FROM subscription WHERE account_id = ? AND name = ?', accountId, name);
    return true;
  }
  const count = await tx.get<{ n: number }>('SELECT count(*) AS n FROM subscription WHERE account_id = ?', accountId);
  if ((count?.n ?? 0) >= SUBSCRIPTIONS_MAX) return false;
  await tx.run('INSERT INTO subscription (account_id, name) VALUES (?, ?) ON CONFLICT DO NOTHING', accountId, name);
  return true;
}

/** The names that an account is subscribed to. */
export async function listSubscriptions(sql: SqlReader, accountId: number): Promise<string[]> {
  const rows = await sql.all<{ name: string }>(
    'SELECT name FROM subscription WHERE account_id = ? ORDER BY name',
    accountId,
  );
  return rows.map((row) => row.name);
}

/** Every message that is there now counts as told to a session as \Recent; from which uid on none was before. */
export async function claimRecent(tx: Transaction, accountId: number, id: number, uidNext: number): Promise<number> {
  const row = await tx.get<{ recent: number }>(
    'SELECT recent_uid AS recent FROM mailbox WHERE account_id = ? AND id = ?',
    accountId,
    id,
  );
  const from = row?.recent ?? uidNext;
  if (from < uidNext)
    await tx.run('UPDATE mailbox SET recent_uid = ? WHERE account_id = ? AND id = ?', uidNext, accountId, id);
  return from;
}
