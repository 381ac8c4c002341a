import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { parseMessage } from '../mime/parse-message.ts';
import { REFERENCES_MAX, REFERENCES_MAX_OCTETS } from './limits.ts';
import { readMessageIds } from './message-ids.ts';
import { readMessageKeys, type MessageKeys } from './message-keys.ts';

function keys(...lines: string[]): MessageKeys {
  const { envelope } = parseMessage(Buffer.from(`${lines.join('\r\n')}\r\n\r\n`)).root;
  assert.ok(envelope !== null);
  return readMessageKeys(envelope);
}

const IDS: [string, string[]][] = [
  ['<a@b>', ['a@b']],
  ['<a@b> <c@d>,<e@f>', ['a@b', 'c@d', 'e@f']],
  ['<a@b>\r\n\t<c@d>', ['a@b', 'c@d']],
  ['<"a b"@c>', ['a b@c']],
  ['<"a"@c> (x) <d@e>', ['a@c', 'd@e']],
  ['< a . b @ c >', ['a.b@c']],
  ['<a@[1.2.3.4]>', ['a@[1.2.3.4]']],
  ['a@b', []],
  ['<a>', []],
  ['<a@b', []],
  ['<a <c@d>', ['c@d']],
  ['Your message of "Mon" <a@b>', ['a@b']],
];

for (const [value, ids] of IDS) {
  test(`RFC 5322 §3.6.4 the Message-IDs of ${JSON.stringify(value)}`, () =>
    assert.deepEqual(readMessageIds(value), ids));
}

test('many Message-IDs: the first and the last ones; nothing throws', () => {
  const many = readMessageIds(Array.from({ length: REFERENCES_MAX + 5 }, (_, i) => `<${i}@x>`).join(' '));
  assert.deepEqual([many.length, many[0], many.at(-1)], [REFERENCES_MAX, '0@x', `${REFERENCES_MAX + 4}@x`]);
  assert.deepEqual(readMessageIds(`<a@b>${' '.repeat(REFERENCES_MAX_OCTETS)}<c@d>`), ['c@d']);
  for (const unit of ['<', '<"', '<a@', '(', '<a', '"', '<a@b>(']) readMessageIds(unit.repeat(100_000));
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom('<', '>', '@', 'a', '"', ' ', '(', ')', '.', '\\', '[') }),
      (value) => {
        for (const id of readMessageIds(value)) assert.ok(id.includes('@'));
      },
    ),
  );
});

test('RFC 5256 §3 References count, else the first of In-Reply-To', () => {
  assert.deepEqual(keys('References: <a@b> <c@d>', 'In-Reply-To: <e@f>').references, ['a@b', 'c@d']);
  assert.deepEqual(keys('References: none', 'In-Reply-To: <e@f> <g@h>').references, ['e@f']);
  assert.equal(keys('Message-ID: <a@b>').messageId, 'a@b');
  assert.equal(keys('Message-ID: x').messageId, null);
});

test('RFC 5256 §2 and RFC 5957 §3 sort keys', () => {
  const found = keys(
    'Date: Mon, 7 Feb 1994 21:52:25 -0800',
    'Subject: Re: =?utf-8?q?Gr=C3=BC=C3=9Fe?=',
    'From: =?utf-8?q?J=C3=B6rg?= <joerg@one.test>, b@two.test',
    'To: friends: c@d;',
    'Cc: "x" <y@z>',
  );
  assert.deepEqual(found.subject, { text: 'Grüße', isReplyOrForward: true });
  assert.deepEqual(found.sentAt, { ms: Date.UTC(1994, 1, 8, 5, 52, 25), zoneMinutes: -480 });
  assert.deepEqual([found.from, found.displayFrom], ['joerg', 'Jörg']);
  assert.deepEqual([found.to, found.displayTo], ['friends', 'friends']);
  assert.equal(found.cc, 'y');
  assert.equal(keys('From: a@b').displayFrom, 'a@b');
  assert.deepEqual([keys('X: y').from, keys('X: y').displayFrom, keys('X: y').sentAt], ['', '', null]);
  assert.equal(keys('Subject: Grüße').subject.text, 'Grüße');
});
