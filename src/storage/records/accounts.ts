// Accounts: who may sign in, what they may use, and the counters of what they do use. The counters live in a row of
// their own because every delivery changes them.
import { domainKey } from '../../formats/address/domain.ts';
import { localKey } from '../../formats/address/local-part.ts';
import { formatAddrSpec, parseAddrSpec } from '../../formats/address/parse.ts';
import type { SqlReader, SqlValue } from '../sql/sql.ts';
import type { Transaction } from '../sql/transaction.ts';
import { findAddress, findAddressByText } from './addresses.ts';
import { nextNumber } from './counters.ts';
import { findDomain } from './domains.ts';
import { addMailboxes } from './mailboxes.ts';
import { removeAllMessages } from './messages.ts';

export type AccountRole = 'user' | 'administrator';

export interface AccountRecord {
  readonly id: number;
  /** Its primary address, addr-spec text. */
  readonly address: string;
  /** What people call its owner; may be ''. */
  readonly name: string;
  readonly role: AccountRole;
  readonly enabled: boolean;
  /** As the login service writes it; null: no password, so no sign-in with one. */
  readonly passwordHash: string | null;
  /** The SCRAM-SHA-256 verifier as the login service writes it; null until the password was seen. */
  readonly scramSha256: string | null;
  /** null: no limit. */
  readonly quotaBytes: number | null;
  /** What its owner submits is put into Sent. */
  readonly saveSent: boolean;
  readonly createdAtMs: number;
}

export interface AccountUsage {
  readonly usedBytes: number;
  readonly usedMessages: number;
  /** null: no limit. */
  readonly quotaBytes: number | null;
}

export interface NewAccount {
  readonly address: string;
  readonly name?: string;
  /** Default user. */
  readonly role?: AccountRole;
  readonly passwordHash?: string | null;
  readonly scramSha256?: string | null;
  readonly quotaBytes?: number | null;
}

type Changeable = 'name' | 'role' | 'enabled' | 'passwordHash' | 'scramSha256' | 'quotaBytes' | 'saveSent';

export type AccountChanges = Partial<Pick<AccountRecord, Changeable>>;

export type AccountAdded =
  | { readonly kind: 'added'; readonly id: number }
  | { readonly kind: 'exists' | 'domain-unknown' | 'refused' };

interface AccountRow {
  id: number;
  address: string;
  name: string;
  role: AccountRole;
  enabled: number;
  password_hash: string | null;
  scram_sha256: string | null;
  quota_bytes: number | null;
  save_sent: number;
  created_at_ms: number;
}

const COLUMNS = 'id, address, name, role, enabled, password_hash, scram_sha256, quota_bytes, save_sent, created_at_ms';

function toRecord(row: AccountRow): AccountRecord {
  return {
    id: row.id,
    address: row.address,
    name: row.name,
    role: row.role,
    enabled: row.enabled !== 0,
    passwordHash: row.password_hash,
    scramSha256: row.scram_sha256,
    quotaBytes: row.quota_bytes,
    saveSent: row.save_sent !== 0,
    createdAtMs: row.created_at_ms,
  };
}

export async function findAccount(sql: SqlReader, id: number): Promise<AccountRecord | null> {
  const row = await sql.get<AccountRow>(`SELECT ${COLUMNS} FROM account WHERE id = ?`, id);
  return row === undefined ? null : toRecord(row);
}

/** The account whose own address this is, in any spelling, through an alias domain too; aliases are not followed. */
export async function findAccountByAddress(sql: SqlReader, address: string): Promise<AccountRecord | null> {
  const found = await findAddressByText(sql, address);
  return found?.accountId == null ? null : await findAccount(sql, found.accountId);
}

/** The account that a domain names as its administrator; null when it names none. */
export async function findDomainAdministrator(sql: SqlReader, domainId: number): Promise<AccountRecord | null> {
  const row = await sql.get<AccountRow>(
    `SELECT ${COLUMNS} FROM account WHERE id = (SELECT administrator_id FROM domain WHERE id = ?)`,
    domainId,
  );
  return row === undefined ? null : toRecord(row);
}

/** The enabled administrator who has been there longest, else the oldest enabled account, else the oldest. */
export async function findFirstAdministrator(sql: SqlReader): Promise<AccountRecord | null> {
  const row = await sql.get<AccountRow>(
    `SELECT ${COLUMNS} FROM account ORDER BY CASE WHEN enabled = 0 THEN 2 WHEN role = 'administrator' THEN 0 ELSE 1 END, id LIMIT 1`,
  );
  return row === undefined ? null : toRecord(row);
}

/** Accounts in the order of ids after `after` (0: from the start), at most `limit`. */
export async function listAccounts(sql: SqlReader, after: number, limit: number): Promise<AccountRecord[]> {
  const rows = await sql.all<AccountRow>(
    `SELECT ${COLUMNS} FROM account WHERE id > ? ORDER BY id LIMIT ?`,
    after,
    limit,
  );
  return rows.map(toRecord);
}

