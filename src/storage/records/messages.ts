// Messages in folders: one narrow row each, with its flags and modseq. Octets are shared by all copies; what an account
// has of the message besides (prefix, envelope …) is its email row. Sizes count the prefix.
import type { BlobPlace } from '../blob-place.ts';
import type { PlacedMessage } from '../commit-unit.ts';
import type { Description } from '../described-message.ts';
import { STORED_ONCE_MESSAGES, STORED_ONCE_MS, SWEEP_AT_ONCE_MAX, UIDL_MAX_OCTETS } from '../limits.ts';
import { mergeRanges, type NumberSet } from '../../formats/number-set.ts';
import type { SqlReader } from '../sql/sql.ts';
import type { Transaction } from '../sql/transaction.ts';
import { addEmail, removeAllEmails, sweepEmails } from './emails.ts';
import type { Folder } from './folder.ts';
import { DELETED_BIT, SEEN_BIT, takeFlagBits } from './keywords.ts';
import { removeSet } from './message-sets.ts';

export interface NewMessage extends Description {
  readonly accountId: number;
  readonly mailboxId: number;
  readonly blobId: number;
  /** Octets of the shared record. */
  readonly recordLength: number;
  readonly prefix: Uint8Array;
  readonly internalDateMs: number;
  /** Of the internal date, minutes east of UTC. */
  readonly zoneMinutes: number;
  readonly flags: readonly string[];
  /** Given by an import; kept if it may be (RFC 1939 §7) and is not taken. Absent: the house makes one. */
  readonly uidl?: string;
}

export interface MessageRecord {
  readonly uid: number;
  /** Prefix and record. */
  readonly size: number;
  readonly internalDateMs: number;
  /** RFC 1939 §7: unique in its folder, for ever. */
  readonly uidl: string;
  /** Return-Path and Delivered-To, in front of the record. */
  readonly prefix: Uint8Array;
  readonly place: BlobPlace;
}

export type MessageSummary = Pick<MessageRecord, 'uid' | 'size' | 'uidl'>;

interface MessageRow {
  uid: number;
  size: number;
  internal_date_ms: number;
  uidl: string | null;
  prefix: Uint8Array;
  id: number;
  segment: number;
  position: number;
  length: number;
}

const READ = `SELECT m.uid, m.size, m.internal_date_ms, g.uidl, e.prefix, b.id, b.segment, b.position, b.length
  FROM message m JOIN email e ON e.account_id = m.account_id AND e.id = m.email_id JOIN blob b ON b.id = m.email_id
  LEFT JOIN given_uidl g ON g.account_id = m.account_id AND g.mailbox_id = m.mailbox_id AND g.uid = m.uid
  WHERE m.account_id = ? AND m.mailbox_id = ?`;

function toRecord(row: MessageRow): MessageRecord {
  return {
    uid: row.uid,
    size: row.size,
    internalDateMs: row.internal_date_ms,
    uidl: row.uidl ?? makeUidl(row.id, row.uid),
    prefix: row.prefix,
    place: { id: row.id, segment: row.segment, offset: row.position, length: row.length },
  };
}

/** Messages of a folder with uids after `afterUid`, in their order, at most `limit`. */
export async function listMessages(
  sql: SqlReader,
  folder: Folder,
  afterUid: number,
  limit: number,
): Promise<MessageRecord[]> {
  const rows = await sql.all<MessageRow>(
    `${READ} AND m.uid > ? ORDER BY m.uid LIMIT ?`,
    folder.accountId,
    folder.mailboxId,
    afterUid,
    limit,
  );
  return rows.map(toRecord);
}

/** Like `listMessages`, without what only reading a message needs. */
export async function listSummaries(
  sql: SqlReader,
  folder: Folder,
  afterUid: number,
  limit: number,
): Promise<MessageSummary[]> {
  const rows = await sql.all<{ uid: number; size: number; email_id: number; uidl: string | null }>(
    `SELECT m.uid, m.size, m.email_id, g.uidl FROM message m
     LEFT JOIN given_uidl g ON g.account_id = m.account_id AND g.mailbox_id = m.mailbox_id AND g.uid = m.uid
     WHERE m.account_id = ? AND m.mailbox_id = ? AND m.uid > ? ORDER BY m.uid LIMIT ?`,
    folder.accountId,
    folder.mailboxId,
    afterUid,
    limit,
  );
  return rows.map(({ uid, size, email_id, uidl }) => ({ uid, size, uidl: uidl ?? makeUidl(email_id, uid) }));
}

/** One message; null when it is not there (any more). */
export async function findMessage(sql: SqlReader, folder: Folder, uid: number): Promise<MessageRecord | null> {
  const row = await sql.get<MessageRow>(`${READ} AND m.uid = ?`, folder.accountId, folder.mailboxId, uid);
  return row === undefined ? null : toRecord(row);
}

