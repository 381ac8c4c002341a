// COPY and MOVE: rows of whole ranges in one statement each. Within an account neither emails nor octets are touched;
// into another account each message becomes an email there, which holds on to the same octets.
import { MailError } from '../../base/errors/mail-error.ts';
import { formatNumberSet, type NumberSet } from '../../formats/number-set.ts';
import { COPY_ACROSS_MAX, TRASH_QUOTA_FACTOR } from '../limits.ts';
import { splitSortKeys } from '../sort-keys.ts';
import { threadHashes } from '../thread-hashes.ts';
import type { SqlReader } from '../sql/sql.ts';
import type { Transaction } from '../sql/transaction.ts';
import { logChange, nextModSeq } from './changes.ts';
import { addEmail } from './emails.ts';
import type { Folder } from './folder.ts';
import { keywordsOf, listKeywords, SYSTEM_FLAGS, takeFlagBits } from './keywords.ts';
import {
  countGone,
  joinRanges,
  joinSummaries,
  rangesOf,
  removeRange,
  removeSet,
  type SetSummary,
  summarizeRange,
} from './message-sets.ts';

export interface Copied {
  readonly uidValidity: number;
  /** Those that were there, ascending. */
  readonly sourceUids: NumberSet;
  /** Theirs in the target, in the same order. */
  readonly targetUids: NumberSet;
  /** What leaving the source was logged as; null: a copy, or nothing was there. */
  readonly modSeq: number | null;
}

const ALL = { onlyDeleted: false };

/** Copies those of `set` that are there; null when the target is gone. Rejects with account-full. */
export async function copyMessages(
  tx: Transaction,
  source: Folder,
  set: NumberSet,
  target: Folder,
): Promise<Copied | null> {
  if (target.accountId !== source.accountId) return await copyAcross(tx, source, set, target);
  const ranges = await joinRanges(tx, source, set);
  const all = await summarize(tx, source, ranges);
  await requireRoom(tx, target, all.bytes);
  return await insertCopies(tx, source, ranges, { target, all });
}

/** Moves those of `set` that are there; null when the target is gone. Within an account it never needs room. */
export async function moveMessages(
  tx: Transaction,
  source: Folder,
  set: NumberSet,
  target: Folder,
): Promise<Copied | null> {
  if (target.accountId !== source.accountId) {
    const copied = await copyAcross(tx, source, set, target);
    if (copied === null || copied.sourceUids.length === 0) return copied;
    const { modSeq } = await removeSet(tx, source, copied.sourceUids, ALL);
    return { ...copied, modSeq };
  }
  const ranges = await joinRanges(tx, source, set);
  const all = await summarize(tx, source, ranges);
  const copied = await insertCopies(tx, source, ranges, { target, all });
  if (copied === null || all.count === 0) return copied;
  for (const range of rangesOf(await joinRanges(tx, source, all.uids))) await removeRange(tx, source, range, ALL);
  await tx.run(
    'UPDATE account_state SET used_bytes = used_bytes - ?, used_messages = used_messages - ? WHERE account_id = ?',
    all.bytes,
    all.count,
    source.accountId,
  );
  const modSeq = (await nextModSeq(tx, source.accountId)) ?? 0;
  await countGone(tx, source, all, modSeq);
  await logChange(tx, source.accountId, {
    modSeq,
    mailboxId: source.mailboxId,
    kind: 'expunged',
    uids: formatNumberSet(all.uids),
    emails: all.emails,
  });
  return { ...copied, modSeq };
}

async function summarize(tx: Transaction, source: Folder, ranges: NumberSet): Promise<SetSummary> {
  const parts: SetSummary[] = [];
  for (const range of rangesOf(ranges)) parts.push(await summarizeRange(tx, source, range, ALL));
  return joinSummaries(parts.filter((part) => part.count > 0));
}

