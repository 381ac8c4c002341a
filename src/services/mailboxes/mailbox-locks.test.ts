import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { MessageChannel, Worker } from 'node:worker_threads';
import { ScriptedClaims } from '../../../test/support/scripted-claims.ts';
import { VirtualClock } from '../../../test/support/virtual-clock.ts';
import { silentLog } from '../../base/log.ts';
import {
  connectMailboxLocks,
  createMailboxLocks,
  requireMailboxLock,
  serveMailboxLocks,
  shareMailboxLocks,
} from './mailbox-locks.ts';

test('RFC 1939 §8 one holder at a time, and releasing twice frees nobody else', async () => {
  const locks = createMailboxLocks();
  const first = await locks.take(1);
  assert.ok(first !== null);
  assert.equal(await locks.take(1), null);
  assert.ok((await locks.take(2)) !== null);
  await first.release();
  const second = await locks.take(1);
  assert.ok(second !== null);
  await first.release();
  assert.equal(await locks.take(1), null);
  await assert.rejects(requireMailboxLock(locks, 1), { code: 'mailbox-in-use', temporary: true });
});

test('threads share one table', async (t) => {
  const locks = createMailboxLocks();
  const callers = [1, 2].map(() => {
    const { port1, port2 } = new MessageChannel();
    serveMailboxLocks(locks, port1, silentLog);
    t.after(() => port1.close());
    return connectMailboxLocks(port2);
  });
  const [a, b] = [callers[0]!, callers[1]!];
  const lock = await a.take(7);
  assert.ok(lock !== null);
  assert.equal(await b.take(7), null);
  assert.equal(await locks.take(7), null);
  await lock.release();
  await lock.release();
  const next = await b.take(7);
  assert.ok(next !== null);
  assert.equal(await a.take(7), null);
});

test('the locks of a thread that ends its port are free', async () => {
  const locks = createMailboxLocks();
  const { port1, port2 } = new MessageChannel();
  serveMailboxLocks(locks, port1, silentLog);
  const caller = connectMailboxLocks(port2);
  assert.ok((await caller.take(1)) !== null);
  assert.ok((await caller.take(2)) !== null);
  assert.equal(locks.size, 2);
  caller.close();
  await once(port1, 'close');
  assert.equal(locks.size, 0);
  await assert.rejects(caller.take(3), { code: 'internal', temporary: true });
});

test('the locks of a thread that dies are free', async () => {
  const locks = createMailboxLocks();
  const { port1, port2 } = new MessageChannel();
  serveMailboxLocks(locks, port1, silentLog);
  const module = new URL('mailbox-locks.ts', import.meta.url).href;
  const worker = new Worker(
    `const { workerData, parentPort } = require('node:worker_threads');
     import(${JSON.stringify(module)}).then(async ({ connectMailboxLocks }) => {
       parentPort.postMessage((await connectMailboxLocks(workerData).take(5)) !== null);
       setInterval(() => {}, 1000);
     });`,
    { eval: true, workerData: port2, transferList: [port2] },
  );
  assert.deepEqual(await once(worker, 'message'), [true]);
  assert.equal(locks.size, 1);
  const closed = once(port1, 'close');
  await worker.terminate();
  await closed;
  assert.equal(locks.size, 0);
});

test('RFC 1939 §8 what another node has open is in use here too, and free when its claim is', async () => {
  const claims = new ScriptedClaims();
  const clock = new VirtualClock();
  const node: { claims: ScriptedClaims | null } = { claims: null };
  const locks = shareMailboxLocks(createMailboxLocks(), () => node.claims, clock);
  const alone = await locks.take(1);
  assert.ok(alone !== null);
  await alone.release();
  assert.equal(claims.asked, 0, 'without other nodes nobody is asked');
  node.claims = claims;
  claims.grants = () => false;
  assert.equal(await locks.take(1), null);
  assert.equal(locks.size, 0);
  claims.grants = () => true;
  const lock = await locks.take(1);
  assert.ok(lock !== null);
  assert.equal(await locks.take(1), null);
  const asked = claims.uses;
  await clock.advance(10_000);
  assert.ok(claims.uses > asked, 'a long session keeps its claim');
  await lock.release();
  assert.equal(claims.held.size, 0);
});
