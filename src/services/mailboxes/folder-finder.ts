// Finds the folder that a name means for a viewer, with the rights that the viewer has there (RFC 4314). A folder without
// the right to see it is not there.
import { MailError } from '../../base/errors/mail-error.ts';
import { findAccountByAddress } from '../../storage/records/accounts.ts';
import { readRights } from '../../storage/records/grants.ts';
import { findMailboxByName, type MailboxRecord } from '../../storage/records/mailboxes.ts';
import type { SqlReader } from '../../storage/sql/sql.ts';
import { splitFolderName } from './folder-names.ts';
import type { Viewer } from './mail-parts.ts';

/** RFC 4314 §2.1, all letters. */
export const ALL_RIGHTS = 'lrswipkxtea';
/** Owner of the public folders. */
export const PUBLIC_ACCOUNT_ID = 0;

/** A folder as a viewer meets it. */
export interface FoundFolder {
  /** null: there is no folder of this name (yet). */
  readonly record: MailboxRecord | null;
  readonly ownerId: number;
  /** The name in its owner's account. */
  readonly ownName: string;
  /** Letters; of a folder that is not there those of the folder above it. */
  readonly rights: string;
}

/** A folder that is there. */
export interface SeenFolder extends FoundFolder {
  readonly record: MailboxRecord;
}

/** What a name means; null: nothing that could ever be there. */
export async function lookUpFolder(sql: SqlReader, viewer: Viewer, name: string): Promise<FoundFolder | null> {
  const path = splitFolderName(name);
  if (path.kind === 'root') return null;
  if (path.kind === 'public') return await lookUpShared(sql, viewer, PUBLIC_ACCOUNT_ID, path.name);
  if (path.kind === 'own') {
    const record = await findMailboxByName(sql, viewer.accountId, path.name);
    return { record, ownerId: viewer.accountId, ownName: path.name, rights: ALL_RIGHTS };
  }
  const owner = await findAccountByAddress(sql, path.address);
  return owner === null ? null : await lookUpShared(sql, viewer, owner.id, path.name);
}

async function lookUpShared(sql: SqlReader, viewer: Viewer, ownerId: number, name: string): Promise<FoundFolder> {
  const record = await findMailboxByName(sql, ownerId, name);
  if (ownerId === viewer.accountId || (ownerId === PUBLIC_ACCOUNT_ID && viewer.administrator))
    return { record, ownerId, ownName: name, rights: ALL_RIGHTS };
  let rights = '';
  for (let at = name; at !== ''; at = at.slice(0, Math.max(0, at.lastIndexOf('/')))) {
    const box = at === name ? record : await findMailboxByName(sql, ownerId, at);
    if (box === null) continue;
    rights = await readRights(sql, { accountId: ownerId, mailboxId: box.id }, viewer.accountId);
    break;
  }
  return { record, ownerId, ownName: name, rights };
}

/** The folder of this name; throws mailbox-unknown, or permission-denied when one of `rights` is missing. */
export async function requireFolder(sql: SqlReader, viewer: Viewer, name: string, rights: string): Promise<SeenFolder> {
  const found = await lookUpFolder(sql, viewer, name);
  if (found === null || found.record === null || !/[lr]/u.test(found.rights)) throw folderUnknown();
  requireRights(found.rights, rights);
  return { ...found, record: found.record };
}

/** Throws permission-denied unless all of `wanted` are among `rights`. */
export function requireRights(rights: string, wanted: string): void {
  for (const right of wanted)
    if (!rights.includes(right))
      throw new MailError('permission-denied', 'You do not have the right to do this in this mailbox', {
        temporary: false,
      });
}

export function folderUnknown(): MailError {
  return new MailError('mailbox-unknown', 'There is no such mailbox', { temporary: false });
}
