import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { openContractStore } from '../../test/support/contract-store.ts';
import { addTestAccount, makeQueued, makeUnit } from '../../test/support/scratch-store.ts';
import type { CommitUnit } from './commit-unit.ts';
import { PREFIX_MAX_BYTES, SMALL_MESSAGE_MAX_BYTES } from './limits.ts';
import { type BlobRow, findPlace, listBlobs } from './records/blobs.ts';
import { listMessages } from './records/messages.ts';
import { hasHash } from './segments/record-hash.ts';
import type { BlobPlace, MessageWriter, Store } from './store.ts';

const CHUNK_BYTES = 50_000;

async function write(store: Store, octets: Buffer): Promise<MessageWriter> {
  const message = store.openMessage();
  for (let at = 0; at < octets.length; at += CHUNK_BYTES) {
    // The chunk may be used again as soon as the call is done.
    const chunk = Buffer.from(octets.subarray(at, at + CHUNK_BYTES));
    const written = message.write(chunk);
    if (written !== undefined) await written;
    chunk.fill(0);
  }
  return message;
}

async function place(store: Store, id: number): Promise<BlobPlace> {
  const found = await findPlace(store.read, id);
  assert.ok(found !== null);
  return found;
}

function deliveryTo(accountId: number): Pick<CommitUnit, 'deliveries'> {
  return { deliveries: [{ accountId, mailbox: 'INBOX', prefix: Buffer.alloc(0) }] };
}

test('a message is read as it was written, whole and in ranges, whatever its size', async (t) => {
  const store = await openContractStore(t);
  const accountId = await addTestAccount(store, 'ann@one.test');
  const cases: readonly (readonly [prefix: number, body: number])[] = [
    [0, 1],
    [40, 0],
    [40, 70_000],
    [0, SMALL_MESSAGE_MAX_BYTES],
    [40, SMALL_MESSAGE_MAX_BYTES],
    [0, SMALL_MESSAGE_MAX_BYTES + 1],
    [PREFIX_MAX_BYTES, SMALL_MESSAGE_MAX_BYTES + 1],
    [40, 1_300_000],
  ];
  const records = new Map<number, Buffer>();
  for (const [prefixBytes, bodyBytes] of cases) {
    const [prefix, body] = [randomBytes(prefixBytes), randomBytes(bodyBytes)];
    const id = store.newUnitId();
    const message = await write(store, body);
    assert.equal(message.length, bodyBytes);
    await message.commit(prefix, makeUnit(id, deliveryTo(accountId)));
    records.set(id, Buffer.concat([prefix, body]));
  }
  for (const [id, record] of records) {
    const at = await place(store, id);
    assert.equal(at.length, record.length);
    for (const [start, end] of [
      [0, record.length],
      [0, record.length + 100],
      [-5, 3],
      [record.length - 1, record.length],
      [record.length >> 1, (record.length >> 1) + 300_000],
      [record.length, record.length + 1],
      [5, 5],
    ] as const)
      assert.ok((await store.readBlob(at, start, end)).equals(record.subarray(Math.max(0, start), Math.max(0, end))));
  }
  const places = await Promise.all([...records.keys()].toReversed().map((id) => place(store, id)));
  assert.deepEqual(await store.readBlobs(places), [...records.values()].toReversed());
  const rows: BlobRow[] = await listBlobs(store.read, 0, 100);
  assert.ok(rows.every((row) => hasHash(records.get(row.id) ?? Buffer.alloc(0), row.prefixLength, row.hash)));
});

test('messages of every size that are committed together come together', async (t) => {
  const store = await openContractStore(t);
  const accountId = await addTestAccount(store, 'ann@one.test');
  const bodies = [randomBytes(2000), randomBytes(400_000), randomBytes(900_000), randomBytes(1)];
  const ids = bodies.map(() => store.newUnitId());
  const messages = await Promise.all(bodies.map((body) => write(store, body)));
  const placed = await store.commitTogether(
    messages.map((message, at) => ({
      message,
      prefix: Buffer.from('Received: here\r\n'),
      unit: makeUnit(ids[at] ?? 0, deliveryTo(accountId)),
    })),
  );
  assert.deepEqual(
    placed.map(([one]) => one?.uid),
    [1, 2, 3, 4],
  );
  for (const [at, id] of ids.entries())
    assert.deepEqual(await store.readBlob(await place(store, id), 16, 2_000_000), bodies[at]);
});

test('a large message that is queued and delivered is kept until both are done with it', async (t) => {
  const store = await openContractStore(t);
  const accountId = await addTestAccount(store, 'ann@one.test');
  const body = randomBytes(400_000);
  const id = store.newUnitId();
  const message = await write(store, body);
  const unit = makeUnit(id, { ...deliveryTo(accountId), queued: makeQueued(['bob@two.test']) });
  await message.commit(Buffer.alloc(0), unit);
  const [copy] = await listMessages(store.read, { accountId, mailboxId: 1 }, 0, 10);
  await store.execute('message.expunge', accountId, 1, [copy?.uid ?? 0]);
  assert.ok((await store.readBlob(await place(store, id), 0, body.length)).equals(body));
  await store.execute('queue.settle', [{ unitId: id, recipients: [0], events: [] }]);
  assert.equal(await findPlace(store.read, id), null);
});

test('a large message that is given up, or whose unit fails, leaves nothing that is pointed at', async (t) => {
  const store = await openContractStore(t);
  const accountId = await addTestAccount(store, 'ann@one.test');
  (await write(store, randomBytes(400_000))).abort();
  const unit = makeUnit(store.newUnitId(), {
    deliveries: [{ accountId, mailbox: 'INBOX', mailboxId: 4711, prefix: Buffer.alloc(0) }],
  });
  const message = await write(store, randomBytes(400_000));
  await assert.rejects(message.commit(Buffer.alloc(0), unit), { code: 'mailbox-unknown' });
  assert.deepEqual(await listBlobs(store.read, 0, 10), []);
});
