import assert from 'node:assert/strict';
import { isIPv4, isIPv6 } from 'node:net';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { formatIp, parseCidr, parseIp } from './ip.ts';

test('parseIp agrees with node:net on what is an address', () => {
  const text = fc.oneof(fc.ipV4(), fc.ipV6(), fc.stringMatching(/^[0-9a-f:.]{0,24}$/));
  fc.assert(
    fc.property(text, (candidate) => {
      assert.equal(parseIp(candidate) !== null, isIPv4(candidate) || isIPv6(candidate));
    }),
    { numRuns: 2000 },
  );
});

test('formatIp(parseIp(x)) is stable and never longer than 39 characters', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 16, maxLength: 16 }), (bytes) => {
      const text = formatIp(bytes);
      assert.ok(text.length <= 39);
      const again = parseIp(text);
      assert.ok(again !== null);
      if (again.length === 16) assert.deepEqual(again, bytes);
      else assert.deepEqual(again, bytes.slice(12));
    }),
  );
});

test('parseCidr never throws', () => {
  fc.assert(fc.property(fc.string(), (text) => parseCidr(text) === null || text.length > 1));
});
