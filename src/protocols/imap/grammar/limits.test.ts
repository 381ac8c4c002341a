import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SyntaxFault } from '../../../base/errors/syntax-fault.ts';
import {
  FETCH_ITEMS_MAX,
  FILTER_MAILBOXES_MAX,
  FLAGS_MAX,
  HEADER_FIELDS_MAX,
  KEYWORD_MAX_OCTETS,
  MAILBOX_FILTERS_MAX,
  MAILBOX_NAME_MAX_OCTETS,
  SEARCH_DEPTH_MAX,
  SEARCH_KEYS_MAX,
  SECTION_DEPTH_MAX,
  SET_RANGES_MAX,
  SORT_KEYS_MAX,
  TAG_MAX_OCTETS,
} from '../limits.ts';
import { parseSources } from '../server/commands/esearch.ts';
import { tagOf } from '../server/commands/table.ts';
import { CommandCursor } from './cursor.ts';
import { parseFetchItems } from './fetch.ts';
import { parseFlagList } from './flags.ts';
import { parseMailboxFilter } from './mailbox-filter.ts';
import { parseMailbox } from './mailbox.ts';
import { parseSearchKeys } from './search.ts';
import { parseSortKeys } from './sort.ts';
import { parseSequenceSet } from './sequence-set.ts';

const times = (text: string, n: number, between = ' '): string => Array.from({ length: n }, () => text).join(between);

interface Bound {
  readonly name: string;
  readonly max: number;
  readonly parse: (cursor: CommandCursor) => unknown;
  readonly text: (n: number) => string;
}

const BOUNDS: readonly Bound[] = [
  { name: 'ranges', max: SET_RANGES_MAX, parse: parseSequenceSet, text: (n) => times('1', n, ',') },
  { name: 'search keys', max: SEARCH_KEYS_MAX, parse: parseSearchKeys, text: (n) => times('ALL', n) },
  {
    name: 'levels',
    max: SEARCH_DEPTH_MAX,
    parse: parseSearchKeys,
    text: (n) => `${'('.repeat(n - 1)}ALL${')'.repeat(n - 1)}`,
  },
  { name: 'FETCH items', max: FETCH_ITEMS_MAX, parse: parseFetchItems, text: (n) => `(${times('UID', n)})` },
  {
    name: 'header fields',
    max: HEADER_FIELDS_MAX,
    parse: parseFetchItems,
    text: (n) => `BODY[HEADER.FIELDS (${times('a', n)})]`,
  },
  { name: 'part numbers', max: SECTION_DEPTH_MAX, parse: parseFetchItems, text: (n) => `BODY[${times('1', n, '.')}]` },
  { name: 'flags', max: FLAGS_MAX, parse: (cursor) => parseFlagList(cursor, true), text: (n) => times('a', n) },
  {
    name: 'flags in a list',
    max: FLAGS_MAX,
    parse: (cursor) => parseFlagList(cursor, false),
    text: (n) => `(${times('a', n)})`,
  },
  {
    name: 'keyword',
    max: KEYWORD_MAX_OCTETS,
    parse: (cursor) => parseFlagList(cursor, true),
    text: (n) => 'a'.repeat(n),
  },
  { name: 'sort keys', max: SORT_KEYS_MAX, parse: parseSortKeys, text: (n) => `(${times('SIZE', n)})` },
  {
    name: 'mailboxes of a filter',
    max: FILTER_MAILBOXES_MAX,
    parse: (cursor) => parseMailboxFilter(cursor, true),
    text: (n) => `mailboxes (${times('a', n)})`,
  },
  {
    name: 'mailbox filters',
    max: MAILBOX_FILTERS_MAX,
    parse: (cursor) => parseSources(cursor, true),
    text: (n) => `(${times('inboxes', n)})`,
  },
  {
    name: 'mailbox name',
    max: MAILBOX_NAME_MAX_OCTETS,
    parse: (cursor) => parseMailbox(cursor, true),
    text: (n) => 'a'.repeat(n),
  },
];

for (const { name, max, parse, text } of BOUNDS) {
  test(`${name}: ${max} are read, one more is refused`, () => {
    parse(new CommandCursor(text(max)));
    assert.throws(() => parse(new CommandCursor(text(max + 1))), SyntaxFault);
  });
}

test('a tag beyond its length is none', () => {
  assert.equal(tagOf(`${'a'.repeat(TAG_MAX_OCTETS)} NOOP`), 'a'.repeat(TAG_MAX_OCTETS));
  assert.equal(tagOf(`${'a'.repeat(TAG_MAX_OCTETS + 1)} NOOP`), '*');
});
