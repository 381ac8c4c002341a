import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RETRY_MAX_MS } from './limits.ts';
import { retryWaitMs } from './retry-schedule.ts';

test('RFC 5321 §4.5.4.1 retries after 1, 5, 15 and 30 minutes, then growing to 4 hours; one at 4 hours of age', () => {
  const minutes: number[] = [];
  for (let ageMs = 0, at = 0; at < 14; at++) {
    const wait = retryWaitMs(ageMs, 0);
    minutes.push(Math.round(wait / 60_000));
    ageMs += wait;
  }
  assert.deepEqual(minutes, [1, 5, 15, 30, 30, 41, 61, 58, 120, 180, 240, 240, 240, 240]);
});

test('waits are whole milliseconds: the store keeps no fractions', () => {
  for (const age of [0, 1, 1e5, 1e6, 7_777_777, 1e7, 1e8]) assert.ok(Number.isInteger(retryWaitMs(age, 0.123_456)));
});

test('jitter only lengthens a wait, by a tenth at most', () => {
  for (const age of [0, 1e5, 1e6, 1e7, 1e8]) {
    const least = retryWaitMs(age, 0);
    const most = retryWaitMs(age, 0.999_999);
    assert.ok(most >= least && most <= least * 1.1);
  }
  assert.ok(retryWaitMs(5 * 86_400_000, 0.999) <= RETRY_MAX_MS * 1.1);
});

test('another schedule holds, and no wait is shorter than a second', () => {
  const schedule = { firstWaitsMs: [2000, 9000], waitMaxMs: 60_000, delayReportAfterMs: 1e9 };
  const waits = [0, 1999, 2000, 10_999, 11_000, 30_000, 1e6].map((ageMs) => retryWaitMs(ageMs, 0, schedule));
  assert.deepEqual(waits, [2000, 2000, 9000, 9000, 9000, 15_000, 60_000]);
  assert.equal(retryWaitMs(0, 0, { ...schedule, firstWaitsMs: [] }), 1000);
});
