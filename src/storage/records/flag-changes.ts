// STORE: flags of whole ranges in one statement each. Messages that have the flags already are not touched and keep
// their modseq; those above UNCHANGEDSINCE are left alone and named (RFC 7162 §3.1.3).
import { EMPTY_SET, formatNumberSet, type NumberSet, uniteSets } from '../../formats/number-set.ts';
import type { SqlValue } from '../sql/sql.ts';
import type { Transaction } from '../sql/transaction.ts';
import { logChange, nextModSeq } from './changes.ts';
import type { Folder } from './folder.ts';
import { ALL_BITS, type FlagBits, knownFlagBits, listKeywords, takeFlagBits } from './keywords.ts';
import { joinRanges, parseUids, rangesOf } from './message-sets.ts';

export interface FlagChange {
  readonly mode: 'add' | 'remove' | 'replace';
  /** System flags and keywords by name. */
  readonly flags: readonly string[];
  /** Only messages whose modseq is not above it; null: all. */
  readonly unchangedSince: number | null;
}

export interface FlagsChanged {
  /** What the change was logged as; null: nothing had to change. */
  readonly modSeq: number | null;
  /** Those that changed. */
  readonly changed: NumberSet;
  /** Those that were left alone because of their modseq. */
  readonly modified: NumberSet;
}

/** The new value of a column as an expression with one value. */
interface ColumnChange {
  readonly flags: string;
  readonly keywords: string;
  readonly values: readonly [number, number];
}

/** Changes flags of those of `set` that are there; null when the folder is gone. */
export async function changeFlags(
  tx: Transaction,
  folder: Folder,
  set: NumberSet,
  change: FlagChange,
): Promise<FlagsChanged | null> {
  const { accountId, mailboxId } = folder;
  const there = await tx.get('SELECT 1 AS there FROM mailbox WHERE account_id = ? AND id = ?', accountId, mailboxId);
  if (there === undefined) return null;
  const columns = columnChange(change.mode, await findBits(tx, accountId, change));
  let [changed, modified] = [EMPTY_SET, EMPTY_SET];
  let modSeq: number | null = null;
  const counts = { unseen: 0, deleted: 0, deletedBytes: 0 };
  for (const range of rangesOf(await joinRanges(tx, folder, set))) {
    if (change.unchangedSince !== null)
      modified = uniteSets(modified, await findModified(tx, folder, range, change.unchangedSince));
    const found = await findDifferences(tx, folder, range, { columns, unchangedSince: change.unchangedSince });
    if (found.uids.length === 0) continue;
    modSeq ??= await nextModSeq(tx, accountId);
    await writeRange(tx, folder, range, { columns, unchangedSince: change.unchangedSince, modSeq: modSeq ?? 0 });
    changed = uniteSets(changed, found.uids);
    counts.unseen += found.unseen;
    counts.deleted += found.deleted;
    counts.deletedBytes += found.deletedBytes;
  }
  if (modSeq === null) return { modSeq, changed, modified };
  await tx.run(
    `UPDATE mailbox SET unseen = unseen + ?, deleted = deleted + ?, deleted_bytes = deleted_bytes + ?, highest_modseq = ?
     WHERE account_id = ? AND id = ?`,
    counts.unseen,
    counts.deleted,
    counts.deletedBytes,
    modSeq,
    accountId,
    mailboxId,
  );
  await logChange(tx, accountId, { modSeq, mailboxId, kind: 'flags', uids: formatNumberSet(changed) });
  return { modSeq, changed, modified };
}

/** What nobody has need not get a number to be removed. */
async function findBits(tx: Transaction, accountId: number, { mode, flags }: FlagChange): Promise<FlagBits> {
  if (mode === 'remove') return knownFlagBits(await listKeywords(tx, accountId), flags);
  return await takeFlagBits(tx, accountId, flags);
}

function columnChange(mode: FlagChange['mode'], { flags, keywords }: FlagBits): ColumnChange {
  if (mode === 'add') return { flags: 'flags | ?', keywords: 'keywords | ?', values: [flags, keywords] };
  if (mode === 'remove')
    return { flags: 'flags & ?', keywords: 'keywords & ?', values: [ALL_BITS - flags, ALL_BITS - keywords] };
  return { flags: 'CAST(? AS BIGINT)', keywords: 'CAST(? AS BIGINT)', values: [flags, keywords] };
}

interface RangeChange {
  readonly columns: ColumnChange;
  readonly unchangedSince: number | null;
}

/** The rows that a change would change, with the values that the text asks for. */
function condition({ columns, unchangedSince }: RangeChange): { readonly text: string; readonly values: SqlValue[] } {
  const differs = `(flags <> (${columns.flags}) OR keywords <> (${columns.keywords}))`;
  return unchangedSince === null
    ? { text: differs, values: [...columns.values] }
    : { text: `${differs} AND modseq <= ?`, values: [...columns.values, unchangedSince] };
}

async function findModified(
  tx: Transaction,
  folder: Folder,
  [first, last]: readonly [number, number],
  unchangedSince: number,
): Promise<NumberSet> {
  const row = await tx.get<{ uids: string | null }>(
    `SELECT string_agg(CAST(uid AS TEXT), ',') AS uids FROM (SELECT uid FROM message
       WHERE account_id = ? AND mailbox_id = ? AND uid BETWEEN ? AND ? AND modseq > ? ORDER BY uid) AS those`,
    folder.accountId,
    folder.mailboxId,
    first,
    last,
    unchangedSince,
  );
  return parseUids(row?.uids ?? null);
}

async function findDifferences(
  tx: Transaction,
  folder: Folder,
  [first, last]: readonly [number, number],
  change: RangeChange,
): Promise<{ uids: NumberSet; unseen: number; deleted: number; deletedBytes: number }> {
  const { text, values } = condition(change);
  const after = change.columns.flags;
  const value = change.columns.values[0];
  const row = await tx.get<{ uids: string | null; seen: number; deleted: number; bytes: number }>(
    `SELECT string_agg(CAST(uid AS TEXT), ',') AS uids, CAST(sum((after & 1) - (flags & 1)) AS BIGINT) AS seen,
       CAST(sum((after & 8) - (flags & 8)) AS BIGINT) AS deleted,
       CAST(sum(((after & 8) - (flags & 8)) * size) AS BIGINT) AS bytes
     FROM (SELECT uid, size, flags, ${after} AS after FROM message
       WHERE account_id = ? AND mailbox_id = ? AND uid BETWEEN ? AND ? AND ${text} ORDER BY uid) AS those`,
    value,
    folder.accountId,
    folder.mailboxId,
    first,
    last,
    ...values,
  );
  const deleted = (row?.deleted ?? 0) / 8;
  return {
    uids: parseUids(row?.uids ?? null),
    unseen: -(row?.seen ?? 0),
    deleted,
    deletedBytes: (row?.bytes ?? 0) / 8,
  };
}

async function writeRange(
  tx: Transaction,
  folder: Folder,
  [first, last]: readonly [number, number],
  change: RangeChange & { readonly modSeq: number },
): Promise<void> {
  const { text, values } = condition(change);
  const { columns, modSeq } = change;
  await tx.run(
    `UPDATE message SET flags = ${columns.flags}, keywords = ${columns.keywords}, modseq = ?
     WHERE account_id = ? AND mailbox_id = ? AND uid BETWEEN ? AND ? AND ${text}`,
    ...columns.values,
    modSeq,
    folder.accountId,
    folder.mailboxId,
    first,
    last,
    ...values,
  );
}
