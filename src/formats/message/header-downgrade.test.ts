import assert from 'node:assert/strict';
import { isAscii } from 'node:buffer';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { decodeEncodedWords } from '../header/encoded-word.ts';
import { getField, scanHeader } from '../header/scan.ts';
import { parseParameterized } from './content-type.ts';
import { downgradeHeader } from './header-downgrade.ts';

function downgraded(...lines: string[]): string {
  return downgradeHeader(Buffer.from(`${lines.join('\r\n')}\r\n\r\n`)).toString();
}

test('a header in ASCII stays the same Buffer', () => {
  const header = Buffer.from('Subject: =?UTF-8?Q?x?=\r\nTo: a@one.test\r\n\r\n');
  assert.equal(downgradeHeader(header), header);
});

const FIELDS: [string, string, string][] = [
  ['RFC 6858 §3.3 a subject', 'Subject: Grüße', 'Subject: =?UTF-8?B?R3LDvMOfZQ==?='],
  ['its neighbours stay as they are', 'X-Odd:   spaced\r\nSubject: ü', 'X-Odd:   spaced\r\nSubject: =?UTF-8?B?w7w=?='],
  ['a name', 'From: Jörg <joerg@one.test>', 'From: =?UTF-8?B?SsO2cmc=?= <joerg@one.test>'],
  ['a domain has A-labels', 'To: ann@exämple.test', 'To: ann@xn--exmple-cua.test'],
  [
    'RFC 6858 §3.1 an address becomes a name',
    'Cc: jörg@one.test, b@two.test',
    'Cc: =?UTF-8?Q?j=C3=B6rg=40one=2Etest?=\r\n <invalid@internationalized-address.invalid>, b@two.test',
  ],
  ['a group', 'To: Ä: a@one.test, b@one.test;', 'To: =?UTF-8?B?w4Q=?=: a@one.test, b@one.test;'],
  ['the return path', 'Return-Path: <jörg@one.test>', 'Return-Path: <invalid@internationalized-address.invalid>'],
  ['RFC 6858 §3.4 what cannot be shown is left out', 'Message-ID: <ü@one.test>\r\nA: b', 'A: b'],
  ['a line that is no field is left out', 'A: b\r\nschrött', 'A: b'],
  [
    'a file name',
    'Content-Disposition: attachment; filename="Grüße.pdf"; size=3',
    "Content-Disposition: attachment; filename*=UTF-8''Gr%C3%BC%C3%9Fe.pdf; size=3",
  ],
];

for (const [title, before, after] of FIELDS) {
  test(`${title}: ${before.split('\r\n').at(-1)}`, () => {
    assert.equal(downgraded(before), `${after}\r\n\r\n`);
  });
}

test('a display name stays readable beside the address that is not', () => {
  const from = getField(scanHeader(Buffer.from(downgraded('From: Jörg <jörg@one.test>'))), 'from') ?? '';
  assert.equal(decodeEncodedWords(from), 'Jörg (jörg@one.test) <invalid@internationalized-address.invalid>');
});

test('octets that are no UTF-8 are read as Latin-1', () => {
  const header = Buffer.from('Subject: caf\u00e9\r\n\r\n', 'latin1');
  assert.equal(decodeEncodedWords(downgradeHeader(header).toString()), 'Subject: café\r\n\r\n');
});

const text = fc.string({
  unit: fc.constantFrom('a', 'ü', '漢', ' ', '"', '\\', '<', '>', '@', ',', ';', ':', '=?', '(', '\r\n '),
});
const name = fc.constantFrom(
  'Subject',
  'From',
  'Content-Type',
  'Return-Path',
  'Received',
  'Resent-To',
  'X-Y',
  'bad name',
);

test('whatever comes in, what goes out is ASCII, and the empty line is still the only one', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(name, text), { maxLength: 6 }), (fields) => {
      const lines = fields.map(([field, value]) => `${field}: ${value.replaceAll(/\r\n\s*(?=\r\n|$)/gu, '')}x\r\n`);
      const out = downgradeHeader(Buffer.from(`${lines.join('')}\r\n`));
      assert.ok(isAscii(out));
      const unchanged = isAscii(Buffer.from(lines.join('')));
      if (!unchanged) assert.equal(out.indexOf('\r\n\r\n'), out.length === 2 ? -1 : out.length - 4);
    }),
  );
});

test('subjects and file names come back whole', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', minLength: 1 }), (value) => {
      const clean = `ü${value.replaceAll(/[\p{C}\p{Z}"\\=?]/gu, '')}`;
      const block = scanHeader(
        Buffer.from(downgraded(`Subject: ${clean}`, `Content-Disposition: attachment; filename="${clean}"`)),
      );
      assert.equal(decodeEncodedWords(getField(block, 'subject') ?? ''), clean);
      assert.equal(parseParameterized(getField(block, 'content-disposition') ?? '').parameters.get('filename'), clean);
    }),
  );
});
