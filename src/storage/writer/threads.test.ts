import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { MessageChannel, Worker } from 'node:worker_threads';
import { scratchFolder } from '../../../test/support/scratch-store.ts';
import { systemClock } from '../../base/clock.ts';
import { silentLog } from '../../base/log.ts';
import { listSegments } from '../records/segments.ts';
import type { Change } from '../store.ts';
import { openStore, type ThreadStore } from '../thread-store.ts';
import { timeOfUnitId } from '../unit-ids.ts';
import { verify } from '../verify.ts';
import { StoreWriter } from './store-writer.ts';

const THREAD = new URL('../../../test/support/committing-thread.ts', import.meta.url);

async function openWriter(t: TestContext) {
  const dataDir = scratchFolder(t);
  const writer = await StoreWriter.open({ dataDir, clock: systemClock, log: silentLog });
  const openHere = async (threadIndex: number): Promise<ThreadStore> => {
    const { port1, port2 } = new MessageChannel();
    writer.attach(port1, threadIndex);
    return await openStore({ dataDir, threadIndex, port: port2, clock: systemClock, log: silentLog });
  };
  const startThread = (threadIndex: number, count: number): Worker => {
    const { port1, port2 } = new MessageChannel();
    writer.attach(port1, threadIndex);
    const workerData = { dataDir, threadIndex, port: port2, count };
    return new Worker(THREAD, { workerData, transferList: [port2] });
  };
  return { dataDir, writer, openHere, startThread };
}

function nextMessage(worker: Worker): Promise<unknown> {
  return new Promise((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('error', reject);
  });
}

test('threads commit through one writer and hear of each other', async (t) => {
  const { dataDir, writer, openHere, startThread } = await openWriter(t);
  const store = await openHere(0);
  await store.execute('domain.add', { name: 'one.test' });
  await store.execute('account.add', { address: 'bob@one.test' });
  const changes: Change[] = [];
  const stop = store.onChange((change) => changes.push(change));
  const queued: number[] = [];
  store.onQueueArrivals((arrivals) => queued.push(...arrivals.map((arrival) => arrival.unitId)));
  const workers = [1, 2].map((index) => startThread(index, 50));
  const committed = (await Promise.all(workers.map(nextMessage))) as number[][];
  // A barrier: what was committed before it has been told before it is answered.
  await store.execute('domain.change', 'one.test', {});
  assert.equal(new Set(committed.flat()).size, 100);
  assert.deepEqual(
    queued.toSorted((a, b) => a - b),
    committed.flat().sort((a, b) => a - b),
  );
  assert.ok(changes.some((change) => change.accountIds.includes(1)));
  stop();
  assert.equal((await store.read.all('SELECT uid FROM message WHERE account_id = 1 AND mailbox_id = 1')).length, 100);
  assert.ok(writer.counts.transactions < 120, 'units that wait share a transaction');
  await Promise.all(workers.map((worker) => worker.terminate()));
  const faults: string[] = [];
  await verify({ dataDir, read: store.read, onFault: (fault) => faults.push(fault) });
  assert.deepEqual(faults, []);
  await store.close();
  await writer.close();
});

test('a thread that is gone leaves sealed segments, and its successor is welcomed after that', async (t) => {
  const { writer, openHere, startThread } = await openWriter(t);
  const store = await openHere(0);
  await store.execute('domain.add', { name: 'one.test' });
  await store.execute('account.add', { address: 'bob@one.test' });
  const worker = startThread(5, 3);
  const ids = (await nextMessage(worker)) as number[];
  assert.deepEqual(
    (await listSegments(store.read)).map((segment) => segment.state),
    ['open'],
  );
  const successor = openHere(5);
  await worker.terminate();
  const next = await successor;
  assert.deepEqual(
    (await listSegments(store.read)).map((segment) => segment.state),
    ['sealed'],
  );
  assert.ok(next.newUnitId() > Math.max(...ids));
  await next.close();
  await store.close();
  await writer.close();
});

test('without a writer calls fail for now, and nothing waits for ever', async (t) => {
  const { writer, openHere } = await openWriter(t);
  const store = await openHere(0);
  const waiting = store.execute('domain.add', { name: 'one.test' });
  await waiting;
  await writer.close();
  await assert.rejects(store.execute('domain.add', { name: 'two.test' }), { code: 'shutting-down', temporary: true });
  await store.close();
});

test('unit ids grow over restarts, even when the clock is set back', async (t) => {
  const { dataDir, writer, openHere } = await openWriter(t);
  const store = await openHere(3);
  const id = store.newUnitId();
  assert.ok(Math.abs(timeOfUnitId(id) - Date.now()) < 60_000);
  await store.execute('journey.note', id, { messageId: null, reversePath: '', accountId: null }, []);
  await store.close();
  await writer.close();
  const clock = { ...systemClock, now: () => Date.now() - 86_400_000 };
  const again = await StoreWriter.open({ dataDir, clock, log: silentLog });
  const { port1, port2 } = new MessageChannel();
  again.attach(port1, 0);
  const next = await openStore({ dataDir, threadIndex: 0, port: port2, clock, log: silentLog });
  assert.ok(next.newUnitId() > id);
  await next.close();
  await again.close();
});
