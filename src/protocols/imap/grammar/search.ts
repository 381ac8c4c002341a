// SEARCH criteria, RFC 9051 §6.4.4 and the extensions that search-key.ts names. Sequence numbers, \Recent and '$' stay as
// the client wrote them until the selected mailbox resolves them (`resolveKey`).
import type { NumberSet } from '../../../formats/number-set.ts';
import { SEARCH_DEPTH_MAX, SEARCH_KEYS_MAX } from '../limits.ts';
import type { DateTest, SearchKey } from '../search-key.ts';
import type { CommandCursor } from './cursor.ts';
import { parseDay } from './date.ts';
import { ANSWERED, DELETED, DRAFT, FLAGGED, SEEN } from './flags.ts';
import { parseSequenceSet, type SequenceSet } from './sequence-set.ts';

export type ParsedKey =
  | Exclude<SearchKey, { kind: 'and' | 'or' | 'not' | 'fuzzy' | 'uids' }>
  | { readonly kind: 'and' | 'or'; readonly keys: readonly ParsedKey[] }
  | { readonly kind: 'not' | 'fuzzy'; readonly key: ParsedKey }
  | { readonly kind: 'numbers' | 'uid-numbers'; readonly set: SequenceSet }
  | { readonly kind: 'recent' };

const FLAG_KEYS: Readonly<Record<string, number>> = {
  ANSWERED,
  DELETED,
  DRAFT,
  FLAGGED,
  SEEN,
};

const DATE_KEYS: Readonly<Record<string, readonly ['internal-date' | 'sent-date' | 'saved-date', DateTest]>> = {
  BEFORE: ['internal-date', 'before'],
  ON: ['internal-date', 'on'],
  SINCE: ['internal-date', 'since'],
  SENTBEFORE: ['sent-date', 'before'],
  SENTON: ['sent-date', 'on'],
  SENTSINCE: ['sent-date', 'since'],
  SAVEDBEFORE: ['saved-date', 'before'],
  SAVEDON: ['saved-date', 'on'],
  SAVEDSINCE: ['saved-date', 'since'],
};

/** One search-key after the other until the command ends. Throws SyntaxFault. */
export function parseSearchKeys(cursor: CommandCursor): ParsedKey {
  return new SearchGrammar(cursor).keys();
}

class SearchGrammar {
  readonly #cursor: CommandCursor;
  #count = 0;
  #depth = 0;

  constructor(cursor: CommandCursor) {
    this.#cursor = cursor;
  }

