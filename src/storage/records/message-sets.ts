// Whole ranges of a folder's messages at once: what they are together, and their removal. A range costs a few statements
// however many messages are in it; what became of them is told as sets of uids.
import { addToRanges, formatNumberSet, type NumberSet } from '../../formats/number-set.ts';
import { JOIN_RANGES_FROM } from '../limits.ts';
import type { SqlReader } from '../sql/sql.ts';
import type { Transaction } from '../sql/transaction.ts';
import { logChange, nextModSeq } from './changes.ts';
import type { Folder } from './folder.ts';

/** Messages together. */
export interface SetSummary {
  readonly count: number;
  readonly bytes: number;
  readonly unseen: number;
  readonly deleted: number;
  readonly deletedBytes: number;
  /** Which are there, ascending. */
  readonly uids: NumberSet;
  /** Their emails, in the order of uids, ',' between. */
  readonly emails: string;
}

interface SummaryRow {
  n: number;
  bytes: number | null;
  unseen: number | null;
  deleted: number | null;
  deleted_bytes: number | null;
  uids: string | null;
  emails: string | null;
}

/** What removes messages or asks about them: all of a range, or those of it that are \Deleted. */
export interface SetCondition {
  readonly onlyDeleted: boolean;
}

const RANGE = 'account_id = ? AND mailbox_id = ? AND uid BETWEEN ? AND ?';

function rangeCondition({ onlyDeleted }: SetCondition): string {
  return onlyDeleted ? `${RANGE} AND flags & 8 <> 0` : RANGE;
}

/** The messages of one range. */
export async function summarizeRange(
  sql: SqlReader,
  folder: Folder,
  [first, last]: readonly [number, number],
  condition: SetCondition,
): Promise<SetSummary> {
  const row = await sql.get<SummaryRow>(
    `SELECT count(*) AS n, CAST(sum(size) AS BIGINT) AS bytes,
       CAST(sum(CASE WHEN flags & 1 = 0 THEN 1 ELSE 0 END) AS BIGINT) AS unseen,
       CAST(sum(CASE WHEN flags & 8 = 0 THEN 0 ELSE 1 END) AS BIGINT) AS deleted,
       CAST(sum(CASE WHEN flags & 8 = 0 THEN 0 ELSE size END) AS BIGINT) AS deleted_bytes,
       string_agg(CAST(uid AS TEXT), ',') AS uids, string_agg(CAST(email_id AS TEXT), ',') AS emails
     FROM (SELECT uid, flags, size, email_id FROM message WHERE ${rangeCondition(condition)} ORDER BY uid) AS those`,
    folder.accountId,
    folder.mailboxId,
    first,
    last,
  );
  return {
    count: row?.n ?? 0,
    bytes: row?.bytes ?? 0,
    unseen: row?.unseen ?? 0,
    deleted: row?.deleted ?? 0,
    deletedBytes: row?.deleted_bytes ?? 0,
    uids: parseUids(row?.uids ?? null),
    emails: row?.emails ?? '',
  };
}

/** Ascending uids with ',' between, as aggregates give them. */
export function parseUids(text: string | null): NumberSet {
  const ranges: number[] = [];
  eachNumber(text, (uid) => addToRanges(ranges, uid));
  return ranges;
}

/** Each of the numbers in 'n,n,n', in order. */
export function eachNumber(text: string | null, take: (n: number) => void): void {
  if (text === null || text === '') return;
  let value = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === 44) {
      take(value);
      value = 0;
    } else value = value * 10 + code - 48;
  }
  take(value);
}

/** The ranges of a set, each [first, last]. */
export function* rangesOf(set: NumberSet): Generator<readonly [number, number], void, undefined> {
  for (let i = 0; i + 1 < set.length; i += 2) yield [set[i]!, set[i + 1]!];
}

/**
 * The same messages in fewer ranges where there are many: a range goes on over uids that are not there. What a client
 * calls 1:* has a gap for every message that ever went.
 */
export async function joinRanges(sql: SqlReader, folder: Folder, set: NumberSet): Promise<NumberSet> {
  if (set.length <= JOIN_RANGES_FROM * 2) return set;
  const row = await sql.get<{ uids: string | null }>(
    `SELECT string_agg(CAST(uid AS TEXT), ',') AS uids FROM (
       SELECT uid FROM message WHERE ${RANGE} ORDER BY uid) AS those`,
    folder.accountId,
    folder.mailboxId,
    set[0]!,
    set[set.length - 1]!,
  );
  const joined: number[] = [];
  let at = 0;
  let inRun = false;
  eachNumber(row?.uids ?? null, (uid) => {
    while (at < set.length && set[at + 1]! < uid) at += 2;
    if (at >= set.length || uid < set[at]!) inRun = false;
    else if (inRun) joined[joined.length - 1] = uid;
    else {
      joined.push(uid, uid);
      inRun = true;
    }
  });
  return joined;
}

