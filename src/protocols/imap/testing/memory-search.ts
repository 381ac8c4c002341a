// SEARCH over messages in memory: the criteria as plain code, for tests.
import { hasNumber } from '../../../formats/number-set.ts';
import type { DateTest, SearchKey } from '../search-key.ts';
import type { MemoryMessage } from './memory-store.ts';

const DAY_MS = 86_400_000;

type KeyOf<K extends SearchKey['kind'], Each = SearchKey> = Each extends { kind: infer Kinds }
  ? K extends Kinds
    ? Each
    : never
  : never;
type Matches<K extends SearchKey['kind']> = (message: MemoryMessage, key: KeyOf<K>) => boolean;

const isThere = (): boolean => true;
const isNot = (): boolean => false;

const MATCHERS: { readonly [K in SearchKey['kind']]: Matches<K> } = {
  all: isThere,
  'save-date-supported': isThere,
  and: (message, { keys }) => keys.every((each) => matchesKey(message, each)),
  or: (message, { keys }) => keys.some((each) => matchesKey(message, each)),
  not: (message, { key }) => !matchesKey(message, key),
  fuzzy: (message, { key }) => matchesKey(message, key),
  uids: (message, { set }) => hasNumber(set, message.uid),
  flag: (message, { bit }) => (message.flags & bit) !== 0,
  keyword: (message, { keyword }) => message.keywords.toLowerCase().split(' ').includes(keyword.toLowerCase()),
  larger: (message, { octets }) => message.octets.length > octets,
  smaller: (message, { octets }) => message.octets.length < octets,
  modseq: (message, { modSeq }) => message.modSeq >= modSeq,
  'email-id': (message, { id }) => message.emailId === id,
  'thread-id': isNot,
  older: isNot,
  younger: isNot,
  'internal-date': matchesDay,
  'saved-date': matchesDay,
  'sent-date': matchesDay,
  bcc: matchesText,
  body: matchesText,
  cc: matchesText,
  from: matchesText,
  header: matchesText,
  subject: matchesText,
  text: matchesText,
  to: matchesText,
};

/** Whether a message meets the criteria. */
export function matchesKey(message: MemoryMessage, key: SearchKey): boolean {
  const matches = MATCHERS[key.kind] as Matches<SearchKey['kind']>;
  return matches(message, key);
}

function matchesText(message: MemoryMessage, key: Extract<SearchKey, { text: string }>): boolean {
  const text = message.octets.toString().toLowerCase();
  const end = text.indexOf('\r\n\r\n') + 2;
  const wanted = key.text.toLowerCase();
  if (key.kind === 'text') return text.includes(wanted);
  if (key.kind === 'body') return text.slice(end).includes(wanted);
  return field(text.slice(0, end), key.kind === 'header' ? key.field : key.kind)?.includes(wanted) ?? false;
}

function field(header: string, name: string): string | undefined {
  const prefix = `${name.toLowerCase()}:`;
  return header.split('\r\n').find((line) => line.startsWith(prefix));
}

function matchesDay(message: MemoryMessage, key: { readonly test: DateTest; readonly day: number }): boolean {
  const day = Math.floor((message.atMs + message.zoneMinutes * 60_000) / DAY_MS);
  if (key.test === 'on') return day === key.day;
  return key.test === 'before' ? day < key.day : day >= key.day;
}
