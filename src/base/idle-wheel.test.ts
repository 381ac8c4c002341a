import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { VirtualClock } from '../../test/support/virtual-clock.ts';
import { IdleWheel } from './idle-wheel.ts';

test('an idle entry is called once, not before its time and at most two ticks late', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 2_000_000 }),
      fc.integer({ min: 0, max: 60_000 }),
      async (idleMs, waitMs) => {
        const clock = new VirtualClock();
        const wheel = new IdleWheel(clock, 5_000);
        const keepsTurning = wheel.watch(10_000_000, () => {});
        await clock.advance(waitMs);
        const startMs = clock.now();
        const calls: number[] = [];
        wheel.watch(idleMs, () => calls.push(clock.now() - startMs));
        await clock.advance(idleMs + 11_000);
        keepsTurning.stop();
        assert.equal(calls.length, 1);
        assert.ok(calls[0]! >= idleMs && calls[0]! <= idleMs + 10_000, `${calls[0]} for ${idleMs}`);
      },
    ),
    { numRuns: 30 },
  );
});

test('touching starts the idle time again', async () => {
  const clock = new VirtualClock();
  const wheel = new IdleWheel(clock, 1_000);
  let calls = 0;
  const entry = wheel.watch(10_000, () => calls++);
  for (let i = 0; i < 20; i++) {
    await clock.advance(9_000);
    entry.touch();
  }
  assert.equal(calls, 0);
  await clock.advance(13_000);
  assert.equal(calls, 1);
});

test('a touch may shorten the idle time', async () => {
  const clock = new VirtualClock();
  const wheel = new IdleWheel(clock, 1_000);
  let calls = 0;
  const entry = wheel.watch(600_000, () => calls++);
  await clock.advance(5_000);
  entry.touch(2_000);
  await clock.advance(5_000);
  assert.equal(calls, 1);
});

test('a stopped entry is never called, and an empty wheel has no timer', async () => {
  const clock = new VirtualClock();
  const wheel = new IdleWheel(clock, 1_000);
  let calls = 0;
  const second = wheel.watch(3_000, () => calls++);
  const first = wheel.watch(3_000, () => calls++);
  first.stop();
  second.stop();
  second.stop();
  assert.equal(wheel.size, 0);
  await clock.advance(60_000);
  assert.equal(calls, 0);
});

test('an entry stopped by another callback of the same turn is not called', async () => {
  const clock = new VirtualClock();
  const wheel = new IdleWheel(clock, 1_000);
  const called: string[] = [];
  const a = wheel.watch(1_000, () => {
    called.push('a');
    b.stop();
  });
  const b = wheel.watch(1_000, () => {
    called.push('b');
    a.stop();
  });
  await clock.advance(5_000);
  assert.deepEqual(called, ['a']);
  assert.equal(wheel.size, 0);
});
