import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { addTestAccount, deliverText, makeUnit, scratchFolder } from '../../test/support/scratch-store.ts';
import { backup, restore } from './backup.ts';
import { segmentsFolder } from './data-folder.ts';
import { openEmbedded } from './embedded.ts';
import { listMessages } from './records/messages.ts';
import { verify } from './verify.ts';

test('a backup taken under load restores to a whole storage, with the same unique-ids', async (t) => {
  const folder = scratchFolder(t);
  const dataDir = join(folder, 'data');
  const target = join(folder, 'backup');
  const restored = join(folder, 'restored');
  const store = await openEmbedded(dataDir, { segmentRollBytes: 2000 });
  const accountId = await addTestAccount(store, 'bob@one.test');
  for (let i = 0; i < 40; i++) await deliverText(store, accountId, `message ${i} ${'x'.repeat(100)}\r\n`);
  const large = store.openMessage();
  await large.write(Buffer.alloc(400_000, 65));
  const delivery = { accountId, mailbox: 'INBOX', prefix: Buffer.alloc(0) };
  await large.commit(Buffer.alloc(0), makeUnit(store.newUnitId(), { deliveries: [delivery] }));
  const before = await listMessages(store.read, { accountId, mailboxId: 1 }, 0, 100);
  const [done] = await Promise.all([
    backup(store, { dataDir, target }),
    ...Array.from({ length: 20 }, (_, i) => deliverText(store, accountId, `later ${i}\r\n`)),
  ]);
  assert.equal(done.segments, done.segmentsDone);
  await store.close();
  const progress: number[] = [];
  await restore({ source: target, dataDir: restored, onProgress: (p) => progress.push(p.segmentsDone) });
  assert.equal(progress.at(-1), done.segments);
  const again = await openEmbedded(restored);
  const faults: string[] = [];
  const result = await verify({ dataDir: restored, read: again.read, onFault: (fault) => faults.push(fault) });
  assert.deepEqual(faults, []);
  assert.ok(result.records >= before.length);
  const after = await listMessages(again.read, { accountId, mailboxId: 1 }, 0, 100);
  assert.deepEqual(
    after.slice(0, before.length).map((m) => m.uidl),
    before.map((m) => m.uidl),
  );
  await deliverText(again, accountId, 'after the restore\r\n');
  assert.equal((await listMessages(again.read, { accountId, mailboxId: 1 }, 0, 100)).length, after.length + 1);
  await again.close();
});

test('nothing is written over', async (t) => {
  const folder = scratchFolder(t);
  const dataDir = join(folder, 'data');
  const store = await openEmbedded(dataDir);
  mkdirSync(join(folder, 'full'));
  writeFileSync(join(folder, 'full', 'x'), '');
  await assert.rejects(backup(store, { dataDir, target: join(folder, 'full') }), /is not empty; choose another/);
  const target = join(folder, 'backup');
  await backup(store, { dataDir, target });
  await assert.rejects(restore({ source: target, dataDir }), /is in use/);
  await store.close();
  await assert.rejects(restore({ source: target, dataDir }), /holds a database already/);
  await assert.rejects(restore({ source: join(folder, 'full'), dataDir: join(folder, 'new') }), /is no backup/);
  assert.deepEqual(readdirSync(target).sort(), ['postroad.db', 'segments']);
  assert.deepEqual(readdirSync(segmentsFolder(target)), []);
});
