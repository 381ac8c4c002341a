import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addTestAccount, deliverText, makeUnit, openScratchStore } from '../../../test/support/scratch-store.ts';
import type { EmbeddedStore } from '../../storage/embedded.ts';
import { openInboxSnapshot, type InboxSnapshot } from './inbox-snapshot.ts';
import { PIECE_OCTETS, REMOVE_MESSAGES_MAX, RUN_MESSAGES_MAX, RUN_OCTETS_MAX, SNAPSHOT_PAGE_ROWS } from './limits.ts';

async function readWhole(snapshot: InboxSnapshot, index: number): Promise<Buffer> {
  const { prefix, body } = await snapshot.open(index);
  const pieces = [prefix];
  if (Buffer.isBuffer(body)) pieces.push(body);
  else for await (const piece of body) pieces.push(piece);
  return Buffer.concat(pieces);
}

/** Delivers many small messages in few commits. */
async function deliverMany(store: EmbeddedStore, accountId: number, count: number): Promise<void> {
  for (let at = 0; at < count; at += 500) {
    await Promise.all(
      Array.from({ length: Math.min(500, count - at) }, (_, i) =>
        deliverText(store, accountId, `N: ${at + i}\r\n\r\n`),
      ),
    );
  }
}

test('a snapshot has sizes with the prefix, stored unique-ids, and octets in front of which the prefix stands', async (t) => {
  const store = await openScratchStore(t);
  const ann = await addTestAccount(store, 'ann@one.test');
  await deliverText(store, ann, 'Subject: 1\r\n\r\nfirst\r\n');
  await deliverText(store, ann, 'Subject: 2\r\n\r\nsecond\r\n');
  const snapshot = await openInboxSnapshot(store, ann);
  await deliverText(store, ann, 'Subject: late\r\n\r\nlater than the snapshot\r\n');
  assert.equal(snapshot.count, 2);
  const expected = 'Return-Path: <ann@two.test>\r\nReceived: here\r\nSubject: 2\r\n\r\nsecond\r\n';
  assert.equal((await readWhole(snapshot, 1)).toString(), expected);
  assert.equal(snapshot.size(1), expected.length);
  assert.notEqual(snapshot.uidl(0), snapshot.uidl(1));
  assert.match(snapshot.uidl(0), /^[\x21-\x7e]{1,70}$/u);
  const again = await openInboxSnapshot(store, ann);
  assert.deepEqual([again.uidl(0), again.uidl(1)], [snapshot.uidl(0), snapshot.uidl(1)]);
  assert.equal(again.count, 3);
});

test('reading on, jumping and repeating give every message its own octets', async (t) => {
  const store = await openScratchStore(t);
  const ann = await addTestAccount(store, 'ann@one.test');
  const count = RUN_MESSAGES_MAX + 70;
  for (let i = 0; i < count; i++) await deliverText(store, ann, `N: ${i}\r\n\r\n`);
  const snapshot = await openInboxSnapshot(store, ann);
  const order = [...Array.from({ length: count }, (_, i) => i), count - 1, 5, 6, 6, 7, 4, 0, 1, 2];
  for (const index of order) {
    assert.match((await readWhole(snapshot, index)).toString(), new RegExp(`^N: ${index}\\r\\n\\r\\n$`, 'mu'));
  }
});

test('whoever reads on has most messages at hand', async (t) => {
  const store = await openScratchStore(t);
  const ann = await addTestAccount(store, 'ann@one.test');
  await deliverMany(store, ann, RUN_MESSAGES_MAX * 2);
  const snapshot = await openInboxSnapshot(store, ann);
  let waits = 0;
  for (let i = 0; i < snapshot.count; i++) {
    const opened = snapshot.open(i);
    if (opened instanceof Promise) {
      waits++;
      await opened;
    }
  }
  assert.ok(waits <= 6, `${waits} reads`);
});

