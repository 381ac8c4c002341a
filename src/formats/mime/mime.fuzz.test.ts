import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import type { BodyPart } from './body-part.ts';
import { formatBody, formatBodyStructure } from './body-structure.ts';
import { formatEnvelope } from './envelope.ts';
import { readEnvelopeAddresses } from './envelope-address.ts';
import { parseMessage } from './parse-message.ts';
import { readMediaType } from './parameters.ts';

const PIECES = [
  '--b\r\n',
  '--b--\r\n',
  '--bc\r\n',
  '--',
  '\r\n',
  '\n',
  '\r',
  ' ',
  'text',
  'Content-',
  ':',
  '\x00',
  '\xff',
  '--bc--\r\n',
  'Content-Type: multipart/mixed; boundary=b\r\n',
  'Content-Type: multipart/digest; boundary="bc"\r\n',
  'Content-Type: message/rfc822\r\n',
  'Content-Type: text/plain; name*0*=x; name*1="y"\r\n',
  'From: a (b) <@c:d@e>, f:g;\r\n',
  'Content-Disposition: x; y==?a?=\r\n',
  'Subject: "\\\r\n x\r\n',
  'To: "a" <b@[c]>, (',
  'Content-Language: de, (x) en\r\n',
];
const message = fc
  .oneof(
    fc.array(fc.constantFrom(...PIECES), { maxLength: 40 }).map((list) => list.join('')),
    fc.string({ unit: 'binary' }),
  )
  .map((text) => Buffer.from(text, 'latin1'));

function checkPart(part: BodyPart, parent: BodyPart | null, octets: Buffer): void {
  assert.ok(part.start <= part.bodyStart && part.bodyStart <= part.end);
  if (parent !== null) assert.ok(parent.bodyStart <= part.start && part.end <= parent.end);
  let before = part.bodyStart;
  for (const child of part.children) {
    assert.ok(before <= child.start);
    before = child.end;
    checkPart(child, part, octets);
  }
  if (part.kind === 'message') assert.equal(part.children.length, 1);
  if (part.kind === 'leaf') assert.equal(part.children.length, 0);
  if (part.kind === 'message') {
    assert.equal(part.lines, octets.toString('latin1', part.bodyStart, part.end).split('\n').length - 1);
  }
}

test('parts lie inside each other and in order, whatever comes in', () => {
  fc.assert(
    fc.property(message, (octets) => {
      const { root } = parseMessage(octets);
      assert.deepEqual([root.start, root.end], [0, octets.length]);
      checkPart(root, null, octets);
    }),
    { numRuns: 3000 },
  );
});

/** The length of one value of RFC 9051 §9 at `from`: NIL, number, quoted string, literal or list; throws where there is none. */
function valueEnd(text: string, from: number): number {
  const simple = /NIL|\d+|"(?:[^"\\\r\n\0\x80-\xff]|\\["\\])*"/y;
  simple.lastIndex = from;
  if (simple.test(text)) return simple.lastIndex;
  const literal = /\{(\d+)\}\r\n/y;
  literal.lastIndex = from;
  const found = literal.exec(text);
  if (found !== null) {
    assert.ok(!text.slice(literal.lastIndex, literal.lastIndex + Number(found[1])).includes('\0'));
    return literal.lastIndex + Number(found[1]);
  }
  assert.equal(text[from], '(', text.slice(from, from + 40));
  let position = from + 1;
  while (text[position] !== ')') {
    position = valueEnd(text, position);
    if (text[position] === ' ') position++;
  }
  return position + 1;
}

test('RFC 9051 §9 ENVELOPE, BODY and BODYSTRUCTURE keep to the grammar, whatever comes in', () => {
  fc.assert(
    fc.property(message, (octets) => {
      const parsed = parseMessage(octets);
      for (const answer of [formatEnvelope(parsed), formatBody(parsed), formatBodyStructure(parsed)]) {
        assert.equal(valueEnd(answer, 0), answer.length);
      }
    }),
    { numRuns: 2000 },
  );
});

test('long and odd fields cost time in proportion', () => {
  for (const unit of [
    '(',
    ')',
    '"',
    '\\',
    '<',
    '@',
    ',',
    ':',
    ';',
    'a:',
    '<@',
    'a=',
    ';a',
    ';a*0=',
    '.',
    'a.',
    ' ',
    '[',
    '(\\',
    '""',
    '<a>',
  ]) {
    const text = unit.repeat(200_000);
    readEnvelopeAddresses(text);
    readMediaType(text);
    readMediaType(`a/b${text}`);
    readMediaType(`a/b;c=${text}`);
  }
  for (const unit of [
    '--',
    '--\r\n',
    '--b',
    '--b\r\n',
    '\n',
    'a',
    ':',
    'Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n',
  ]) {
    parseMessage(Buffer.from(`Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n${unit.repeat(200_000)}`));
  }
});
