import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addTestAccount, deliverText, makeUnit, openScratchStore } from '../../../test/support/scratch-store.ts';
import type { EmbeddedStore } from '../embedded.ts';
import { GROUP_MAX_BYTES, SMALL_MESSAGE_MAX_BYTES } from '../limits.ts';
import { listMessages } from '../records/messages.ts';
import type { CompleteMessage } from '../store.ts';

async function complete(store: EmbeddedStore, octets: Buffer, mailboxId: number): Promise<CompleteMessage> {
  const message = store.openMessage();
  for (let at = 0; at < octets.length; at += 100_000) await message.write(octets.subarray(at, at + 100_000));
  const delivery = { accountId: 1, mailbox: '', mailboxId, prefix: Buffer.alloc(0) };
  return {
    message,
    prefix: Buffer.alloc(0),
    unit: makeUnit(store.newUnitId(), { deliveries: [delivery], journey: null }),
  };
}

test('RFC 3502 §3 small and large messages of one command get uids in their order', async (t) => {
  const store = await openScratchStore(t);
  const accountId = await addTestAccount(store, 'ann@one.test');
  const sizes = [10, SMALL_MESSAGE_MAX_BYTES + 1, 20, SMALL_MESSAGE_MAX_BYTES * 2, 30];
  const messages = await Promise.all(sizes.map((size) => complete(store, Buffer.alloc(size, 'x'), 1)));
  const delivered = deliverText(store, accountId, 'A: b\r\n\r\n');
  const placed = await store.commitTogether(messages);
  await delivered;
  const uids = placed.map(([place]) => place?.uid ?? 0);
  assert.deepEqual(
    uids,
    [...uids].sort((a, b) => a - b),
  );
  const found = await listMessages(store.read, { accountId, mailboxId: 1 }, 0, 99);
  assert.deepEqual(
    uids.map((uid) => found.find((message) => message.uid === uid)?.size),
    sizes,
  );
});

test('RFC 3502 §3 when the folder is gone none is there', async (t) => {
  const store = await openScratchStore(t);
  const accountId = await addTestAccount(store, 'ann@one.test');
  const messages = [
    await complete(store, Buffer.alloc(10, 'x'), 1),
    await complete(store, Buffer.alloc(SMALL_MESSAGE_MAX_BYTES + 1, 'x'), 99),
  ];
  await assert.rejects(store.commitTogether(messages), { code: 'mailbox-unknown' });
  assert.deepEqual(await listMessages(store.read, { accountId, mailboxId: 1 }, 0, 99), []);
});

test('a bundle larger than a group is not cut', async (t) => {
  const store = await openScratchStore(t);
  await addTestAccount(store, 'ann@one.test');
  const count = Math.ceil(GROUP_MAX_BYTES / SMALL_MESSAGE_MAX_BYTES) + 2;
  const octets = Buffer.alloc(SMALL_MESSAGE_MAX_BYTES, 'x');
  const [before, messages] = [store.counts.groups, [] as CompleteMessage[]];
  for (let i = 0; i < count; i++) messages.push(await complete(store, octets, 1));
  assert.equal((await store.commitTogether(messages)).length, count);
  assert.equal(store.counts.groups, before + 1);
});

test('a message with the same Message-ID that is stored once is answered with the place of the first', async (t) => {
  const store = await openScratchStore(t);
  await addTestAccount(store, 'ann@one.test');
  const append = async (id: string, once: boolean): Promise<number> => {
    const message = store.openMessage();
    await message.write(Buffer.from(`Message-ID: <${id}@one.test>\r\nSubject: x\r\n\r\nbody\r\n`));
    const delivery = { accountId: 1, mailbox: 'sent', prefix: Buffer.alloc(0), once };
    const [place] = await message.commit(
      Buffer.alloc(0),
      makeUnit(store.newUnitId(), { deliveries: [delivery], journey: null }),
    );
    return place?.uid ?? 0;
  };
  assert.deepEqual(
    [await append('a', false), await append('a', true), await append('b', true), await append('a', false)],
    [1, 1, 2, 3],
  );
  const { n } = (await store.read.get<{ n: number }>('SELECT count(*) AS n FROM blob')) ?? { n: 0 };
  assert.equal(n, 3);
});