/** Rejects with account-full when `bytes` more would be over the account's quota. */
async function requireRoom(tx: Transaction, target: Folder, bytes: number): Promise<void> {
  const row = await tx.get(
    `SELECT 1 AS over FROM account_state s JOIN account a ON a.id = s.account_id
     JOIN mailbox m ON m.account_id = s.account_id AND m.id = ?
     WHERE s.account_id = ? AND quota_bytes IS NOT NULL
       AND used_bytes + ? > quota_bytes * CASE WHEN m.role = 'trash' THEN CAST(? AS BIGINT) ELSE 1 END`,
    target.mailboxId,
    target.accountId,
    bytes,
    TRASH_QUOTA_FACTOR,
  );
  if (row !== undefined)
    throw new MailError('account-full', 'The mailbox is full; delete something', { temporary: false });
}

interface Taken {
  readonly firstUid: number;
  readonly uidValidity: number;
  readonly modSeq: number;
}

/** Uids and a modseq for messages that come together, counted in folder and account; null when the folder is gone. */
async function takeUids(tx: Transaction, target: Folder, all: SetSummary): Promise<Taken | null> {
  const { accountId, mailboxId } = target;
  const box = await tx.get<{ uid: number; uid_validity: number }>(
    `UPDATE mailbox SET uid_next = uid_next + ?, messages = messages + ?, bytes = bytes + ?, unseen = unseen + ?,
       deleted = deleted + ?, deleted_bytes = deleted_bytes + ? WHERE account_id = ? AND id = ? AND selectable = 1
     RETURNING uid_next AS uid, uid_validity`,
    all.count,
    all.count,
    all.bytes,
    all.unseen,
    all.deleted,
    all.deletedBytes,
    accountId,
    mailboxId,
  );
  if (box === undefined) return null;
  const taken = { firstUid: box.uid - all.count, uidValidity: box.uid_validity };
  if (all.count === 0) return { ...taken, modSeq: 0 };
  const modSeq = (await nextModSeq(tx, accountId)) ?? 0;
  await tx.run(
    'UPDATE account_state SET used_bytes = used_bytes + ?, used_messages = used_messages + ? WHERE account_id = ?',
    all.bytes,
    all.count,
    accountId,
  );
  await tx.run('UPDATE mailbox SET highest_modseq = ? WHERE account_id = ? AND id = ?', modSeq, accountId, mailboxId);
  return { ...taken, modSeq };
}

async function insertCopies(
  tx: Transaction,
  source: Folder,
  set: NumberSet,
  { target, all }: { readonly target: Folder; readonly all: SetSummary },
): Promise<Copied | null> {
  const taken = await takeUids(tx, target, all);
  if (taken === null) return null;
  const { firstUid, uidValidity, modSeq } = taken;
  if (all.count === 0) return { uidValidity, sourceUids: [], targetUids: [], modSeq: null };
  let next = firstUid;
  for (const [first, last] of rangesOf(set)) {
    const { changes } = await tx.run(
      `INSERT INTO message (account_id, mailbox_id, uid, email_id, thread_id, flags, keywords, modseq, size,
         internal_date_ms, zone_minutes, saved_at_ms)
       SELECT account_id, ?, CAST(? AS BIGINT) + row_number() OVER (ORDER BY uid), email_id, thread_id, flags, keywords, ?,
         size, internal_date_ms, zone_minutes, ? FROM message
       WHERE account_id = ? AND mailbox_id = ? AND uid BETWEEN ? AND ? AND (mailbox_id <> ? OR uid < ?)`,
      target.mailboxId,
      next - 1,
      modSeq,
      tx.nowMs,
      source.accountId,
      source.mailboxId,
      first,
      last,
      // Its own copies are not copied again.
      target.mailboxId,
      firstUid,
    );
    next += changes;
  }
  const targetUids = [firstUid, firstUid + all.count - 1];
  tx.effects.accountChanged(target.accountId);
  return { uidValidity, sourceUids: all.uids, targetUids, modSeq: null };
}

interface SourceRow {
  uid: number;
  email_id: number;
  flags: number;
  keywords: number;
  size: number;
  internal_date_ms: number;
  zone_minutes: number;
  prefix: Uint8Array;
  derived: number;
  sent_at_ms: number | null;
  envelope: string | null;
  structure: string | null;
  preview: string | null;
  sort_keys: string | null;
  message_ids: string | null;
  parts: string | null;
}

