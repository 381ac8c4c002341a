import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { hasLongLine } from './octets.ts';

test('hasLongLine agrees with looking at every line', () => {
  const lengths = fc.array(fc.oneof(fc.nat(100), fc.integer({ min: 990, max: 1010 })), { maxLength: 30 });
  fc.assert(
    fc.property(lengths, (all) => {
      const text = all.map((n) => `${'x'.repeat(n)}\r\n`).join('');
      assert.equal(
        hasLongLine(Buffer.from(text)),
        all.some((n) => n > 998),
      );
    }),
  );
});
