import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openScratchStore, scratchFolder } from '../../../test/support/scratch-store.ts';
import { VirtualClock } from '../../../test/support/virtual-clock.ts';
import { silentLog } from '../../base/log.ts';
import { databasePath } from '../data-folder.ts';
import { openEmbedded } from '../embedded.ts';
import { CHECKPOINT_INTERVAL_MS, SQLITE_VERSION_MIN } from '../limits.ts';
import { checkpoint, openCheckpointDatabase, openReaderDatabase, requireSafeVersion } from '../sql/sqlite-dialect.ts';
import { StoreWriter } from '../writer/store-writer.ts';
import { runCheckpoints } from './checkpoints.ts';

test('an SQLite with the WAL-reset fault is refused', () => {
  for (const version of ['3.51.2', '3.50.9', '2.99.99', '3.9.0'])
    assert.throws(() => requireSafeVersion(version), /use a Node/);
  for (const version of [SQLITE_VERSION_MIN, '3.51.10', '3.52.0', '4.0.0']) requireSafeVersion(version);
  requireSafeVersion(process.versions['sqlite'] ?? '');
});

test('no read stays open behind its promise: the WAL can start anew at any await', async (t) => {
  const dataDir = scratchFolder(t);
  const store = await openEmbedded(dataDir);
  for (let i = 0; i < 50; i++) await store.execute('domain.add', { name: `d${i}.test` });
  const database = openCheckpointDatabase(databasePath(dataDir));
  const reads = [
    store.read.all('SELECT * FROM domain'),
    store.read.all('SELECT * FROM domain LIMIT 3'),
    store.read.get('SELECT * FROM domain ORDER BY id'),
    store.read.get('SELECT * FROM domain WHERE id > ?', 10),
    assert.rejects(store.read.all('SELECT nothing FROM domain')),
  ];
  assert.equal(checkpoint(database, 'RESTART').busy, false);
  await Promise.all(reads);
  assert.equal(checkpoint(database, 'RESTART').busy, false);
  // What the assertion above would see of a paused statement.
  const reader = openReaderDatabase(databasePath(dataDir));
  const paused = reader.prepare('SELECT * FROM domain').iterate();
  paused.next();
  await store.execute('domain.add', { name: 'after.test' });
  assert.equal(checkpoint(database, 'RESTART').busy, true);
  reader.close();
  database.close();
  await store.close();
});

test('a reader cannot write', async (t) => {
  const store = await openScratchStore(t);
  await assert.rejects(store.read.run('DELETE FROM domain'), /readonly/);
});

test('checkpoints run beside the writer, and say so when a reader holds the WAL', async (t) => {
  const dataDir = scratchFolder(t);
  const store = await openEmbedded(dataDir);
  const clock = new VirtualClock();
  const warnings: string[] = [];
  const log = { ...silentLog, warn: (_: object, text: string) => void warnings.push(text) };
  const stop = runCheckpoints({ dataDir, clock, log, walAlarmBytes: 100_000 });
  for (let i = 0; i < 20; i++) await store.execute('domain.add', { name: `d${i}.test` });
  await clock.advance(CHECKPOINT_INTERVAL_MS);
  const database = openCheckpointDatabase(databasePath(dataDir));
  const { walFrames, copiedFrames } = checkpoint(database, 'PASSIVE');
  assert.equal(copiedFrames, walFrames);
  for (let i = 20; i < 60; i++) await store.execute('domain.add', { name: `d${i}.test` });
  await clock.advance(CHECKPOINT_INTERVAL_MS * 3);
  assert.deepEqual(warnings, ['the write-ahead log is very long: a reader holds it']);
  database.close();
  stop();
  await store.close();
});

test('the writer makes a long WAL start anew', async (t) => {
  const dataDir = scratchFolder(t);
  const clock = new VirtualClock();
  const writer = await StoreWriter.open({ dataDir, clock, log: silentLog, walRestartBytes: 200_000 });
  const { MessageChannel } = await import('node:worker_threads');
  const { openStore } = await import('../thread-store.ts');
  const { port1, port2 } = new MessageChannel();
  writer.attach(port1, 0);
  const store = await openStore({ dataDir, threadIndex: 0, port: port2, clock, log: silentLog });
  for (let i = 0; i < 400; i++) await store.execute('domain.add', { name: `d${i}.test` });
  assert.ok(writer.counts.walBytes < 600_000, `${writer.counts.walBytes}`);
  assert.ok(writer.counts.walBytes > 0);
  await store.close();
  await writer.close();
});
