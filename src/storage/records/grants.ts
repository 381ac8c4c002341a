// Rights of others in a folder (RFC 4314): a row says which letters a grantee has. Grantee 0 stands for everybody who has
// an account. The owner's rights are not written down.
import { GRANTS_MAX } from '../limits.ts';
import type { SqlReader } from '../sql/sql.ts';
import type { Transaction } from '../sql/transaction.ts';
import { logFolder } from './mailboxes.ts';
import type { Folder } from './folder.ts';

/** The grantee that stands for everybody who has an account. */
export const ANYONE_ID = 0;

/** Letters that an account has in somebody else's folder, its own and those of everybody; '' when there are none. */
export async function readRights(sql: SqlReader, folder: Folder, granteeId: number): Promise<string> {
  const rows = await sql.all<{ rights: string }>(
    'SELECT rights FROM mailbox_grant WHERE account_id = ? AND mailbox_id = ? AND (grantee_id = ? OR grantee_id = ?)',
    folder.accountId,
    folder.mailboxId,
    granteeId,
    ANYONE_ID,
  );
  return rows.map((row) => row.rights).join('');
}

export interface SharedFolder {
  readonly accountId: number;
  readonly mailboxId: number;
  readonly name: string;
  readonly selectable: boolean;
  /** Of the owner; null: a public folder. */
  readonly ownerAddress: string | null;
  readonly rights: string;
}

/** Folders of others in which an account has rights, by owner and name; several rows for one folder are possible. */
export async function listShared(sql: SqlReader, granteeId: number): Promise<SharedFolder[]> {
  const rows = await sql.all<Omit<SharedFolder, 'selectable'> & { selectable: number }>(
    `SELECT m.account_id AS "accountId", m.id AS "mailboxId", m.name, m.selectable, a.address AS "ownerAddress", g.rights
     FROM mailbox_grant g JOIN mailbox m ON m.account_id = g.account_id AND m.id = g.mailbox_id
     LEFT JOIN account a ON a.id = g.account_id
     WHERE (g.grantee_id = ? OR g.grantee_id = ?) AND g.account_id <> ? ORDER BY g.account_id, m.name`,
    granteeId,
    ANYONE_ID,
    granteeId,
  );
  return rows.map((row) => ({ ...row, selectable: row.selectable !== 0 }));
}

/** Sets what a grantee has in a folder; '' takes everything away. False: too many have rights there. */
export async function setGrant(tx: Transaction, folder: Folder, granteeId: number, rights: string): Promise<boolean> {
  await tx.run(
    'DELETE FROM mailbox_grant WHERE account_id = ? AND mailbox_id = ? AND grantee_id = ?',
    folder.accountId,
    folder.mailboxId,
    granteeId,
  );
  if (rights !== '') {
    const count = await tx.get<{ n: number }>(
      'SELECT count(*) AS n FROM mailbox_grant WHERE account_id = ? AND mailbox_id = ?',
      folder.accountId,
      folder.mailboxId,
    );
    if ((count?.n ?? 0) >= GRANTS_MAX) return false;
    await tx.run(
      'INSERT INTO mailbox_grant (account_id, mailbox_id, grantee_id, rights) VALUES (?, ?, ?, ?)',
      folder.accountId,
      folder.mailboxId,
      granteeId,
      rights,
    );
  }
  await logFolder(tx, folder.accountId, folder.mailboxId, 'folder-changed');
  tx.effects.accountChanged(granteeId);
  return true;
}