/** Enabled accounts with a password but without a SCRAM verifier: while there is one, SCRAM cannot be offered to all. */
export async function countAccountsWithoutScram(sql: SqlReader): Promise<number> {
  const row = await sql.get<{ n: number }>(
    'SELECT count(*) AS n FROM account WHERE enabled = 1 AND password_hash IS NOT NULL AND scram_sha256 IS NULL',
  );
  return row?.n ?? 0;
}

/** What an account uses; null when there is no such account. */
export async function readUsage(sql: SqlReader, id: number): Promise<AccountUsage | null> {
  const row = await sql.get<{ used_bytes: number; used_messages: number; quota_bytes: number | null }>(
    `SELECT used_bytes, used_messages, quota_bytes FROM account_state JOIN account ON id = account_id
     WHERE account_id = ?`,
    id,
  );
  if (row === undefined) return null;
  return { usedBytes: row.used_bytes, usedMessages: row.used_messages, quotaBytes: row.quota_bytes };
}

/** Adds an account with its first address and its folders. */
export async function addAccount(tx: Transaction, account: NewAccount): Promise<AccountAdded> {
  const parsed = parseAddrSpec(account.address);
  if (parsed === null || parsed.domain === '') return { kind: 'refused' };
  const domain = await findDomain(tx, domainKey(parsed.domain));
  if (domain === null || domain.kind !== 'local') return { kind: 'domain-unknown' };
  const key = localKey(parsed.localPart);
  if ((await findAddress(tx, domain.id, key)) !== null) return { kind: 'exists' };
  const address = formatAddrSpec(parsed);
  const id = await nextNumber(tx, 'account', 1);
  await tx.run(
    `INSERT INTO account (${COLUMNS}) VALUES (?, ?, ?, ?, 1, ?, ?, ?, 0, ?)`,
    id,
    address,
    account.name ?? '',
    account.role ?? 'user',
    account.passwordHash ?? null,
    account.scramSha256 ?? null,
    account.quotaBytes ?? null,
    tx.nowMs,
  );
  await tx.run(
    `INSERT INTO address (domain_id, local_key, address, kind, account_id, enabled, send_as, targets)
     VALUES (?, ?, ?, 'account', ?, 1, 1, NULL)`,
    domain.id,
    key,
    address,
    id,
  );
  await tx.run(
    `INSERT INTO account_state (account_id, used_bytes, used_messages, modseq, next_mailbox_id) VALUES (?, 0, 0, 1, 1)`,
    id,
  );
  await addMailboxes(tx, id);
  tx.effects.directoryChanged();
  return { kind: 'added', id };
}

/** Changes what is given; false when there is no such account. */
export async function changeAccount(tx: Transaction, id: number, changes: AccountChanges): Promise<boolean> {
  const sets: [string, SqlValue][] = [];
  if (changes.name !== undefined) sets.push(['name', changes.name]);
  if (changes.role !== undefined) sets.push(['role', changes.role]);
  if (changes.enabled !== undefined) sets.push(['enabled', changes.enabled ? 1 : 0]);
  if (changes.passwordHash !== undefined) sets.push(['password_hash', changes.passwordHash]);
  if (changes.scramSha256 !== undefined) sets.push(['scram_sha256', changes.scramSha256]);
  if (changes.quotaBytes !== undefined) sets.push(['quota_bytes', changes.quotaBytes]);
  if (changes.saveSent !== undefined) sets.push(['save_sent', changes.saveSent ? 1 : 0]);
  if (sets.length === 0) return (await findAccount(tx, id)) !== null;
  const { changes: count } = await tx.run(
    `UPDATE account SET ${sets.map(([column]) => `${column} = ?`).join(', ')} WHERE id = ?`,
    ...sets.map(([, value]) => value),
    id,
  );
  tx.effects.accountChanged(id);
  tx.effects.directoryChanged();
  return count > 0;
}

/** Stores better credentials while `replacedHash` is still what is stored; false when the password changed meanwhile. */
export async function upgradePassword(
  tx: Transaction,
  id: number,
  replacedHash: string,
  credentials: { readonly passwordHash: string; readonly scramSha256: string | null },
): Promise<boolean> {
  const { changes } = await tx.run(
    'UPDATE account SET password_hash = ?, scram_sha256 = ? WHERE id = ? AND password_hash = ?',
    credentials.passwordHash,
    credentials.scramSha256,
    id,
    replacedHash,
  );
  if (changes > 0) tx.effects.directoryChanged();
  return changes > 0;
}

/** Removes an account with its addresses, grants, folders and messages; its id is not given out again. */
export async function removeAccount(tx: Transaction, id: number): Promise<'removed' | 'unknown'> {
  if ((await findAccount(tx, id)) === null) return 'unknown';
  await removeAllMessages(tx, id);
  for (const table of ['change_log', 'mailbox', 'address', 'send_grant', 'account_state'])
    await tx.run(`DELETE FROM ${table} WHERE account_id = ?`, id);
  await tx.run('UPDATE domain SET administrator_id = NULL WHERE administrator_id = ?', id);
  await tx.run('DELETE FROM account WHERE id = ?', id);
  tx.effects.accountChanged(id);
  tx.effects.directoryChanged();
  return 'removed';
}
