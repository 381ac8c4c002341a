// Messages in folders: an immutable row each, and a narrow one for flags and modseq. The octets are shared by all
// copies; what differs by recipient (Return-Path, Delivered-To) is the row's prefix, and sizes count it.
import type { BlobPlace } from '../blob-place.ts';
import { UIDL_MAX_OCTETS } from '../limits.ts';
import type { SqlReader } from '../sql/sql.ts';
import type { Transaction } from '../sql/transaction.ts';
import { releaseBlob } from './blobs.ts';
import { formatUidRanges, logChange, nextModSeq } from './changes.ts';

/** System flags, RFC 9051 §2.3.2, as bits of one column. */
export const SYSTEM_FLAGS: Readonly<Record<string, number>> = {
  '\\seen': 1,
  '\\answered': 2,
  '\\flagged': 4,
  '\\deleted': 8,
  '\\draft': 16,
};

export interface NewMessage {
  readonly accountId: number;
  readonly mailboxId: number;
  readonly blobId: number;
  /** Octets of the shared record. */
  readonly recordLength: number;
  readonly prefix: Uint8Array;
  readonly internalDateMs: number;
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
  uidl: string;
  prefix: Uint8Array;
  id: number;
  segment: number;
  position: number;
  length: number;
}

const READ = `SELECT m.uid, m.size, m.internal_date_ms, m.uidl, m.prefix, b.id, b.segment, b.position, b.length
  FROM message m JOIN blob b ON b.id = m.blob_id WHERE m.account_id = ? AND m.mailbox_id = ?`;

function toRecord(row: MessageRow): MessageRecord {
  return {
    uid: row.uid,
    size: row.size,
    internalDateMs: row.internal_date_ms,
    uidl: row.uidl,
    prefix: row.prefix,
    place: { id: row.id, segment: row.segment, offset: row.position, length: row.length },
  };
}

/** Messages of a folder with uids after `afterUid`, in their order, at most `limit`. */
export async function listMessages(
  sql: SqlReader,
  folder: { readonly accountId: number; readonly mailboxId: number },
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
  folder: { readonly accountId: number; readonly mailboxId: number },
  afterUid: number,
  limit: number,
): Promise<MessageSummary[]> {
  return await sql.all<MessageSummary>(
    `SELECT uid, size, uidl FROM message WHERE account_id = ? AND mailbox_id = ? AND uid > ? ORDER BY uid LIMIT ?`,
    folder.accountId,
    folder.mailboxId,
    afterUid,
    limit,
  );
}

/** One message; null when it is not there (any more). */
export async function findMessage(
  sql: SqlReader,
  folder: { readonly accountId: number; readonly mailboxId: number },
  uid: number,
): Promise<MessageRecord | null> {
  const row = await sql.get<MessageRow>(`${READ} AND m.uid = ?`, folder.accountId, folder.mailboxId, uid);
  return row === undefined ? null : toRecord(row);
}

/** The house's UIDL of a message: from what never changes about it, so restoring and moving house keep it. */
export function makeUidl(blobId: number, uid: number): string {
  return `${blobId.toString(36)}.${uid.toString(36)}`;
}

/** Whether a given UIDL may be kept, RFC 1939 §7: 1 to 70 octets from 0x21 to 0x7E. */
function isUidl(text: string): boolean {
  return text.length <= UIDL_MAX_OCTETS && /^[\x21-\x7e]+$/.test(text);
}

/** Puts a message into a folder; its uid, or null when the folder or the account is gone. */
export async function addMessage(tx: Transaction, message: NewMessage): Promise<number | null> {
  const size = message.recordLength + message.prefix.length;
  const numbers = await tx.numbers.takeNumbers(message.accountId, message.mailboxId, size);
  if (numbers === null) return null;
  const { uid, modSeq } = numbers;
  const given = await mayKeepUidl(tx, message);
  await tx.add(
    `INSERT INTO message (account_id, mailbox_id, uid, blob_id, size, internal_date_ms, uidl, uidl_given, prefix)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    message.accountId,
    message.mailboxId,
    uid,
    message.blobId,
    size,
    message.internalDateMs,
    given ?? makeUidl(message.blobId, uid),
    given === null ? 0 : 1,
    message.prefix,
  );
  const { bits, keywords } = splitFlags(message.flags);
  await tx.add(
    'INSERT INTO message_flag (account_id, mailbox_id, uid, flags, keywords, modseq) VALUES (?, ?, ?, ?, ?, ?)',
    message.accountId,
    message.mailboxId,
    uid,
    bits,
    keywords,
    modSeq,
  );
  await logChange(tx, message.accountId, { modSeq, mailboxId: message.mailboxId, kind: 'added', uids: String(uid) });
  return uid;
}

/** The UIDL that came with an import; null when there is none or it cannot be kept. */
async function mayKeepUidl(sql: SqlReader, message: NewMessage): Promise<string | null> {
  const { uidl, accountId, mailboxId } = message;
  if (uidl === undefined || !isUidl(uidl)) return null;
  const taken = await sql.get(
    'SELECT 1 AS taken FROM message WHERE account_id = ? AND mailbox_id = ? AND uidl = ? AND uidl_given = 1',
    accountId,
    mailboxId,
    uidl,
  );
  return taken === undefined ? uidl : null;
}

/** Flags as the columns have them: the system's as bits, keywords sorted and separated by spaces. */
export function splitFlags(flags: readonly string[]): { bits: number; keywords: string } {
  if (flags.length === 0) return { bits: 0, keywords: '' };
  let bits = 0;
  const keywords = new Set<string>();
  for (const flag of flags) {
    const bit = SYSTEM_FLAGS[flag.toLowerCase()];
    if (bit === undefined) keywords.add(flag);
    else bits |= bit;
  }
  return { bits, keywords: [...keywords].sort().join(' ') };
}

/** Removes messages for ever; those that are gone already are no error. How many went. */
export async function expungeMessages(
  tx: Transaction,
  accountId: number,
  mailboxId: number,
  uids: readonly number[],
): Promise<number> {
  const gone: number[] = [];
  let bytes = 0;
  for (const uid of [...uids].sort((a, b) => a - b)) {
    const row = await tx.get<{ blob_id: number; size: number }>(
      'DELETE FROM message WHERE account_id = ? AND mailbox_id = ? AND uid = ? RETURNING blob_id, size',
      accountId,
      mailboxId,
      uid,
    );
    if (row === undefined) continue;
    gone.push(uid);
    bytes += row.size;
    await tx.run(
      'DELETE FROM message_flag WHERE account_id = ? AND mailbox_id = ? AND uid = ?',
      accountId,
      mailboxId,
      uid,
    );
    await releaseBlob(tx, row.blob_id);
  }
  if (gone.length === 0) return 0;
  await tx.run(
    'UPDATE account_state SET used_bytes = used_bytes - ?, used_messages = used_messages - ? WHERE account_id = ?',
    bytes,
    gone.length,
    accountId,
  );
  const modSeq = (await nextModSeq(tx, accountId)) ?? 0;
  await logChange(tx, accountId, { modSeq, mailboxId, kind: 'expunged', uids: formatUidRanges(gone) });
  return gone.length;
}

/** Removes everything in every folder of an account. */
export async function removeAllMessages(tx: Transaction, accountId: number): Promise<void> {
  const rows = await tx.all<{ blob_id: number }>(
    'DELETE FROM message WHERE account_id = ? RETURNING blob_id',
    accountId,
  );
  for (const row of rows) await releaseBlob(tx, row.blob_id);
  await tx.run('DELETE FROM message_flag WHERE account_id = ?', accountId);
}
