import assert from 'node:assert/strict';
import { cpSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { FaultyFiles } from '../../test/support/faulty-files.ts';
import {
  addTestAccount,
  deliverText,
  makeUnit,
  openScratchStore,
  scratchFolder,
} from '../../test/support/scratch-store.ts';
import { MailError } from '../base/errors/mail-error.ts';
import { segmentsFolder } from './data-folder.ts';
import { type EmbeddedStore, openEmbedded } from './embedded.ts';
import { readUsage } from './records/accounts.ts';
import { listMessages } from './records/messages.ts';
import { listSegments } from './records/segments.ts';
import { verify } from './verify.ts';

function hasCode(code: string): (error: unknown) => boolean {
  return (error) => error instanceof MailError && error.code === code && error.temporary;
}

async function faultsOf(store: EmbeddedStore, dataDir: string): Promise<string[]> {
  const faults: string[] = [];
  await verify({ dataDir, read: store.read, onFault: (fault) => faults.push(fault) });
  return faults;
}

async function openFaulty(t: TestContext) {
  const dataDir = scratchFolder(t);
  const files = new FaultyFiles();
  const store = await openEmbedded(dataDir, { files });
  const accountId = await addTestAccount(store, 'bob@one.test');
  return { dataDir, files, store, accountId };
}

function large(store: EmbeddedStore, accountId: number): () => Promise<void> {
  return async () => {
    const message = store.openMessage();
    for (let i = 0; i < 10; i++) await message.write(Buffer.alloc(100_000, 65));
    const delivery = { accountId, mailbox: 'INBOX', prefix: Buffer.alloc(0) };
    await message.commit(Buffer.from('Received: x\r\n'), makeUnit(store.newUnitId(), { deliveries: [delivery] }));
  };
}

test('a failed sync answers storage-failed, abandons the segment and is not retried', async (t) => {
  const { dataDir, files, store, accountId } = await openFaulty(t);
  await deliverText(store, accountId, 'one\r\n');
  files.failing.set('sync', 'EIO');
  const before = files.calls.get('sync') ?? 0;
  await assert.rejects(deliverText(store, accountId, 'two\r\n'), hasCode('storage-failed'));
  assert.equal((files.calls.get('sync') ?? 0) - before, 1);
  files.failing.clear();
  await deliverText(store, accountId, 'three\r\n');
  const found = await listMessages(store.read, { accountId, mailboxId: 1 }, 0, 10);
  assert.equal(found.length, 2, 'nothing of the failed one is visible');
  assert.notEqual(found[0]?.place.segment, found[1]?.place.segment);
  assert.deepEqual(
    (await listSegments(store.read)).map((s) => s.state),
    ['sealed', 'open'],
  );
  assert.deepEqual(await faultsOf(store, dataDir), []);
  await store.close();
});

test('a full disk answers storage-full, and there is no fault when there is room again', async (t) => {
  const { dataDir, files, store, accountId } = await openFaulty(t);
  await deliverText(store, accountId, 'one\r\n');
  for (const step of ['writeNow', 'sync', 'write'] as const) {
    files.failing.set(step, 'ENOSPC');
    if (step === 'write') await assert.rejects(large(store, accountId), hasCode('storage-full'));
    else await assert.rejects(deliverText(store, accountId, 'two\r\n'), hasCode('storage-full'), step);
    files.failing.clear();
    await deliverText(store, accountId, 'three\r\n');
  }
  assert.equal((await listMessages(store.read, { accountId, mailboxId: 1 }, 0, 10)).length, 4);
  assert.deepEqual(await faultsOf(store, dataDir), []);
  await store.close();
});

test('a new segment and a large message sync their folder, and a failure of that fails the message', async (t) => {
  const { files, store, accountId } = await openFaulty(t);
  files.failing.set('syncFolder', 'EIO');
  await assert.rejects(deliverText(store, accountId, 'one\r\n'), hasCode('storage-failed'));
  await assert.rejects(large(store, accountId), hasCode('storage-failed'));
  files.failing.clear();
  files.steps.length = 0;
  await deliverText(store, accountId, 'one\r\n');
  assert.deepEqual(files.steps, ['create', 'syncFolder', 'writeNow', 'sync']);
  files.steps.length = 0;
  await large(store, accountId)();
  assert.deepEqual(files.steps.slice(-2), ['sync', 'syncFolder']);
  assert.equal((await listMessages(store.read, { accountId, mailboxId: 1 }, 0, 10)).length, 2);
  await store.close();
});

test('a unit that the writer refuses fails alone', async (t) => {
  const store = await openScratchStore(t);
  const accountId = await addTestAccount(store, 'bob@one.test');
  const results = await Promise.allSettled([
    deliverText(store, accountId, 'one\r\n'),
    deliverText(store, 99, 'to nobody\r\n'),
    deliverText(store, accountId, 'two\r\n'),
  ]);
  assert.deepEqual(
    results.map((result) => result.status),
    ['fulfilled', 'rejected', 'fulfilled'],
  );
  assert.ok(results[1]?.status === 'rejected' && hasCode('account-unknown')(results[1].reason));
  assert.equal((await listMessages(store.read, { accountId, mailboxId: 1 }, 0, 10)).length, 2);
  assert.equal((await store.read.all('SELECT id FROM blob')).length, 2);
});

test('after a crash: what was answered is there, what was not is cut off and removed', async (t) => {
  const { dataDir, store, accountId } = await openFaulty(t);
  await deliverText(store, accountId, 'one\r\n');
  const half = store.openMessage();
  for (let i = 0; i < 10; i++) await half.write(Buffer.alloc(100_000, 66));
  const names = readdirSync(segmentsFolder(dataDir));
  assert.equal(names.length, 2);
  // A copy of the folder at this moment is what a crash leaves.
  const crashed = scratchFolder(t);
  cpSync(dataDir, crashed, { recursive: true });
  half.abort();
  await store.close();
  const { appendFileSync } = await import('node:fs');
  const active = join(
    segmentsFolder(crashed),
    names.find((name) => statSync(join(segmentsFolder(crashed), name)).size < 1000) ?? '',
  );
  const length = statSync(active).size;
  appendFileSync(active, Buffer.alloc(5000, 67));
  const again = await openEmbedded(crashed);
  assert.deepEqual(readdirSync(segmentsFolder(crashed)).length, 1);
  assert.equal(statSync(active).size, length);
  assert.deepEqual(
    (await listSegments(again.read)).map((s) => [s.state, s.bytes]),
    [['sealed', length]],
  );
  assert.equal((await listMessages(again.read, { accountId, mailboxId: 1 }, 0, 10)).length, 1);
  assert.deepEqual(await faultsOf(again, crashed), []);
  await again.close();
});

test('a unit without receivers leaves no octets, only its journey', async (t) => {
  const store = await openScratchStore(t);
  const message = store.openMessage();
  await message.write(Buffer.from('discarded\r\n'));
  await message.commit(Buffer.alloc(0), makeUnit(store.newUnitId()));
  assert.deepEqual(await store.read.all('SELECT id FROM blob'), []);
  assert.equal((await store.read.all('SELECT seq FROM journey')).length, 1);
});

test('beyond the budget of waiting octets a small message takes a file of its own', async (t) => {
  const store = await openScratchStore(t, { waitingMaxBytes: 10_000 });
  const accountId = await addTestAccount(store, 'bob@one.test');
  const first = store.openMessage();
  await first.write(Buffer.alloc(100, 65));
  await deliverText(store, accountId, 'second\r\n');
  first.abort();
  await deliverText(store, accountId, 'third\r\n');
  const segments = await listSegments(store.read);
  assert.deepEqual(
    segments.map((s) => s.state),
    ['sealed', 'open'],
  );
  const [second] = await listMessages(store.read, { accountId, mailboxId: 1 }, 0, 1);
  assert.ok(second);
  assert.equal((await store.readBlob(second.place, 0, 1000)).toString(), 'Received: here\r\nsecond\r\n');
});

test('usage counts the prefix and goes back when messages go', async (t) => {
  const store = await openScratchStore(t);
  const accountId = await addTestAccount(store, 'bob@one.test');
  await deliverText(store, accountId, 'one\r\n');
  await deliverText(store, accountId, 'two\r\n');
  const sizes = (await listMessages(store.read, { accountId, mailboxId: 1 }, 0, 10)).map((m) => m.size);
  const sum = sizes.reduce((a, b) => a + b, 0);
  assert.deepEqual(await readUsage(store.read, accountId), { usedBytes: sum, usedMessages: 2, quotaBytes: null });
  assert.equal(await store.execute('message.expunge', accountId, 1, [1, 2, 3]), 2);
  assert.deepEqual(await readUsage(store.read, accountId), { usedBytes: 0, usedMessages: 0, quotaBytes: null });
  assert.deepEqual(await store.read.all('SELECT id FROM blob'), []);
});
