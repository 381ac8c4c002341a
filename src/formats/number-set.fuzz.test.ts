import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { SyntaxFault } from '../base/errors/syntax-fault.ts';
import {
  countNumbers,
  formatNumberSet,
  hasNumber,
  intersectSets,
  numbersOf,
  parseNumberSet,
  subtractSet,
  toNumberSet,
  uniteSets,
} from './number-set.ts';

const numbers = fc
  .uniqueArray(fc.integer({ min: 1, max: 60 }), { maxLength: 40 })
  .map((list) => list.sort((a, b) => a - b));

test('a set behaves as the set of its numbers', () => {
  fc.assert(
    fc.property(numbers, numbers, (a, b) => {
      const [setA, setB] = [toNumberSet(a), toNumberSet(b)];
      assert.deepEqual([...numbersOf(setA)], a);
      assert.equal(countNumbers(setA), a.length);
      assert.deepEqual(parseNumberSet(formatNumberSet(setA)), setA);
      assert.deepEqual(intersectSets(setA, setB), toNumberSet(a.filter((n) => b.includes(n))));
      assert.deepEqual(subtractSet(setA, setB), toNumberSet(a.filter((n) => !b.includes(n))));
      assert.deepEqual(uniteSets(setA, setB), toNumberSet([...new Set([...a, ...b])].sort((x, y) => x - y)));
      for (let n = 0; n <= 61; n++) assert.equal(hasNumber(setA, n), a.includes(n));
    }),
  );
});

test('any text is a set or a SyntaxFault', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom('0', '1', '2', '9', ':', ',', '*', ' ') }), (text) => {
      try {
        assert.equal(typeof formatNumberSet(parseNumberSet(text)), 'string');
      } catch (error) {
        assert.ok(error instanceof SyntaxFault);
      }
    }),
  );
});
