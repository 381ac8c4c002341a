import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { formatDate, parseDate } from './date.ts';

test('parseDate reads what formatDate writes, and throws at nothing', () => {
  const seconds = fc.integer({ min: -2_000_000_000, max: 200_000_000_000 });
  fc.assert(
    fc.property(seconds, fc.integer({ min: -1439, max: 1439 }), fc.string(), (second, zoneMinutes, text) => {
      assert.deepEqual(parseDate(formatDate(second * 1000, zoneMinutes)), { ms: second * 1000, zoneMinutes });
      parseDate(text);
    }),
  );
});
