// Which messages of a folder have what their rows say: conditions on columns become one statement, whatever they are
// nested in.
import type { NumberSet } from '../../formats/number-set.ts';
import type { SqlReader, SqlValue } from '../sql/sql.ts';
import type { Folder } from './folder.ts';
import { parseUids } from './message-sets.ts';

/** A column, or what is computed from columns. `internal-local`: the internal date as its zone's clock showed it. */
export type RowValue = 'uid' | 'size' | 'modseq' | 'email' | 'thread' | 'internal-date' | 'internal-local' | 'saved-at';

/** What a row must be. */
export type RowCondition =
  | { readonly kind: 'always' }
  | { readonly kind: 'never' }
  | { readonly kind: 'and'; readonly of: readonly RowCondition[] }
  | { readonly kind: 'or'; readonly of: readonly RowCondition[] }
  | { readonly kind: 'not'; readonly of: RowCondition }
  /** Any of these bits is set. */
  | { readonly kind: 'bits'; readonly column: 'flags' | 'keywords'; readonly bits: number }
  /** from ≤ value < below; null: no bound. */
  | { readonly kind: 'within'; readonly value: RowValue; readonly from: number | null; readonly below: number | null };

const VALUES: Readonly<Record<RowValue, string>> = {
  uid: 'uid',
  size: 'size',
  modseq: 'modseq',
  email: 'email_id',
  thread: 'thread_id',
  'internal-date': 'internal_date_ms',
  'internal-local': '(internal_date_ms + zone_minutes * 60000)',
  'saved-at': 'saved_at_ms',
};

/** The messages of a folder that are so, ascending. */
export async function findRows(sql: SqlReader, folder: Folder, condition: RowCondition): Promise<NumberSet> {
  const values: SqlValue[] = [folder.accountId, folder.mailboxId];
  const text = toSql(condition, values);
  const row = await sql.get<{ uids: string | null }>(
    `SELECT string_agg(CAST(uid AS TEXT), ',') AS uids FROM (
       SELECT uid FROM message WHERE account_id = ? AND mailbox_id = ? AND ${text} ORDER BY uid) AS those`,
    ...values,
  );
  return parseUids(row?.uids ?? null);
}

function toSql(condition: RowCondition, values: SqlValue[]): string {
  if (condition.kind === 'always') return '1 = 1';
  if (condition.kind === 'never') return '1 = 0';
  if (condition.kind === 'not') return `NOT (${toSql(condition.of, values)})`;
  if (condition.kind === 'within') return withinSql(condition, values);
  if (condition.kind === 'bits') {
    values.push(condition.bits);
    return `(${condition.column} & ?) <> 0`;
  }
  if (condition.of.length === 0) return condition.kind === 'and' ? '1 = 1' : '1 = 0';
  return `(${condition.of.map((each) => toSql(each, values)).join(condition.kind === 'and' ? ' AND ' : ' OR ')})`;
}

function withinSql({ value, from, below }: Extract<RowCondition, { kind: 'within' }>, values: SqlValue[]): string {
  const parts: string[] = [];
  if (from !== null) {
    parts.push(`${VALUES[value]} >= ?`);
    values.push(from);
  }
  if (below !== null) {
    parts.push(`${VALUES[value]} < ?`);
    values.push(below);
  }
  return parts.length === 0 ? '1 = 1' : `(${parts.join(' AND ')})`;
}
