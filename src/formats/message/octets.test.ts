import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hasBareCrOrLf, hasEightBit, hasLongLine, hasNul, toCrlf } from './octets.ts';

test('RFC 2045 §2.7 8-bit and NUL', () => {
  assert.equal(hasEightBit(Buffer.from('abc\x7f')), false);
  assert.equal(hasEightBit(Buffer.from('ü')), true);
  assert.equal(hasNul(Buffer.from('abc')), false);
  assert.equal(hasNul(Buffer.from('a\0')), true);
});

test('RFC 5322 §2.3 bare CR and LF', () => {
  const cases: [string, boolean][] = [
    ['', false],
    ['a\r\nb\r\n', false],
    ['\r\n\r\n', false],
    ['a\nb', true],
    ['a\rb', true],
    ['a\r', true],
    ['\n', true],
    ['a\r\r\n', true],
    ['a\r\n\n', true],
    ['a\n\r', true],
  ];
  for (const [text, expected] of cases) {
    assert.equal(hasBareCrOrLf(Buffer.from(text)), expected, JSON.stringify(text));
    // The same across the border of two chunks.
    for (const shift of [65_534, 65_535, 65_536]) {
      assert.equal(hasBareCrOrLf(Buffer.from('x'.repeat(shift) + text)), expected, JSON.stringify(text));
    }
    assert.equal(hasBareCrOrLf(toCrlf(Buffer.from(text))), false);
  }
  const clean = Buffer.from('a\r\nb');
  assert.equal(toCrlf(clean), clean);
  assert.equal(toCrlf(Buffer.from('a\nb\rc\r\nd\r\r\n')).toString(), 'a\r\nb\r\nc\r\nd\r\n\r\n');
});

test('RFC 5322 §2.1.1 lines of 998 octets are taken, of 999 not', () => {
  const line = (n: number) => `${'x'.repeat(n)}\r\n`;
  assert.equal(hasLongLine(Buffer.from(line(998).repeat(3))), false);
  assert.equal(hasLongLine(Buffer.from(line(999))), true);
  assert.equal(hasLongLine(Buffer.from(line(10).repeat(200) + line(999) + line(5))), true);
  assert.equal(hasLongLine(Buffer.from('x'.repeat(998))), false);
  assert.equal(hasLongLine(Buffer.from('x'.repeat(999))), true);
  assert.equal(hasLongLine(Buffer.alloc(0)), false);
});