  keys(): ParsedKey {
    const keys = [this.#key()];
    while (this.#cursor.skip(' ')) if (!this.#cursor.atEnd) keys.push(this.#key());
    return keys.length === 1 ? keys[0]! : { kind: 'and', keys };
  }

  #key(): ParsedKey {
    const cursor = this.#cursor;
    if (++this.#count > SEARCH_KEYS_MAX) throw cursor.fault(`at most ${SEARCH_KEYS_MAX} search keys`);
    if (++this.#depth > SEARCH_DEPTH_MAX) throw cursor.fault(`at most ${SEARCH_DEPTH_MAX} levels`);
    const key = this.#readKey();
    this.#depth--;
    return key;
  }

  #readKey(): ParsedKey {
    const cursor = this.#cursor;
    const first = cursor.peek();
    if (first === '(') {
      const keys = cursor.list(() => this.#key(), SEARCH_KEYS_MAX);
      return keys.length === 1 ? keys[0]! : { kind: 'and', keys };
    }
    if (/[0-9*$]/u.test(first)) return { kind: 'numbers', set: parseSequenceSet(cursor) };
    const at = cursor.position;
    const word = cursor.keyword('a search key');
    const key = this.#flagKey(word) ?? this.#textKey(word) ?? this.#valueKey(word) ?? this.#compoundKey(word);
    if (key !== null) return key;
    cursor.position = at;
    throw cursor.fault('a search key');
  }

  #flagKey(word: string): ParsedKey | null {
    const bit = FLAG_KEYS[word];
    if (bit !== undefined) return { kind: 'flag', bit };
    const unset = word.startsWith('UN') ? FLAG_KEYS[word.slice(2)] : undefined;
    if (unset !== undefined) return { kind: 'not', key: { kind: 'flag', bit: unset } };
    switch (word) {
      case 'ALL':
        return { kind: 'all' };
      case 'RECENT':
        return { kind: 'recent' };
      case 'OLD':
        return { kind: 'not', key: { kind: 'recent' } };
      case 'NEW':
        return { kind: 'and', keys: [{ kind: 'recent' }, { kind: 'not', key: { kind: 'flag', bit: SEEN } }] };
      case 'SAVEDATESUPPORTED':
        return { kind: 'save-date-supported' };
      default:
        return null;
    }
  }

  #textKey(word: string): ParsedKey | null {
    switch (word) {
      case 'BCC':
      case 'BODY':
      case 'CC':
      case 'FROM':
      case 'SUBJECT':
      case 'TEXT':
      case 'TO':
        return { kind: word.toLowerCase() as 'bcc', text: this.#string() };
      case 'HEADER':
        return { kind: 'header', field: this.#string(), text: this.#string() };
      case 'KEYWORD':
        return { kind: 'keyword', keyword: this.#flagKeyword() };
      case 'UNKEYWORD':
        return { kind: 'not', key: { kind: 'keyword', keyword: this.#flagKeyword() } };
      case 'EMAILID':
        return { kind: 'email-id', id: this.#string() };
      case 'THREADID':
        return { kind: 'thread-id', id: this.#string() };
      default:
        return null;
    }
  }

  #valueKey(word: string): ParsedKey | null {
    const cursor = this.#cursor;
    const date = DATE_KEYS[word];
    if (date !== undefined) {
      cursor.space();
      return { kind: date[0], test: date[1], day: parseDay(cursor) };
    }
    switch (word) {
      case 'LARGER':
      case 'SMALLER':
        cursor.space();
        return { kind: word === 'LARGER' ? 'larger' : 'smaller', octets: cursor.number64() };
      case 'YOUNGER':
      case 'OLDER':
        cursor.space();
        return { kind: word === 'YOUNGER' ? 'younger' : 'older', seconds: cursor.nonZeroNumber() };
      case 'MODSEQ':
        return this.#modSeq();
      case 'UID':
        cursor.space();
        return { kind: 'uid-numbers', set: parseSequenceSet(cursor) };
      default:
        return null;
    }
  }

  #compoundKey(word: string): ParsedKey | null {
    const cursor = this.#cursor;
    switch (word) {
      case 'NOT':
      case 'FUZZY':
        cursor.space();
        return { kind: word === 'NOT' ? 'not' : 'fuzzy', key: this.#key() };
      case 'OR': {
        cursor.space();
        const one = this.#key();
        cursor.space();
        return { kind: 'or', keys: [one, this.#key()] };
      }
      default:
        return null;
    }
  }

  /** RFC 7162 §3.1.5: the metadata item may be named; all of a message's metadata has one modseq here. */
  #modSeq(): ParsedKey {
    const cursor = this.#cursor;
    cursor.space();
    if (cursor.peek() === '"') {
      cursor.string('an entry name');
      cursor.space();
      const type = cursor.keyword('an entry type');
      if (type !== 'PRIV' && type !== 'SHARED' && type !== 'ALL') throw cursor.fault('priv, shared or all');
      cursor.space();
    }
    return { kind: 'modseq', modSeq: cursor.number64('a modseq') };
  }

  #string(): string {
    this.#cursor.space();
    return this.#cursor.astring();
  }

  #flagKeyword(): string {
    this.#cursor.space();
    return this.#cursor.atom('a keyword');
  }
}

/** What a selected mailbox makes of what only it knows. */
export interface KeyResolver {
  /** Uids of sequence numbers. */
  numbers(set: SequenceSet): NumberSet;
  /** Uids of a set of uids. */
  uids(set: SequenceSet): NumberSet;
  recent(): NumberSet;
}

/** The key with all sets as uids. */
export function resolveKey(key: ParsedKey, resolver: KeyResolver): SearchKey {
  if ('keys' in key) return { kind: key.kind, keys: key.keys.map((each) => resolveKey(each, resolver)) };
  if ('key' in key) return { kind: key.kind, key: resolveKey(key.key, resolver) };
  if ('set' in key) {
    return { kind: 'uids', set: key.kind === 'numbers' ? resolver.numbers(key.set) : resolver.uids(key.set) };
  }
  return key.kind === 'recent' ? { kind: 'uids', set: resolver.recent() } : key;
}

/** Whether MODSEQ is among the criteria: the answer then tells the highest modseq (RFC 7162 §3.1.5). */
export function namesModSeq(key: ParsedKey): boolean {
  return someKey(key, ({ kind }) => kind === 'modseq');
}

/** Whether the criteria name message numbers or saved results, which mean something in the selected mailbox alone. */
export function namesNumbers(key: ParsedKey): boolean {
  return someKey(key, (each) => each.kind === 'numbers' || (each.kind === 'uid-numbers' && each.set === '$'));
}

/** Whether a key, or one inside it, is so. */
export function someKey(key: ParsedKey, isSo: (key: ParsedKey) => boolean): boolean {
  if (isSo(key)) return true;
  if (key.kind === 'and' || key.kind === 'or') return key.keys.some((each) => someKey(each, isSo));
  return (key.kind === 'not' || key.kind === 'fuzzy') && someKey(key.key, isSo);
}
