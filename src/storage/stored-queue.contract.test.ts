import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openContractStore } from '../../test/support/contract-store.ts';
import { makeQueued, makeUnit } from '../../test/support/scratch-store.ts';
import type { QueuedMessage } from './commit-unit.ts';
import type { Store } from './store.ts';
import type { QueueArrival } from './queue-store.ts';
import { readJourney } from './records/journey.ts';
import { createQueueStore } from './stored-queue.ts';

async function enqueue(store: Store, queued: QueuedMessage): Promise<number> {
  const id = store.newUnitId();
  const message = store.openMessage();
  await message.write(Buffer.from('body\r\n'));
  await message.commit(Buffer.from('Received: x\r\n'), makeUnit(id, { queued }));
  return id;
}

test('a queued message is told of, found and read', async (t) => {
  const store = await openContractStore(t);
  const queue = createQueueStore(store);
  const arrivals: QueueArrival[] = [];
  await queue.onArrivals((batch) => arrivals.push(...batch));
  const queued = makeQueued(['x@a.test', 'y@b.test', 'z@a.test'], { envid: 'e1', notBeforeMs: 3 });
  const id = await enqueue(store, queued);
  assert.deepEqual(
    arrivals.map((arrival) => ({ id: arrival.unitId, message: arrival.message })),
    [{ id, message: queued }],
  );
  const waiting = await queue.loadWaiting(null, 10);
  assert.deepEqual(
    waiting.map((entry) => entry.domain),
    ['a.test', 'b.test'],
  );
  assert.deepEqual(waiting[0], {
    unitId: id,
    domain: 'a.test',
    accountId: 7,
    nextAtMs: 3,
    expiresAtMs: 5000,
    attempts: 0,
    held: false,
  });
  assert.deepEqual(
    (await queue.loadWaiting(waiting[0] ?? null, 10)).map((entry) => entry.domain),
    ['b.test'],
  );
  const [item] = await queue.loadItems([
    { unitId: id, domain: 'a.test' },
    { unitId: id, domain: 'no.test' },
  ]);
  const { recipients: _, ...terms } = queued;
  assert.deepEqual(item?.message, terms);
  assert.deepEqual(
    item?.recipients.map((r) => [r.number, r.forwardPath, r.lastReply]),
    [
      [0, 'x@a.test', null],
      [2, 'z@a.test', null],
    ],
  );
  assert.equal((await queue.readBody(item.place, 0, 100)).toString(), 'Received: x\r\nbody\r\n');
});

test('a deferral is kept, and the message goes with its last recipient', async (t) => {
  const store = await openContractStore(t);
  const queue = createQueueStore(store);
  const id = await enqueue(store, makeQueued(['x@a.test', 'y@b.test', 'z@a.test']));
  await queue.defer([
    {
      unitId: id,
      domain: 'a.test',
      attempts: 1,
      lastAtMs: 10,
      nextAtMs: 20,
      delayReported: true,
      reply: '451 no',
      replies: [{ number: 2, reply: '452 full' }],
      events: [{ atMs: 10, kind: 'attempted', data: { host: 'mx' } }],
    },
  ]);
  const [item] = await queue.loadItems([{ unitId: id, domain: 'a.test' }]);
  assert.equal(item?.attempts, 1);
  assert.equal(item.delayReported, true);
  assert.deepEqual(
    item.recipients.map((r) => r.lastReply),
    ['451 no', '452 full'],
  );
  await queue.settle([{ unitId: id, recipients: [0, 2, 2], events: [] }]);
  assert.deepEqual(
    (await queue.loadWaiting(null, 10)).map((entry) => entry.domain),
    ['b.test'],
  );
  await queue.settle([
    { unitId: id, recipients: [1], events: [{ atMs: 30, kind: 'relayed', recipient: 'y@b.test', data: {} }] },
  ]);
  assert.deepEqual(await queue.loadWaiting(null, 10), []);
  assert.deepEqual(await store.read.all('SELECT id FROM blob'), []);
  assert.deepEqual(
    (await readJourney(store.read, id))?.events.map((event) => event.kind),
    ['attempted', 'relayed'],
  );
});

test('commands change what their selection means and say what they changed', async (t) => {
  const store = await openContractStore(t);
  const queue = createQueueStore(store);
  const one = await enqueue(store, makeQueued(['x@a.test', 'y@b.test']));
  const two = await enqueue(store, makeQueued(['x@a.test', 'w@a.test'], { accountId: null, notBeforeMs: 9 }));
  const options = { limit: 10, nowMs: 100 };
  assert.equal((await queue.command('hold', { domain: 'a.test' }, options)).length, 2);
  assert.equal((await queue.command('hold', {}, options)).length, 1, 'held keys are not held again');
  assert.equal((await queue.command('release', { unitId: one }, { limit: 1, nowMs: 100 })).length, 1);
  assert.deepEqual(
    (await queue.command('retry', {}, options)).map((e) => [e.unitId, e.nextAtMs]),
    [one, one, two].map((unitId) => [unitId, 100]),
    'also what is due: it may wait for a site that rests',
  );
  const expired = await queue.command('expire', { accountId: 7, domain: 'b.test' }, options);
  assert.deepEqual(
    expired.map((e) => [e.expiresAtMs, e.held, e.left]),
    [[100, false, 1]],
  );
  const removed = await queue.command('remove', { recipient: 'w@a.test' }, options);
  assert.deepEqual(
    removed.map((e) => [e.unitId, e.left]),
    [[two, 1]],
  );
  assert.deepEqual(
    (await queue.command('remove', { unitId: two }, options)).map((e) => e.left),
    [0],
  );
  assert.deepEqual(
    (await queue.loadWaiting(null, 10)).map((e) => e.unitId),
    [one, one],
  );
});
