import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FIELD_NAME_MAX_OCTETS, HEADER_FIELDS_MAX, HEADER_MAX_OCTETS } from './limits.ts';
import { findHeaderEnd, getField, getFields, rawValue, scanHeader, unfold } from './scan.ts';

test('RFC 5322 §2.1 findHeaderEnd', () => {
  const cases: [string, number, number][] = [
    ['A: b\r\n\r\nbody', 6, 8],
    ['A: b\n\nbody\r\n\r\n', 5, 6],
    ['A: b\n\r\nbody', 5, 7],
    ['A: b\r\n', 6, 6],
    ['A: b', 4, 4],
    ['', 0, 0],
    ['\r\nbody\r\n\r\n', 0, 2],
    ['\nbody', 0, 1],
    ['A: b\r\nC: d\r\n\r\n', 12, 14],
  ];
  for (const [text, headerEnd, bodyStart] of cases) {
    assert.deepEqual(findHeaderEnd(Buffer.from(text)), { headerEnd, bodyStart }, JSON.stringify(text));
  }
});

test('RFC 5322 §2.2 fields by offset, names without case, values unfolded', () => {
  const message = Buffer.from(
    'Subject: one\r\n two\r\nX-Empty:\r\nReceived : a\r\nrEceived:\tb\r\n\tc\r\nnonsense\r\nFrom ann Mon\r\n\r\nbody: x\r\n',
  );
  const block = scanHeader(message);
  assert.deepEqual(
    block.fields.map((field) => field.name),
    ['subject', 'x-empty', 'received', 'received', '', ''],
  );
  assert.equal(getField(block, 'subject'), 'one two');
  assert.equal(getField(block, 'x-empty'), '');
  assert.equal(getField(block, 'body'), null);
  assert.deepEqual(getFields(block, 'received'), ['a', 'b\tc']);
  assert.equal(rawValue(block, block.fields[0]!), ' one\r\n two');
  assert.equal(message.subarray(block.bodyStart).toString(), 'body: x\r\n');
  assert.equal(block.exceeded, null);
});

test('RFC 6532 §3 values are UTF-8 where they can be, Latin-1 where not', () => {
  const block = scanHeader(Buffer.concat([Buffer.from('A: ü\r\nB: '), Buffer.from([0xfc]), Buffer.from('\r\n\r\n')]));
  assert.equal(getField(block, 'a'), 'ü');
  assert.equal(getField(block, 'b'), 'ü');
});

test('limits of octets and fields end the scan and are told', () => {
  const many = 'A: b\r\n'.repeat(HEADER_FIELDS_MAX);
  assert.equal(scanHeader(Buffer.from(`${many}\r\n`)).exceeded, null);
  const more = scanHeader(Buffer.from(`${many}A: b\r\n\r\n`));
  assert.equal(more.exceeded, 'fields');
  assert.equal(more.fields.length, HEADER_FIELDS_MAX);
  const long = scanHeader(Buffer.from(`A: ${'b'.repeat(HEADER_MAX_OCTETS)}\r\n\r\n`));
  assert.equal(long.exceeded, 'octets');
  assert.equal(long.fields[0]?.end, HEADER_MAX_OCTETS);
});

test('what is longer than a name may be is no field', () => {
  const name = 'N'.repeat(FIELD_NAME_MAX_OCTETS);
  assert.equal(getField(scanHeader(Buffer.from(`${name}: x\r\n\r\n`)), name.toLowerCase()), 'x');
  assert.equal(scanHeader(Buffer.from(`N${name}: x\r\n\r\n`)).fields[0]?.name, '');
});

test('unfold leaves text without line endings alone', () => {
  assert.equal(unfold(' a \r\n\tb\n c '), 'a \tb c');
});
