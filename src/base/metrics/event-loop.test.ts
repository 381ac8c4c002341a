import assert from 'node:assert/strict';
import { test } from 'node:test';
import { watchEventLoop } from './event-loop.ts';

test('the delay is told in order, never below zero, also when nothing was measured yet', () => {
  const read = watchEventLoop();
  for (let i = 0; i < 2; i++) {
    const { medianSeconds, p99Seconds, maxSeconds } = read();
    assert.ok(medianSeconds >= 0 && p99Seconds >= medianSeconds && maxSeconds >= p99Seconds);
  }
});