async function readSources(sql: SqlReader, source: Folder, set: NumberSet): Promise<SourceRow[]> {
  const rows: SourceRow[] = [];
  for (const [first, last] of rangesOf(set)) {
    rows.push(
      ...(await sql.all<SourceRow>(
        `SELECT m.uid, m.email_id, m.flags, m.keywords, m.size, m.internal_date_ms, m.zone_minutes, e.prefix, e.derived,
           e.sent_at_ms, e.envelope, e.structure, e.preview, e.sort_keys, e.message_ids, e.parts
         FROM message m JOIN email e ON e.account_id = m.account_id AND e.id = m.email_id
         WHERE m.account_id = ? AND m.mailbox_id = ? AND m.uid BETWEEN ? AND ? ORDER BY m.uid LIMIT ?`,
        source.accountId,
        source.mailboxId,
        first,
        last,
        COPY_ACROSS_MAX + 1,
      )),
    );
    if (rows.length > COPY_ACROSS_MAX)
      throw new MailError('limit-reached', `Copy at most ${COPY_ACROSS_MAX} messages at a time to another account`, {
        temporary: false,
      });
  }
  return rows;
}

async function copyAcross(tx: Transaction, source: Folder, set: NumberSet, target: Folder): Promise<Copied | null> {
  const rows = await readSources(tx, source, set);
  const all = summarizeRows(rows);
  await requireRoom(tx, target, all.bytes);
  const taken = await takeUids(tx, target, all);
  if (taken === null) return null;
  if (rows.length === 0) return { uidValidity: taken.uidValidity, sourceUids: [], targetUids: [], modSeq: null };
  const names = await listKeywords(tx, source.accountId);
  for (const [index, row] of rows.entries()) {
    const threadId = await holdEmail(tx, target.accountId, row);
    const bits = await takeFlagBits(tx, target.accountId, flagNames(row, names));
    await tx.run(
      `INSERT INTO message (account_id, mailbox_id, uid, email_id, thread_id, flags, keywords, modseq, size,
         internal_date_ms, zone_minutes, saved_at_ms) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      target.accountId,
      target.mailboxId,
      taken.firstUid + index,
      row.email_id,
      threadId,
      bits.flags,
      bits.keywords,
      taken.modSeq,
      row.size,
      row.internal_date_ms,
      row.zone_minutes,
      tx.nowMs,
    );
  }
  const targetUids = [taken.firstUid, taken.firstUid + rows.length - 1];
  tx.effects.accountChanged(target.accountId);
  return { uidValidity: taken.uidValidity, sourceUids: all.uids, targetUids, modSeq: null };
}

/** The email of the other account for the same octets; its conversation there. */
async function holdEmail(tx: Transaction, accountId: number, row: SourceRow): Promise<number> {
  const known = await tx.get<{ thread_id: number }>(
    'SELECT thread_id FROM email WHERE account_id = ? AND id = ?',
    accountId,
    row.email_id,
  );
  if (known !== undefined) return known.thread_id;
  await tx.run('UPDATE blob SET refs = refs + 1 WHERE id = ?', row.email_id);
  const described =
    row.derived === 0
      ? null
      : {
          version: row.derived,
          sentAtMs: row.sent_at_ms,
          envelope: row.envelope ?? '',
          structure: row.structure ?? '',
          preview: row.preview ?? '',
          sortKeys: row.sort_keys ?? '',
          parts: row.parts,
        };
  const messageIds = row.message_ids ?? '';
  const { subject } = splitSortKeys(row.sort_keys);
  return await addEmail(tx, {
    accountId,
    id: row.email_id,
    prefix: row.prefix,
    described,
    messageIds,
    threadHashes: threadHashes(messageIds, subject),
  });
}

function flagNames(row: SourceRow, names: readonly string[]): string[] {
  const system = Object.entries(SYSTEM_FLAGS).filter(([, bit]) => (row.flags & bit) !== 0);
  return [...system.map(([name]) => name), ...keywordsOf(row, names)];
}

function summarizeRows(rows: readonly SourceRow[]): SetSummary {
  return joinSummaries(
    rows.map((row) => ({
      count: 1,
      bytes: row.size,
      unseen: row.flags & 1 ? 0 : 1,
      deleted: row.flags & 8 ? 1 : 0,
      deletedBytes: row.flags & 8 ? row.size : 0,
      uids: [row.uid, row.uid],
      emails: String(row.email_id),
    })),
  );
}
