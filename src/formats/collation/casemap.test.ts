import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { casemapAscii, casemapUnicode, compareKeys } from './casemap.ts';

test('RFC 4790 §9.2.1 i;ascii-casemap changes a to z only', () => {
  assert.equal(casemapAscii('aZ~é'), 'AZ~é');
  assert.equal(casemapAscii('az'), 'AZ');
});

test('RFC 5051 §2 i;unicode-casemap', () => {
  const equal: [string, string][] = [
    ['Straße', 'STRAßE'],
    ['é', 'e\u0301'],
    ['É', 'é'],
    ['ﬁ', 'FI'.toLowerCase().replace('fi', 'ﬁ')],
    ['Ａ', 'a'],
    ['Ǆ', 'ǆ'],
    ['ǅ', 'ǆ'],
    ['я', 'Я'],
    ['σ', 'ς'],
    ['ა', 'ა'],
    ['😀', '😀'],
  ];
  for (const [a, b] of equal) assert.equal(casemapUnicode(a), casemapUnicode(b), `${a} ${b}`);
  assert.ok(casemapUnicode('Crème brûlée').includes(casemapUnicode('BRU\u0302LE\u0301E')));
  assert.notEqual(casemapUnicode('ß'), casemapUnicode('ss'));
});

test('RFC 5051 §2 keys compare as their UTF-8', () => {
  const sign = (n: number): number => Math.sign(n);
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'grapheme' }), (a, b) => {
      assert.equal(sign(compareKeys(a, b)), sign(Buffer.compare(Buffer.from(a), Buffer.from(b))));
    }),
  );
  assert.ok(compareKeys('\uffff', '😀') < 0);
  assert.equal(compareKeys('a', 'a'), 0);
});
