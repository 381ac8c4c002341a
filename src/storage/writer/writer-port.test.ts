import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { MessageChannel } from 'node:worker_threads';
import { addTestAccount, deliverText, openScratchStore } from '../../../test/support/scratch-store.ts';
import type { ToWriter } from './channel.ts';
import { WriterPort } from './writer-port.ts';

test('a subscription to arrivals holds when the writer has answered it, not before', async (t) => {
  const { port1, port2 } = new MessageChannel();
  t.after(() => port2.close());
  const opening = WriterPort.open(port1, () => {});
  port2.postMessage({ kind: 'welcome', greatestUnitId: 0 });
  const { writer } = await opening;
  let holds = false;
  const subscription = writer.onArrivals(() => {});
  const held = subscription.then(() => {
    holds = true;
  });
  const [message] = (await once(port2, 'message')) as [ToWriter];
  assert.ok(message.kind === 'subscribe' && message.arrivals);
  assert.equal(holds, false);
  port2.postMessage({
    kind: 'committed',
    answers: [{ id: message.id, value: undefined }],
    change: null,
    arrivals: null,
  });
  await held;
  const end = await subscription;
  end();
  const [after] = (await once(port2, 'message')) as [ToWriter];
  assert.ok(after.kind === 'subscribe' && !after.arrivals);
});

test('who asked for directory changes alone is woken by nothing else', async (t) => {
  const store = await openScratchStore(t);
  const accountId = await addTestAccount(store, 'bob@one.test');
  let told = 0;
  const end = await store.onDirectoryChange(() => told++);
  await deliverText(store, accountId, 'Subject: hello\r\n\r\n');
  assert.equal(told, 0);
  await addTestAccount(store, 'ann@one.test');
  assert.equal(told, 1);
  end();
  await addTestAccount(store, 'eve@one.test');
  assert.equal(told, 1);
});
