// Whether a message is what a search key asks for: exactly, from its row and its octets; or whether it may be, from its
// row and ENVELOPE alone.
import type { PageRow } from '../../../storage/records/message-pages.ts';
import type { RowCondition, RowValue } from '../../../storage/records/row-search.ts';
import { casemapUnicode } from '../../../formats/collation/casemap.ts';
import { decodeEncodedWords } from '../../../formats/header/encoded-word.ts';
import { headerText } from '../../../formats/thread/header-text.ts';
import { hasNumber } from '../../../formats/number-set.ts';
import { localDay, type MessageText } from './message-text.ts';
import { type ConditionContext, toColumnCondition } from './row-conditions.ts';
import { type ContentKey, isContentKey, type SearchKey } from './search-key.ts';

const DAY_MS = 86_400_000;

/** A row with all that conditions ask for. */
export type SearchedRow = PageRow;

/** Exactly. */
export function isFound(key: SearchKey, row: SearchedRow, text: MessageText, context: ConditionContext): boolean {
  if (key.kind === 'and') return key.keys.every((each) => isFound(each, row, text, context));
  if (key.kind === 'or') return key.keys.some((each) => isFound(each, row, text, context));
  if (key.kind === 'not') return !isFound(key.key, row, text, context);
  if (key.kind === 'fuzzy') return isFound(key.key, row, text, context);
  if (key.kind === 'uids') return hasNumber(key.set, row.uid);
  return isContentKey(key) ? isInContent(key, row, text) : holds(toColumnCondition(key, context), row);
}

function isInContent(key: ContentKey, row: SearchedRow, text: MessageText): boolean {
  if (key.kind === 'sent-date') return isOnDay(text.sentDay() ?? internalDay(row), key);
  const wanted = casemapUnicode(key.text);
  if (key.kind === 'header') return text.hasField(key.field.toLowerCase(), wanted);
  if (key.kind === 'body') return text.hasInBody(wanted);
  if (key.kind === 'text') return text.hasInHeader(wanted) || text.hasInBody(wanted);
  return text.hasField(key.kind, wanted);
}

/** False: certainly not. */
export function mayBeFound(
  key: SearchKey,
  row: SearchedRow,
  envelope: EnvelopeText,
  context: ConditionContext,
): boolean {
  if (key.kind === 'and') return key.keys.every((each) => mayBeFound(each, row, envelope, context));
  if (key.kind === 'or') return key.keys.some((each) => mayBeFound(each, row, envelope, context));
  if (key.kind === 'not') return true;
  if (key.kind === 'fuzzy') return mayBeFound(key.key, row, envelope, context);
  if (key.kind === 'uids') return hasNumber(key.set, row.uid);
  return isContentKey(key) ? mayBeInContent(key, envelope) : holds(toColumnCondition(key, context), row);
}

function mayBeInContent(key: ContentKey, envelope: EnvelopeText): boolean {
  if (key.kind === 'sent-date') return envelope.mayBeSentOn(key);
  if (key.kind === 'header') return key.field.toLowerCase() !== 'message-id' || envelope.mayHave(key.text);
  return key.kind === 'body' || key.kind === 'text' || envelope.mayHave(key.text);
}

function isOnDay(day: number, key: { readonly test: 'before' | 'on' | 'since'; readonly day: number }): boolean {
  if (key.test === 'before') return day < key.day;
  return key.test === 'on' ? day === key.day : day >= key.day;
}

function internalDay(row: SearchedRow): number {
  return Math.floor(((row.internalDateMs ?? 0) + (row.zoneMinutes ?? 0) * 60_000) / DAY_MS);
}

function holds(condition: RowCondition, row: SearchedRow): boolean {
  if (condition.kind === 'always') return true;
  if (condition.kind === 'never') return false;
  if (condition.kind === 'and') return condition.of.every((each) => holds(each, row));
  if (condition.kind === 'or') return condition.of.some((each) => holds(each, row));
  if (condition.kind === 'not') return !holds(condition.of, row);
  if (condition.kind === 'bits') {
    const bits = (condition.column === 'flags' ? row.flags : row.keywords) ?? 0;
    return Math.floor(bits / condition.bits) % 2 === 1;
  }
  const value = VALUES[condition.value](row);
  return (condition.from === null || value >= condition.from) && (condition.below === null || value < condition.below);
}

const VALUES: Readonly<Record<RowValue, (row: SearchedRow) => number>> = {
  uid: (row) => row.uid,
  size: (row) => row.size ?? 0,
  modseq: (row) => row.modSeq ?? 0,
  email: (row) => row.emailId ?? 0,
  thread: (row) => row.threadId ?? 0,
  'internal-date': (row) => row.internalDateMs ?? 0,
  'internal-local': (row) => (row.internalDateMs ?? 0) + (row.zoneMinutes ?? 0) * 60_000,
  'saved-at': (row) => row.savedAtMs ?? 0,
};

/** A stored ENVELOPE as text that is looked through. What is not in it is in none of its fields. */
export class EnvelopeText {
  readonly #envelope: string | null;
  #folded: string | null = null;

  constructor(envelope: string | null) {
    this.#envelope = envelope;
  }

  /** Words of the text that one field has are all in it, wherever. */
  mayHave(text: string): boolean {
    if (this.#envelope === null) return true;
    this.#folded ??= foldEnvelope(this.#envelope);
    const folded = this.#folded;
    return casemapUnicode(text)
      .split(/[^\p{L}\p{N}\p{M}]+/u)
      .every((word) => folded.includes(word));
  }

  mayBeSentOn(key: { readonly test: 'before' | 'on' | 'since'; readonly day: number }): boolean {
    const date = /^\("((?:[^"\\]|\\.)*)"/.exec(this.#envelope ?? '')?.[1];
    const day = date === undefined ? null : localDay(date);
    return day === null || isOnDay(day, key);
  }
}

function foldEnvelope(envelope: string): string {
  return casemapUnicode(decodeEncodedWords(headerText(envelope)));
}
