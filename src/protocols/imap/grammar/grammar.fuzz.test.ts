import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { SyntaxFault } from '../../../base/errors/syntax-fault.ts';
import { formatAstring, formatMailbox, formatString } from '../format.ts';
import { CommandCursor } from './cursor.ts';
import { formatDateTime, parseDateTime, parseDay } from './date.ts';
import { parseFetchItems } from './fetch.ts';
import { formatFlags, parseFlagList } from './flags.ts';
import { compilePattern } from './list-pattern.ts';
import { parseMailbox } from './mailbox.ts';
import { formatPartialRange, parsePartialRange, takePartial } from './partial.ts';
import { parseSearchKeys } from './search.ts';
import { parseSequenceSet, resolveSet } from './sequence-set.ts';

const PARSERS: Readonly<Record<string, (cursor: CommandCursor) => unknown>> = {
  fetch: parseFetchItems,
  search: parseSearchKeys,
  set: parseSequenceSet,
  flags: (cursor) => parseFlagList(cursor, true),
  date: parseDateTime,
  day: parseDay,
  mailbox: (cursor) => parseMailbox(cursor, false),
  partial: parsePartialRange,
};

const WORDS = [
  ...'BODY BODY.PEEK[ HEADER.FIELDS BINARY[1.2] <0.5> ( ) [ ] " \\ OR NOT ALL UID TEXT HEADER MODSEQ KEYWORD'.split(
    ' ',
  ),
  ...'1:* $ 4,2:9 0 -1:-5 2-Jan-2020 \\Seen % *'.split(' '),
  ' ',
  '{3}\r\nabc',
  '~{2+}\r\n\0a',
];
const word = fc.constantFrom(...WORDS);
const text = fc.oneof(
  fc.array(word, { maxLength: 30 }).map((words) => words.join('')),
  fc.array(word, { maxLength: 30 }).map((words) => words.join(' ')),
  fc.uint8Array({ maxLength: 100 }).map((octets) => Buffer.from(octets).toString('latin1')),
);

test('any octets are understood or a SyntaxFault within the text', () => {
  fc.assert(
    fc.property(fc.constantFrom(...Object.keys(PARSERS)), text, (name, octets) => {
      try {
        PARSERS[name]!(new CommandCursor(octets));
      } catch (error) {
        assert.ok(error instanceof SyntaxFault, String(error));
        assert.ok(error.offset >= 0 && error.offset <= octets.length);
      }
    }),
    { numRuns: 5_000 },
  );
});

const anyText = fc
  .string({ unit: 'grapheme', maxLength: 40 })
  .filter((value) => value.isWellFormed() && !value.includes('\0'));
const cursorOf = (formatted: string): CommandCursor => new CommandCursor(Buffer.from(formatted).toString('latin1'));

test('RFC 9051 §4.3 every string is read as it was written', () => {
  fc.assert(
    fc.property(anyText, fc.boolean(), (value, utf8) => {
      assert.equal(cursorOf(formatString(value, utf8)).string(), value);
      assert.equal(cursorOf(formatAstring(value, utf8)).astring(), value);
    }),
  );
});

test('RFC 9051 §5.1 every mailbox name is read as it was written', () => {
  fc.assert(
    fc.property(anyText, fc.boolean(), (value, utf8) => {
      const name = value.normalize('NFC');
      fc.pre(!/[\u0000-\u001f\u007f-\u009f\u2028\u2029]|^inbox/iu.test(name));
      assert.equal(parseMailbox(cursorOf(formatMailbox(name, utf8)), utf8), name);
    }),
  );
});

test('RFC 9051 §9 every date with a zone is read as it was written', () => {
  const seconds = fc.integer({ min: -2_000_000_000, max: 4_000_000_000 });
  fc.assert(
    fc.property(seconds, fc.integer({ min: -720, max: 840 }), (at, zoneMinutes) => {
      const date = { atMs: at * 1_000, zoneMinutes };
      assert.deepEqual(parseDateTime(new CommandCursor(formatDateTime(date.atMs, zoneMinutes))), date);
    }),
  );
});

test('RFC 9051 §2.3.2 flags are read as they were written', () => {
  const keywords = fc.uniqueArray(fc.stringMatching(/^[$A-Za-z][A-Za-z0-9]{0,8}$/u), {
    maxLength: 5,
    selector: (name) => name.toLowerCase(),
  });
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 31 }), keywords, (flags, names) => {
      const value = { flags, keywords: names.sort().join(' ') };
      assert.deepEqual(parseFlagList(new CommandCursor(`(${formatFlags(flags, value.keywords, true)})`), false), value);
    }),
  );
});

test('RFC 9394 §4 a range takes the places it names, from either end', () => {
  const range = fc.tuple(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 12 }), fc.boolean());
  const numbers = fc
    .uniqueArray(fc.integer({ min: 1, max: 30 }), { maxLength: 12 })
    .map((list) => list.sort((a, b) => a - b));
  fc.assert(
    fc.property(range, numbers, ([a, b, fromEnd], list) => {
      const written = fromEnd ? `-${a}:-${b}` : `${a}:${b}`;
      const parsed = parsePartialRange(new CommandCursor(written));
      assert.deepEqual(parsePartialRange(new CommandCursor(formatPartialRange(parsed))), parsed);
      const set = resolveSet(
        list.flatMap((n) => [n, n]),
        30,
      );
      const ordered = fromEnd ? list.toReversed() : list;
      const expected = ordered.slice(parsed.first - 1, parsed.last).sort((x, y) => x - y);
      assert.deepEqual(
        takePartial(set, parsed),
        resolveSet(
          expected.flatMap((n) => [n, n]),
          30,
        ),
      );
    }),
  );
});

test('RFC 9051 §6.3.9 patterns match as the standard says', () => {
  const cases: [string, string, boolean][] = [
    ['*', 'a/b', true],
    ['%', 'a/b', false],
    ['%', 'a', true],
    ['a/%', 'a/b', true],
    ['a/%', 'a/b/c', false],
    ['a*c', 'a/b/c', true],
    ['%/%', 'a/b', true],
    ['inbox', 'INBOX', true],
    ['%nbox', 'INBOX', true],
    ['inbox/%', 'INBOX/x', true],
    ['', 'a', false],
    ['a%*', 'a/b', true],
  ];
  for (const [pattern, name, expected] of cases)
    assert.equal(compilePattern(pattern)?.(name), expected, `${pattern} ${name}`);
  assert.equal(compilePattern('%a'.repeat(40)), null);
});