/** The house's UIDL of a message: from what never changes about it, so restoring and moving house keep it. */
function makeUidl(blobId: number, uid: number): string {
  return `${blobId.toString(36)}.${uid.toString(36)}`;
}

/** Whether a given UIDL may be kept, RFC 1939 §7: 1 to 70 octets from 0x21 to 0x7E. */
function isUidl(text: string): boolean {
  return text.length <= UIDL_MAX_OCTETS && /^[\x21-\x7e]+$/.test(text);
}

/** Puts a message into a folder; its uid, or null when the folder or the account is gone. `isFirst`: of this blob, in this account. */
export async function addMessage(tx: Transaction, message: NewMessage, isFirst = true): Promise<number | null> {
  const { accountId, mailboxId, blobId } = message;
  const size = message.recordLength + message.prefix.length;
  const bits = await takeFlagBits(tx, accountId, message.flags);
  const numbers = await tx.numbers.takeNumbers(accountId, mailboxId, {
    bytes: size,
    unseen: bits.flags & SEEN_BIT ? 0 : 1,
    deleted: bits.flags & DELETED_BIT ? 1 : 0,
  });
  if (numbers === null) return null;
  const { uid, modSeq } = numbers;
  const threadId = isFirst
    ? await addEmail(tx, { ...message, id: blobId })
    : ((await findThread(tx, accountId, blobId)) ?? blobId);
  await tx.add(
    `INSERT INTO message (account_id, mailbox_id, uid, email_id, thread_id, flags, keywords, modseq, size,
       internal_date_ms, zone_minutes, saved_at_ms) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    accountId,
    mailboxId,
    uid,
    blobId,
    threadId,
    bits.flags,
    bits.keywords,
    modSeq,
    size,
    message.internalDateMs,
    message.zoneMinutes,
    tx.nowMs,
  );
  await keepUidl(tx, message, uid);
  tx.effects.accountChanged(accountId);
  return uid;
}

async function findThread(sql: SqlReader, accountId: number, emailId: number): Promise<number | null> {
  const row = await sql.get<{ thread_id: number }>(
    'SELECT thread_id FROM email WHERE account_id = ? AND id = ?',
    accountId,
    emailId,
  );
  return row?.thread_id ?? null;
}

/** Keeps the UIDL that came with an import, if it may be kept. */
async function keepUidl(tx: Transaction, message: NewMessage, uid: number): Promise<void> {
  const { uidl, accountId, mailboxId } = message;
  if (uidl === undefined || !isUidl(uidl)) return;
  await tx.run(
    'INSERT INTO given_uidl (account_id, mailbox_id, uid, uidl) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING',
    accountId,
    mailboxId,
    uid,
    uidl,
  );
}

/** A message with the same Message-ID among the last that came into the folder, not long ago; null when there is none. */
export async function findStored(
  tx: Transaction,
  accountId: number,
  mailboxId: number,
  messageIds: string,
): Promise<PlacedMessage | null> {
  const messageId = messageIds.split(' ', 1)[0] ?? '';
  if (messageId === '') return null;
  const rows = await tx.all<{ uid: number; message_ids: string | null }>(
    `SELECT m.uid, e.message_ids FROM message m JOIN email e ON e.account_id = m.account_id AND e.id = m.email_id
     WHERE m.account_id = ? AND m.mailbox_id = ? AND m.saved_at_ms > ? ORDER BY m.uid DESC LIMIT ?`,
    accountId,
    mailboxId,
    tx.nowMs - STORED_ONCE_MS,
    STORED_ONCE_MESSAGES,
  );
  const found = rows.find((row) => row.message_ids?.split(' ', 1)[0] === messageId);
  return found === undefined ? null : { mailboxId, uid: found.uid };
}

/** Removes messages for ever; those that are gone already are no error. How many went. */
export async function expungeMessages(
  tx: Transaction,
  accountId: number,
  mailboxId: number,
  uids: readonly number[],
): Promise<number> {
  const set: NumberSet = mergeRanges(uids.map((uid) => [uid, uid] as const));
  const { count } = await removeSet(tx, { accountId, mailboxId }, set, { onlyDeleted: false });
  if (count > 0 && count <= SWEEP_AT_ONCE_MAX) await sweepEmails(tx, accountId, count);
  return count;
}

/** Removes everything in every folder of an account. */
export async function removeAllMessages(tx: Transaction, accountId: number): Promise<void> {
  await removeAllEmails(tx, accountId);
  for (const table of ['message', 'given_uidl', 'keyword', 'subscription', 'mailbox_grant', 'annotation'])
    await tx.run(`DELETE FROM ${table} WHERE account_id = ?`, accountId);
  await tx.run('DELETE FROM mailbox_grant WHERE grantee_id = ?', accountId);
  await tx.run('DELETE FROM annotation WHERE viewer_id = ?', accountId);
}
