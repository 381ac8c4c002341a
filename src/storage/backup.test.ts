import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
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

test('what the server made for itself is in the backup and comes back, for its owner only', async (t) => {
  const folder = scratchFolder(t);
  const [dataDir, target, restored] = ['data', 'backup', 'restored'].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  const store = await openEmbedded(dataDir);
  const files = { 'secrets/login': 'salt', 'tls/mx.one.test.key': 'key', 'tls/mx.one.test.pem': 'certificate' };
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(join(dataDir, name, '..'), { recursive: true, mode: 0o755 });
    writeFileSync(join(dataDir, name), text, { mode: 0o644 });
  }
  writeFileSync(join(dataDir, 'tls', 'mx.one.test.pem.new'), 'half');
  await backup(store, { dataDir, target });
  await store.close();
  await restore({ source: target, dataDir: restored });
  for (const copy of [target, restored]) {
    for (const [name, text] of Object.entries(files)) {
      assert.equal(readFileSync(join(copy, name), 'utf8'), text);
      assert.equal(statSync(join(copy, name)).mode & 0o777, 0o600);
      assert.equal(statSync(join(copy, name, '..')).mode & 0o777, 0o700);
    }
    assert.deepEqual(readdirSync(join(copy, 'tls')), ['mx.one.test.key', 'mx.one.test.pem']);
  }
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
