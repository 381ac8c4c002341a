import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { hasBareLineEnding, stuffDots } from './line-endings.ts';

const lines = fc
  .array(fc.stringMatching(/^\.{0,3}[a-z.]{0,6}$/), { minLength: 1, maxLength: 60 })
  .map((all) => all.map((line) => `${line}\r\n`).join(''));
const soup = fc.array(fc.constantFrom('\r', '\n', '\r\n', '.', 'a'), { maxLength: 20 }).map((parts) => parts.join(''));

test('RFC 5321 §4.5.2 dots at the start of lines are doubled, wherever the body is cut', () => {
  fc.assert(
    fc.property(lines, fc.nat(300), (text, cut) => {
      const octets = Buffer.from(text);
      const first = octets.subarray(0, Math.min(cut, octets.length));
      const second = octets.subarray(first.length);
      const atLineStart = first.length === 0 || first[first.length - 1] === 0x0a;
      const stuffed = Buffer.concat([...stuffDots(first, true), ...stuffDots(second, atLineStart)]).toString();
      assert.equal(stuffed, text.replace(/^\./gm, '..'));
      assert.equal(stuffed.replace(/^\.\./gm, '.'), text);
    }),
  );
});

test('RFC 5321 §2.3.8 a CR or LF that stands alone is found, wherever the body is cut', () => {
  fc.assert(
    fc.property(soup, fc.nat(20), (text, cut) => {
      const octets = Buffer.from(text);
      const first = octets.subarray(0, Math.min(cut, octets.length));
      const second = octets.subarray(first.length);
      const found =
        hasBareLineEnding(first, 0) ||
        hasBareLineEnding(second, first[first.length - 1] ?? 0) ||
        octets[octets.length - 1] === 0x0d;
      assert.equal(found, /\r(?!\n)|(?<!\r)\n/.test(text), JSON.stringify(text));
    }),
  );
});

test('a body without a dot at a line start is not copied', () => {
  const octets = Buffer.from('a.b\r\nc\r\n');
  assert.deepEqual(stuffDots(octets, true), [octets]);
  assert.equal(stuffDots(octets, true)[0], octets);
});
