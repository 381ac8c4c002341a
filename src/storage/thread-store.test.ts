import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FaultyFiles } from '../../test/support/faulty-files.ts';
import {
  addTestAccount,
  deliverText,
  makeUnit,
  openScratchStore,
  scratchFolder,
} from '../../test/support/scratch-store.ts';
import { systemClock } from '../base/clock.ts';
import type { BlobPlace } from './blob-place.ts';
import { openEmbedded } from './embedded.ts';
import { FRESH_READ_MAX_BYTES, FRESH_READ_MS } from './limits.ts';
import { findAccountByAddress } from './records/accounts.ts';
import { listMailboxes } from './records/mailboxes.ts';
import { listMessages } from './records/messages.ts';

test('a small message is readable when its commit resolves', async (t) => {
  const store = await openScratchStore(t);
  const accountId = await addTestAccount(store, 'bob@one.test');
  assert.equal((await findAccountByAddress(store.read, 'BOB@ONE.test'))?.id, accountId);
  assert.deepEqual(
    (await listMailboxes(store.read, accountId)).map((box) => box.name),
    ['INBOX', 'Drafts', 'Sent', 'Junk', 'Trash', 'Archive'],
  );
  const id = await deliverText(store, accountId, 'Subject: hello\r\n\r\nbody\r\n');
  const [message] = await listMessages(store.read, { accountId, mailboxId: 1 }, 0, 10);
  assert.ok(message);
  assert.equal(message.place.id, id);
  assert.equal(Buffer.from(message.prefix).toString(), 'Return-Path: <ann@two.test>\r\n');
  const octets = await store.readBlob(message.place, 0, message.place.length);
  assert.equal(octets.toString(), 'Received: here\r\nSubject: hello\r\n\r\nbody\r\n');
  assert.equal(message.size, octets.length + message.prefix.length);
});

test('a large message is one record in a file of its own', async (t) => {
  const store = await openScratchStore(t);
  const accountId = await addTestAccount(store, 'bob@one.test');
  const message = store.openMessage();
  const body = Buffer.alloc(3_000_001, 'abcdefghijk');
  for (let at = 0; at < body.length; at += 70_001) await message.write(body.subarray(at, at + 70_001));
  assert.equal(message.length, body.length);
  const delivery = { accountId, mailbox: 'INBOX', prefix: Buffer.alloc(0) };
  await message.commit(Buffer.from('Received: x\r\n'), makeUnit(store.newUnitId(), { deliveries: [delivery] }));
  const [found] = await listMessages(store.read, { accountId, mailboxId: 1 }, 0, 10);
  assert.ok(found);
  const octets = await store.readBlob(found.place, 0, found.place.length);
  assert.ok(octets.equals(Buffer.concat([Buffer.from('Received: x\r\n'), body])));
});

test('a data folder has one owner, and the next one gets it after the first has closed', async (t) => {
  const dataDir = scratchFolder(t);
  const first = await openEmbedded(dataDir);
  await assert.rejects(openEmbedded(dataDir), /is in use by another postroad; stop that one first/);
  await first.close();
  await (await openEmbedded(dataDir)).close();
});

test('neighbouring records are read in one go, others one by one, all in the order asked', async (t) => {
  const files = new FaultyFiles();
  const store = await openScratchStore(t, { files, segmentRollBytes: 200 });
  const accountId = await addTestAccount(store, 'bob@one.test');
  for (let i = 0; i < 12; i++) await deliverText(store, accountId, `message ${i} xxxxxxxxxxxxxxxxxxx\r\n`);
  const places = (await listMessages(store.read, { accountId, mailboxId: 1 }, 0, 99)).map((message) => message.place);
  const numbers = (octets: readonly Buffer[]): unknown[] =>
    octets.map((o) => Number(/message (\d+)/.exec(o.toString())?.[1]));
  files.calls.clear();
  assert.deepEqual(numbers(await store.readBlobs(places)), [...places.keys()]);
  const reads = (files.calls.get('read') ?? 0) + (files.calls.get('readNow') ?? 0);
  assert.equal(reads, new Set(places.map((place) => place.segment)).size);
  assert.deepEqual(numbers(await store.readBlobs(places.toReversed())), [...places.keys()].reverse());
  assert.deepEqual(await store.readBlobs([]), []);
});

test('what has just come is read at once, what is older or longer through the pool', async (t) => {
  const files = new FaultyFiles();
  let laterMs = 0;
  const clock = { ...systemClock, now: () => systemClock.now() + laterMs };
  const store = await openScratchStore(t, { files, clock });
  const accountId = await addTestAccount(store, 'bob@one.test');
  await deliverText(store, accountId, 'short\r\n');
  await deliverText(store, accountId, 'x'.repeat(FRESH_READ_MAX_BYTES));
  const [short, long] = (await listMessages(store.read, { accountId, mailboxId: 1 }, 0, 9)).map((found) => found.place);
  assert.ok(short !== undefined && long !== undefined);
  const readsOf = async (place: BlobPlace): Promise<unknown[]> => {
    files.steps.length = 0;
    const octets = await store.readBlob(place, 0, place.length);
    assert.equal(octets.length, place.length);
    return files.steps.filter((step) => step.startsWith('read'));
  };
  assert.deepEqual(await readsOf(short), ['readNow']);
  assert.deepEqual(await readsOf(long), ['read']);
  laterMs = FRESH_READ_MS;
  assert.deepEqual(await readsOf(short), ['read']);
});
