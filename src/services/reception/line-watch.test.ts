import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { hasLongLine } from '../../formats/message/octets.ts';
import { LineWatch } from './line-watch.ts';

/** Whether a long line is seen when the octets come cut at these places. */
function isSeen(octets: Buffer, cuts: readonly number[]): boolean {
  const watch = new LineWatch();
  const places = [0, ...cuts.map((cut) => Math.min(cut, octets.length)).toSorted((a, b) => a - b), octets.length];
  return places.some((place, at) => watch.seesLongLine(octets.subarray(place, places[at + 1] ?? octets.length)));
}

const line = fc
  .oneof(fc.integer({ min: 0, max: 5 }), fc.integer({ min: 996, max: 1000 }))
  .map((length) => `${'x'.repeat(length)}\r\n`);

test('RFC 5322 §2.1.1 lines of 998 octets pass and longer ones do not, however the chunks are cut', () => {
  const lines = fc.array(line, { maxLength: 6 }).map((all) => Buffer.from(all.join('')));
  fc.assert(
    fc.property(lines, fc.array(fc.nat(6100), { maxLength: 8 }), (octets, cuts) => {
      assert.equal(isSeen(octets, cuts), hasLongLine(octets));
    }),
  );
});

test('a line that never ends is seen before it does', () => {
  const watch = new LineWatch();
  assert.equal(watch.seesLongLine(Buffer.alloc(999, 'x')), false);
  assert.equal(watch.seesLongLine(Buffer.from('x')), true);
});
