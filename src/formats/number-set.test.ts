import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SyntaxFault } from '../base/errors/syntax-fault.ts';
import { formatNumberSet, mergeRanges, parseNumberSet } from './number-set.ts';

test('RFC 9051 §9 a sequence-set reads as ascending ranges, whatever its order', () => {
  const cases: [string, string][] = [
    ['', ''],
    ['4', '4'],
    ['4:2', '2:4'],
    ['7,1:3,4', '1:4,7'],
    ['1:5,2:3', '1:5'],
    ['4294967295', '4294967295'],
  ];
  for (const [text, expected] of cases) assert.equal(formatNumberSet(parseNumberSet(text)), expected, text);
});

test('RFC 9051 §9 what is no sequence-set is refused', () => {
  for (const text of ['0', '1:', ':1', '1,,2', ',', '4294967296', '01', '1:*', ' 1']) {
    assert.throws(() => parseNumberSet(text), SyntaxFault, text);
  }
});

test('neighbouring ranges become one', () => {
  assert.deepEqual(
    mergeRanges([
      [3, 4],
      [1, 2],
    ]),
    [1, 4],
  );
});