test('a run holds no more octets than its bound', async (t) => {
  const store = await openScratchStore(t);
  const ann = await addTestAccount(store, 'ann@one.test');
  const text = `A: b\r\n\r\n${'x'.repeat(PIECE_OCTETS / 2)}\r\n`;
  for (let i = 0; i < 12; i++) await deliverText(store, ann, text);
  const snapshot = await openInboxSnapshot(store, ann);
  let run = 0;
  for (let i = 0; i < snapshot.count; i++) {
    const opened = snapshot.open(i);
    run = opened instanceof Promise ? 1 : run + 1;
    assert.ok(run * text.length <= RUN_OCTETS_MAX, `${run} messages at hand`);
    await opened;
  }
});

test('a large message comes in pieces of bounded size', async (t) => {
  const store = await openScratchStore(t);
  const ann = await addTestAccount(store, 'ann@one.test');
  const text = `A: b\r\n\r\n${`${'x'.repeat(100)}\r\n`.repeat(7_000)}`;
  await deliverText(store, ann, 'small\r\n');
  await deliverText(store, ann, text);
  const snapshot = await openInboxSnapshot(store, ann);
  await snapshot.open(0);
  const { body } = await snapshot.open(1);
  assert.ok(!Buffer.isBuffer(body));
  for await (const piece of body) assert.ok(piece.length <= PIECE_OCTETS);
  assert.ok((await readWhole(snapshot, 1)).toString().endsWith(text));
});

test('RFC 1939 §6 removing goes by bounded writes, spares later arrivals and bears with what is gone', async (t) => {
  const store = await openScratchStore(t);
  const ann = await addTestAccount(store, 'ann@one.test');
  await deliverMany(store, ann, REMOVE_MESSAGES_MAX + 3);
  const snapshot = await openInboxSnapshot(store, ann);
  await deliverText(store, ann, 'N: late\r\n\r\n');
  const all = Array.from({ length: snapshot.count }, (_, i) => i);
  await snapshot.remove(all.slice(0, 2));
  await snapshot.remove(all.slice(0, -1));
  const after = await openInboxSnapshot(store, ann);
  assert.deepEqual([after.uidl(0), after.count], [snapshot.uidl(snapshot.count - 1), 2]);
});

test('a message that somebody else removed is an error, its neighbours are not', async (t) => {
  const store = await openScratchStore(t);
  const ann = await addTestAccount(store, 'ann@one.test');
  for (let i = 0; i < 6; i++) await deliverText(store, ann, `N: ${i}\r\n\r\n`);
  const [snapshot, other] = [await openInboxSnapshot(store, ann), await openInboxSnapshot(store, ann)];
  await other.remove([0, 2]);
  await assert.rejects(async () => snapshot.open(0), { code: 'storage-failed' });
  assert.match((await readWhole(snapshot, 1)).toString(), /N: 1/u);
  await assert.rejects(async () => snapshot.open(2), { code: 'storage-failed' });
  assert.match((await readWhole(snapshot, 3)).toString(), /N: 3/u);
});

test('a snapshot is read by pages and ends at its bound', async (t) => {
  const store = await openScratchStore(t);
  const ann = await addTestAccount(store, 'ann@one.test');
  const id = store.newUnitId();
  const message = store.openMessage();
  await message.write(Buffer.from('A: b\r\n\r\n'));
  const delivery = { accountId: ann, mailbox: 'INBOX', prefix: Buffer.alloc(0) };
  const deliveries = Array.from({ length: SNAPSHOT_PAGE_ROWS + 2 }, () => delivery);
  await message.commit(Buffer.alloc(0), makeUnit(id, { deliveries }));
  const whole = await openInboxSnapshot(store, ann);
  assert.equal(whole.count, SNAPSHOT_PAGE_ROWS + 2);
  assert.equal(new Set(Array.from({ length: whole.count }, (_, i) => whole.uidl(i))).size, whole.count);
  assert.equal((await openInboxSnapshot(store, ann, SNAPSHOT_PAGE_ROWS + 1)).count, SNAPSHOT_PAGE_ROWS + 1);
  assert.equal((await openInboxSnapshot(store, ann, 3)).count, 3);
});

test('an account without a mailbox is told so', async (t) => {
  const store = await openScratchStore(t);
  await assert.rejects(openInboxSnapshot(store, 99), { code: 'account-unknown' });
});
