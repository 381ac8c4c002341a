import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { formatDuration, formatSize, parseDuration, parseSize } from './units.ts';

test('durations and sizes are read', () => {
  const durations: [string, number | null][] = [
    ['30s', 30_000],
    ['1h30m', 5_400_000],
    ['5d', 432_000_000],
    ['250ms', 250],
    ['1w', 604_800_000],
    ['0s', 0],
    ['30', null],
    ['s', null],
    ['-1s', null],
    ['1 s', null],
    ['1.5h', null],
    ['', null],
    ['999999999999w', null],
  ];
  for (const [text, ms] of durations) assert.equal(parseDuration(text), ms, text);
  const sizes: [string, number | null][] = [
    ['25MB', 25_000_000],
    ['50MiB', 52_428_800],
    ['1 kB', 1000],
    ['1KB', 1000],
    ['1KiB', 1024],
    ['2GB', 2_000_000_000],
    ['7B', 7],
    ['25', null],
    ['25mb', null],
    ['1.5MB', null],
    ['999999999999GiB', null],
  ];
  for (const [text, bytes] of sizes) assert.equal(parseSize(text), bytes, text);
});

test('what is written reads back the same', () => {
  assert.equal(formatDuration(5_400_000), '90m');
  assert.equal(formatSize(52_428_800), '50MiB');
  fc.assert(fc.property(fc.nat(), (ms) => assert.equal(parseDuration(formatDuration(ms)), ms)));
  fc.assert(fc.property(fc.nat(), (bytes) => assert.equal(parseSize(formatSize(bytes)), bytes)));
});
