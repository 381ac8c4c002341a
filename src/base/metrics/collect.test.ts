import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MessageChannel } from 'node:worker_threads';
import { VirtualClock } from '../../../test/support/virtual-clock.ts';
import { silentLog } from '../log.ts';
import { ownSource, portSource, serveCounters, SNAPSHOT_TIMEOUT_MS } from './collect.ts';
import { Counters } from './counters.ts';

const TABLE = { given_total: { kind: 'counter', doc: 'x' } } as const;

test('a snapshot comes over a port as it does from the own thread', async () => {
  const { port1, port2 } = new MessageChannel();
  const counters = new Counters(TABLE);
  counters.addMany('given_total', 3);
  serveCounters(port1, counters, silentLog);
  const remote = portSource(port2, 'store', new VirtualClock());
  const own = ownSource(counters, 'main');
  assert.deepEqual(await remote.snapshot(), { thread: 'store', cells: Float64Array.of(3) });
  assert.deepEqual(await own.snapshot(), { thread: 'main', cells: Float64Array.of(3) });
  remote.close();
  own.close();
  assert.deepEqual(await remote.snapshot(), { thread: 'store', cells: null });
});

test('a thread that does not answer in time is told as down', async () => {
  const { port1, port2 } = new MessageChannel();
  const clock = new VirtualClock();
  const source = portSource(port2, 'protocol-1', clock);
  const snapshot = source.snapshot();
  await clock.advance(SNAPSHOT_TIMEOUT_MS);
  assert.deepEqual(await snapshot, { thread: 'protocol-1', cells: null });
  source.close();
  port1.close();
});
