import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addTestAccount, deliverText, makeUnit, openScratchStore } from '../../test/support/scratch-store.ts';
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
