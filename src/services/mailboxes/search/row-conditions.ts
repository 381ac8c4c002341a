// What the columns of a row say about a search key. Where they do not say enough, a key may be true of more rows than it
// is (`may`) or must be true of fewer (`must`); the octets decide about those between.
import { knownFlagBits } from '../../../storage/records/keywords.ts';
import type { RowCondition, RowValue } from '../../../storage/records/row-search.ts';
import { parseEmailId, parseThreadId } from '../ids.ts';
import { SEARCH_RANGES_MAX } from '../limits.ts';
import { type ColumnKey, type ContentKey, isContentKey, type SearchKey } from './search-key.ts';

const ALWAYS: RowCondition = { kind: 'always' };
const NEVER: RowCondition = { kind: 'never' };
const DAY_MS = 86_400_000;

export interface ConditionContext {
  /** Keywords of the account. */
  readonly keywords: readonly string[];
  readonly nowMs: number;
}

/** Rows of which the key may be true (`bound` 'may': none is missing), or must be ('must': all are right). */
export function toRowCondition(key: SearchKey, bound: 'may' | 'must', context: ConditionContext): RowCondition {
  if (key.kind === 'and' || key.kind === 'or')
    return { kind: key.kind, of: key.keys.map((each) => toRowCondition(each, bound, context)) };
  if (key.kind === 'not')
    return { kind: 'not', of: toRowCondition(key.key, bound === 'may' ? 'must' : 'may', context) };
  if (key.kind === 'fuzzy') return toRowCondition(key.key, bound, context);
  return columnCondition(key, context) ?? (bound === 'may' ? ALWAYS : NEVER);
}

/** Whether the columns say everything about a key. */
export function isInColumns(key: SearchKey, context: ConditionContext): boolean {
  if (key.kind === 'and' || key.kind === 'or') return key.keys.every((each) => isInColumns(each, context));
  if (key.kind === 'not' || key.kind === 'fuzzy') return isInColumns(key.key, context);
  return columnCondition(key, context) !== null;
}

/** Exactly the rows of which a key is true; null: the columns do not say. */
function columnCondition(
  key: ColumnKey | ContentKey | Extract<SearchKey, { kind: 'uids' }>,
  context: ConditionContext,
): RowCondition | null {
  if (key.kind === 'uids') return key.set.length > SEARCH_RANGES_MAX * 2 ? null : inSet(key.set);
  return isContentKey(key) ? null : toColumnCondition(key, context);
}

/** The rows of which a key about columns is true. */
export function toColumnCondition(key: ColumnKey, { keywords, nowMs }: ConditionContext): RowCondition {
  if (key.kind === 'flag') return { kind: 'bits', column: 'flags', bits: key.bit };
  if (key.kind === 'keyword') return hasKeyword(keywords, key.keyword);
  if (key.kind === 'internal-date') return onDay('internal-local', key);
  if (key.kind === 'saved-date') return onDay('saved-at', key);
  if (key.kind === 'larger') return within('size', key.octets + 1, null);
  if (key.kind === 'smaller') return within('size', null, key.octets);
  if (key.kind === 'younger') return within('internal-date', nowMs - key.seconds * 1000, null);
  if (key.kind === 'older') return within('internal-date', null, nowMs - key.seconds * 1000 + 1);
  if (key.kind === 'modseq') return within('modseq', key.modSeq, null);
  if (key.kind === 'email-id') return isId('email', parseEmailId(key.id));
  if (key.kind === 'thread-id') return isId('thread', parseThreadId(key.id));
  return ALWAYS;
}

function hasKeyword(keywords: readonly string[], keyword: string): RowCondition {
  const bits = knownFlagBits(keywords, [keyword]);
  if (bits.flags > 0) return { kind: 'bits', column: 'flags', bits: bits.flags };
  return bits.keywords > 0 ? { kind: 'bits', column: 'keywords', bits: bits.keywords } : NEVER;
}

function inSet(set: readonly number[]): RowCondition {
  const of: RowCondition[] = [];
  for (let i = 0; i + 1 < set.length; i += 2) of.push(within('uid', set[i]!, set[i + 1]! + 1));
  return { kind: 'or', of };
}

function within(value: RowValue, from: number | null, below: number | null): RowCondition {
  return { kind: 'within', value, from, below };
}

function isId(value: RowValue, id: number | null): RowCondition {
  return id === null ? NEVER : within(value, id, id + 1);
}

/** RFC 9051 §6.4.4: dates are compared without time and zone. */
function onDay(
  value: RowValue,
  { test, day }: { readonly test: 'before' | 'on' | 'since'; readonly day: number },
): RowCondition {
  const start = day * DAY_MS;
  if (test === 'before') return within(value, null, start);
  return within(value, start, test === 'on' ? start + DAY_MS : null);
}
