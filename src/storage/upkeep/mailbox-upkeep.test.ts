import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addTestAccount, deliverText, makeUnit, openScratchStore } from '../../../test/support/scratch-store.ts';
import { systemClock } from '../../base/clock.ts';
import { LOG_PRUNE_ROWS, SMALL_MESSAGE_MAX_BYTES, SWEEP_AT_ONCE_MAX } from '../limits.ts';
import { CONSISTENCY_CHECKS } from '../records/consistency.ts';
import { readChanges, readExpunged } from '../records/message-pages.ts';
import { describeWaitingEmails, pruneLongLogs, sweepLeavingEmails } from './mailbox-upkeep.ts';

const FOLDER = { accountId: 1, mailboxId: 1 };

test('octets of many removed messages are let go by and by', async (t) => {
  const store = await openScratchStore(t);
  await addTestAccount(store, 'ann@one.test');
  const count = SWEEP_AT_ONCE_MAX + 5;
  await Promise.all(Array.from({ length: count }, () => deliverText(store, 1, 'A: b\r\n\r\n')));
  const blobs = async (): Promise<number> =>
    (await store.read.get<{ n: number }>('SELECT count(*) AS n FROM blob'))?.n ?? -1;
  await store.execute('message.copy', FOLDER, [1, 3], { accountId: 1, mailboxId: 2 });
  await store.execute('message.remove-set', FOLDER, [1, 99_999], { onlyDeleted: false });
  assert.equal(await blobs(), count);
  for (const check of CONSISTENCY_CHECKS) assert.deepEqual(await check(store.read, 9), []);
  await sweepLeavingEmails({ store, clock: { ...systemClock, monotonic: () => 0 } });
  assert.equal(await blobs(), 3);
  for (const check of CONSISTENCY_CHECKS) assert.deepEqual(await check(store.read, 9), []);
});

test('a long message is described later, with the places of its parts', async (t) => {
  const store = await openScratchStore(t);
  await addTestAccount(store, 'ann@one.test');
  const message = store.openMessage();
  const head =
    'Subject: long\r\nMessage-ID: <l@one.test>\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\n';
  await message.write(Buffer.from(head));
  await message.write(Buffer.alloc(SMALL_MESSAGE_MAX_BYTES, 'x'));
  await message.write(Buffer.from('\r\n--b--\r\n'));
  const delivery = { accountId: 1, mailbox: 'INBOX', prefix: Buffer.alloc(0) };
  await message.commit(Buffer.from('Received: here\r\n'), makeUnit(store.newUnitId(), { deliveries: [delivery] }));
  const row = async (): Promise<object | undefined> =>
    await store.read.get('SELECT derived, message_ids, envelope, structure, parts FROM email');
  assert.deepEqual(
    { ...(await row()) },
    { derived: 0, message_ids: 'l@one.test', envelope: null, structure: null, parts: null },
  );
  await describeWaitingEmails({ store, clock: systemClock });
  const after = (await row()) as { envelope: string; structure: string; parts: string };
  assert.match(after.envelope, /^\(NIL "long" NIL/);
  assert.match(after.structure, /"MIXED"/i);
  assert.match(after.parts, /^\[0,\d+,\d+,"multipart\/mixed"/);
});

test('RFC 7162 §3.2.5 a change log that was cut says so, and changes are found without it', async (t) => {
  const store = await openScratchStore(t);
  await addTestAccount(store, 'ann@one.test');
  const count = LOG_PRUNE_ROWS + 50;
  await Promise.all(Array.from({ length: count }, () => deliverText(store, 1, 'A: b\r\n\r\n')));
  const early = (await readChanges(store.read, FOLDER, 0)).modSeq;
  const flag = { flags: ['\\Seen'], unchangedSince: null };
  await Promise.all(
    Array.from({ length: count }, (_, i) =>
      store.execute('message.flags', FOLDER, [i + 1, i + 1], { mode: 'add', ...flag }),
    ),
  );
  await store.execute('message.remove-set', FOLDER, [2, 4], { onlyDeleted: false });
  assert.deepEqual(await readExpunged(store.read, FOLDER, early), [2, 4]);
  await pruneLongLogs({ store, clock: systemClock, logModSeqsKept: 20 });
  const rows = await store.read.get<{ n: number }>('SELECT count(*) AS n FROM change_log');
  assert.ok((rows?.n ?? 0) <= 20, `${rows?.n} rows`);
  assert.equal(await readExpunged(store.read, FOLDER, early), null);
  const changes = await readChanges(store.read, FOLDER, early);
  assert.deepEqual(changes.expunged, [2, 4]);
  assert.deepEqual(changes.arrived, [1, 1, 5, count]);
  assert.deepEqual(await readExpunged(store.read, FOLDER, changes.modSeq - 1), [2, 4]);
});
