import assert from 'node:assert/strict';
import { test } from 'node:test';
import { VirtualClock } from '../../../test/support/virtual-clock.ts';
import { QueryGate } from './query-gate.ts';

test('places go to those in line in their order; who waits too long goes; a full line is closed', async () => {
  const clock = new VirtualClock();
  const gate = new QueryGate(clock, { insideMax: 1, waitingMax: 2 });
  assert.equal(await gate.enter(10), 'admitted');
  const second = gate.enter(10);
  const third = gate.enter(100);
  assert.equal(await gate.enter(100), 'full');
  await clock.advance(10);
  assert.equal(await second, 'late');
  const fourth = gate.enter(100);
  gate.leave();
  assert.equal(await third, 'admitted');
  gate.leave();
  assert.equal(await fourth, 'admitted');
  gate.leave();
  assert.equal(await gate.enter(0), 'admitted');
});
