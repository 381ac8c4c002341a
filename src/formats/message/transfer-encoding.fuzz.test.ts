import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { decodeBody, encodeBase64, encodeQuotedPrintable } from './transfer-encoding.ts';

test('RFC 2045 §6.7 and §6.8 whatever is encoded comes back, in lines of at most 76 octets', () => {
  const octets = fc.oneof(
    fc.uint8Array({ maxLength: 500 }),
    fc
      .array(fc.constantFrom('a', ' ', '\t', '\r\n', '\r', '\n', '=', 'ü', '.', 'From '), { maxLength: 300 })
      .map((list) => Buffer.from(list.join(''))),
  );
  fc.assert(
    fc.property(octets, (bytes) => {
      const original = Buffer.from(bytes);
      for (const [encoding, encoded] of [
        ['quoted-printable', encodeQuotedPrintable(original)],
        ['base64', encodeBase64(original)],
      ] as const) {
        assert.deepEqual(decodeBody(encoded, encoding), original);
        for (const line of encoded.toString('latin1').split('\r\n')) {
          assert.ok(line.length <= 76);
          assert.ok(/^[\t -~]*$/.test(line) && !/[ \t]$/.test(line));
        }
      }
    }),
    { numRuns: 1000 },
  );
});
