import assert from 'node:assert/strict';
import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { FaultyFiles } from '../../../test/support/faulty-files.ts';
import { addTestAccount, deliverText, scratchFolder } from '../../../test/support/scratch-store.ts';
import { silentLog } from '../../base/log.ts';
import { segmentName, segmentsFolder } from '../data-folder.ts';
import { openEmbedded } from '../embedded.ts';
import { listMessages, type MessageRecord } from '../records/messages.ts';
import { listSegments } from '../records/segments.ts';
import { verify } from '../verify.ts';
import { Compactor } from './compaction.ts';

async function openHouse(t: TestContext) {
  const dataDir = scratchFolder(t);
  const files = new FaultyFiles();
  // Every group is followed by a new segment once 300 octets are in one.
  const store = await openEmbedded(dataDir, { files, segmentRollBytes: 300 });
  const accountId = await addTestAccount(store, 'bob@one.test');
  const compactor = new Compactor(store, { dataDir, log: silentLog, files });
  const list = (): Promise<MessageRecord[]> => listMessages(store.read, { accountId, mailboxId: 1 }, 0, 100);
  const faults: string[] = [];
  const check = async (): Promise<string[]> => {
    await verify({ dataDir, read: store.read, onFault: (fault) => faults.push(fault) });
    return faults;
  };
  const names = (): string[] => readdirSync(segmentsFolder(dataDir));
  /** Delivers twelve messages over several segments and keeps every fourth. */
  const makeGarbage = async (): Promise<MessageRecord[]> => {
    for (let i = 0; i < 12; i++) await deliverText(store, accountId, `message ${i} ${'x'.repeat(80)}\r\n`);
    const uids = (await list()).map((message) => message.uid).filter((uid) => uid % 4 !== 0);
    await store.execute('message.expunge', accountId, 1, uids);
    return await list();
  };
  return { dataDir, files, store, accountId, compactor, list, check, names, makeGarbage };
}

test('live records move together and the old files go', async (t) => {
  const { store, compactor, list, check, names, makeGarbage } = await openHouse(t);
  const before = await makeGarbage();
  const octets = await Promise.all(before.map((m) => store.readBlob(m.place, 0, m.place.length)));
  const files = names().length;
  const result = await compactor.run();
  assert.ok(result.moved > 0 && result.removed > 1);
  assert.equal(names().length, files - result.removed + 1);
  const after = await list();
  assert.notDeepEqual(
    after.map((m) => m.place),
    before.map((m) => m.place),
  );
  assert.deepEqual(await Promise.all(after.map((m) => store.readBlob(m.place, 0, m.place.length))), octets);
  assert.deepEqual(await check(), []);
  assert.deepEqual(await compactor.run(), { removed: 0, moved: 0 });
  await store.close();
});

test('whoever holds an old place reads the row again, once', async (t) => {
  const { store, compactor, makeGarbage } = await openHouse(t);
  const [first] = await makeGarbage();
  assert.ok(first);
  await compactor.run();
  const text = (await store.readBlob(first.place, 0, first.place.length)).toString();
  assert.match(text, /^Received: here\r\nmessage 3 x+\r\n$/);
  assert.equal((await store.readBlobs([first.place]))[0]?.toString(), text);
  await store.execute('message.expunge', 1, 1, [4]);
  await assert.rejects(store.readBlob(first.place, 0, 10), { code: 'storage-failed' });
  await store.close();
});

test('no file goes while a backup pins them', async (t) => {
  const { store, compactor, check, names, makeGarbage } = await openHouse(t);
  await makeGarbage();
  const unpin = await store.pinSegments();
  const before = names();
  const running = compactor.run();
  await store.execute('domain.add', { name: 'two.test' });
  for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(
    names().filter((name) => before.includes(name)),
    before,
  );
  unpin();
  assert.ok((await running).removed > 0);
  assert.ok(names().length < before.length);
  assert.deepEqual(await check(), []);
  await store.close();
});

test('a failed copy changes nothing', async (t) => {
  const { store, files, compactor, list, check, names, makeGarbage } = await openHouse(t);
  const before = await makeGarbage();
  const beforeNames = names();
  for (const step of ['sync', 'write', 'syncFolder'] as const) {
    files.failing.set(step, 'EIO');
    await assert.rejects(compactor.run(), { code: 'EIO' });
    files.failing.clear();
    assert.deepEqual(names(), beforeNames);
    assert.deepEqual(await list(), before);
  }
  assert.deepEqual(await check(), []);
  await store.close();
});

test('a damaged segment is left alone and verify names it', async (t) => {
  const { dataDir, store, compactor, check, names, makeGarbage } = await openHouse(t);
  const [first, second] = await makeGarbage();
  assert.ok(first && second);
  const path = join(segmentsFolder(dataDir), segmentName(first.place.segment));
  writeFileSync(path, Buffer.alloc(5000, 88));
  await compactor.run();
  assert.ok(names().includes(segmentName(first.place.segment)));
  const faults = await check();
  assert.equal(faults.length, 1);
  assert.match(faults[0] ?? '', new RegExp(`^unit ${first.place.id}: its octets are not the ones`));
  rmSync(path);
  assert.match((await check()).at(-1) ?? '', /cannot be read/);
  await store.close();
});

test('a crash between the moves and the removal is finished at the next start', async (t) => {
  const { dataDir, store, files, compactor, makeGarbage } = await openHouse(t);
  const kept = await makeGarbage();
  files.failing.set('unlink', 'EIO');
  await assert.rejects(compactor.run(), { code: 'EIO' });
  files.failing.clear();
  assert.ok((await listSegments(store.read)).some((segment) => segment.state === 'dropped'));
  await store.close();
  const again = await openEmbedded(dataDir);
  assert.ok((await listSegments(again.read)).every((segment) => segment.state === 'sealed'));
  assert.equal(readdirSync(segmentsFolder(dataDir)).length, (await listSegments(again.read)).length);
  for (const message of kept) await again.readBlob(message.place, 0, message.place.length);
  await again.close();
});