export interface RemovedSet {
  readonly count: number;
  readonly uids: NumberSet;
  /** What it was logged as; 0: nothing went. */
  readonly modSeq: number;
}

/** Removes messages of a folder for ever and leaves their emails to `sweepEmails`. */
export async function removeSet(
  tx: Transaction,
  folder: Folder,
  set: NumberSet,
  condition: SetCondition,
): Promise<RemovedSet> {
  const gone = await takeOut(tx, folder, set, condition);
  if (gone.count === 0) return { count: 0, uids: [], modSeq: 0 };
  const { accountId, mailboxId } = folder;
  await tx.run(
    'UPDATE account_state SET used_bytes = used_bytes - ?, used_messages = used_messages - ? WHERE account_id = ?',
    gone.bytes,
    gone.count,
    accountId,
  );
  const modSeq = (await nextModSeq(tx, accountId)) ?? 0;
  await countGone(tx, folder, gone, modSeq);
  await logChange(tx, accountId, {
    modSeq,
    mailboxId,
    kind: 'expunged',
    uids: formatNumberSet(gone.uids),
    emails: gone.emails,
  });
  return { count: gone.count, uids: gone.uids, modSeq };
}

async function takeOut(tx: Transaction, folder: Folder, set: NumberSet, condition: SetCondition): Promise<SetSummary> {
  const parts: SetSummary[] = [];
  for (const range of rangesOf(await joinRanges(tx, folder, set))) {
    const part = await summarizeRange(tx, folder, range, condition);
    if (part.count === 0) continue;
    parts.push(part);
    const values = [folder.accountId, folder.mailboxId, range[0], range[1]] as const;
    await tx.run(
      `INSERT INTO email_leaving (account_id, email_id) SELECT DISTINCT account_id, email_id FROM message
       WHERE ${rangeCondition(condition)} ON CONFLICT DO NOTHING`,
      ...values,
    );
    await removeRange(tx, folder, range, condition);
  }
  return joinSummaries(parts);
}

/** Removes the rows of a range and nothing else. */
export async function removeRange(
  tx: Transaction,
  folder: Folder,
  [first, last]: readonly [number, number],
  condition: SetCondition,
): Promise<void> {
  const values = [folder.accountId, folder.mailboxId, first, last] as const;
  await tx.run(`DELETE FROM message WHERE ${rangeCondition(condition)}`, ...values);
  await tx.run(
    `DELETE FROM given_uidl WHERE ${RANGE} AND NOT EXISTS (SELECT 1 FROM message m
       WHERE m.account_id = given_uidl.account_id AND m.mailbox_id = given_uidl.mailbox_id AND m.uid = given_uidl.uid)`,
    ...values,
  );
}

/** Several sets as one; their order is that of uids. */
export function joinSummaries(parts: readonly SetSummary[]): SetSummary {
  const sum = (of: (part: SetSummary) => number): number => parts.reduce((total, part) => total + of(part), 0);
  const uids: number[] = [];
  for (const part of parts)
    for (const [first, last] of rangesOf(part.uids)) {
      if (uids.length > 0 && uids[uids.length - 1] === first - 1) uids[uids.length - 1] = last;
      else uids.push(first, last);
    }
  return {
    count: sum((part) => part.count),
    bytes: sum((part) => part.bytes),
    unseen: sum((part) => part.unseen),
    deleted: sum((part) => part.deleted),
    deletedBytes: sum((part) => part.deletedBytes),
    uids,
    emails: parts.map((part) => part.emails).join(','),
  };
}

/** Takes messages that went out of the counts of their folder. */
export async function countGone(tx: Transaction, folder: Folder, gone: SetSummary, modSeq: number): Promise<void> {
  await tx.run(
    `UPDATE mailbox SET messages = messages - ?, bytes = bytes - ?, unseen = unseen - ?, deleted = deleted - ?,
       deleted_bytes = deleted_bytes - ?, highest_modseq = ? WHERE account_id = ? AND id = ?`,
    gone.count,
    gone.bytes,
    gone.unseen,
    gone.deleted,
    gone.deletedBytes,
    modSeq,
    folder.accountId,
    folder.mailboxId,
  );
}
