// A cluster with an object store: where octets go, what happens while the store is down, and who wins when packing,
// removal and late units meet.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { before, test, type TestContext } from 'node:test';
import { MailError } from '../../src/base/errors/mail-error.ts';
import type { Log, LogFields } from '../../src/base/log.ts';
import { silentLog } from '../../src/base/log.ts';
import type { ClusterStore } from '../../src/storage/cluster/cluster-store.ts';
import { removeGarbage } from '../../src/storage/cluster/cluster-upkeep.ts';
import { Leases } from '../../src/storage/cluster/leases.ts';
import { connectionOptions, openCluster } from '../../src/storage/cluster/open-cluster.ts';
import { PACK_BYTES, PACK_MIN_BYTES, PACK_RECORDS_MAX } from '../../src/storage/cluster/objects/limits.ts';
import {
  dropObjects,
  OBJECTS_KEPT_LEASE,
  removeDroppedObjects,
} from '../../src/storage/cluster/objects/object-garbage.ts';
import { ObjectKeys } from '../../src/storage/cluster/objects/object-keys.ts';
import { Packer, type PackerOptions } from '../../src/storage/cluster/objects/packer.ts';
import type { ThreadObjects } from '../../src/storage/cluster/objects/thread-objects.ts';
import { verifyObjects } from '../../src/storage/cluster/objects/verify-objects.ts';
import { systemClock } from '../../src/base/clock.ts';
import { findPlace } from '../../src/storage/records/blobs.ts';
import { CONSISTENCY_CHECKS } from '../../src/storage/records/consistency.ts';
import { listMessages } from '../../src/storage/records/messages.ts';
import { hashRecord } from '../../src/storage/segments/record-hash.ts';
import { PostgresConnection } from '../../src/storage/sql/postgres-connection.ts';
import type { BlobPlace } from '../../src/storage/store.ts';
import { ObjectServer, TEST_ACCESS_KEY, TEST_SECRET_KEY } from '../support/object-server.ts';
import { type PostgresServer, startPostgres } from '../support/postgres.ts';
import { addTestAccount, makeUnit, scratchFolder } from '../support/scratch-store.ts';

const INBOX = 1;
const PREFIX = Buffer.from('Received: here\r\n');
const LARGE_BYTES = 900_000;

let postgres: PostgresServer;
before(async (t) => {
  postgres = await startPostgres(t as TestContext, { fsync: 'off' });
});

interface Rig {
  readonly server: ObjectServer;
  readonly store: ClusterStore;
  readonly objects: ThreadObjects;
  readonly url: string;
  readonly accountId: number;
  readonly folder: string;
  readonly logged: unknown[];
}

function logInto(logged: unknown[]): Log {
  const note = (fields: LogFields, text: string): void => void logged.push({ ...fields, text });
  return { debug: note, info: note, warn: note, error: note, child: () => logInto(logged) };
}

async function open(t: TestContext): Promise<Rig> {
  const server = await ObjectServer.start(t);
  const folder = scratchFolder(t);
  const url = await postgres.createDatabase();
  const logged: unknown[] = [];
  const keys = new ObjectKeys({ accessKeyId: TEST_ACCESS_KEY, secretAccessKey: TEST_SECRET_KEY });
  const objectOptions = { url: server.url, keys, spoolFolder: join(folder, 'spool') };
  const store = await openCluster(url, { objects: objectOptions, log: logInto(logged) });
  t.after(() => store.close());
  const { objects } = store;
  assert.ok(objects !== null);
  const accountId = await addTestAccount(store, 'bob@one.test');
  return { server, store, objects, url, accountId, folder, logged };
}

/** Commits a message for the account's INBOX; its octets as they are to be read. */
async function deliver({ store, accountId }: Rig, octets: Buffer): Promise<{ id: number; record: Buffer }> {
  const id = store.newUnitId();
  const message = store.openMessage();
  for (let at = 0; at < octets.length; at += 65_536) await message.write(octets.subarray(at, at + 65_536));
  const delivery = { accountId, mailbox: 'INBOX', prefix: Buffer.alloc(0) };
  await message.commit(PREFIX, makeUnit(id, { deliveries: [delivery] }));
  return { id, record: Buffer.concat([PREFIX, octets]) };
}

async function place({ store }: Rig, id: number): Promise<BlobPlace> {
  const found = await findPlace(store.read, id);
  assert.ok(found !== null);
  return found;
}

async function isRead(rig: Rig, { id, record }: { id: number; record: Buffer }): Promise<boolean> {
  return (await rig.store.readBlob(await place(rig, id), 0, record.length)).equals(record);
}

async function expunge({ store, accountId }: Rig, wanted: (at: number) => boolean): Promise<void> {
  const uids = (await listMessages(store.read, { accountId, mailboxId: INBOX }, 0, 10_000)).map(({ uid }) => uid);
  const going = uids.filter((_, at) => wanted(at));
  assert.equal(await store.execute('message.expunge', accountId, INBOX, going), going.length);
  while ((await store.execute('email.sweep', null, 100)) > 0);
}

function packer({ store, objects, logged }: Rig, options: Partial<PackerOptions> = {}): Packer {
  const newUnitId = (): number => store.newUnitId();
  // An id of this millisecond is not below the time: packed is what is older than minus a minute.
  const all = { ageSeconds: -60, minBytes: 1, goesOn: () => true, log: logInto(logged) };
  return new Packer({ sql: store.read, store: objects.store, newUnitId, ...all, ...options });
}

async function count({ store }: Rig, table: string): Promise<number> {
  return (await store.read.get<{ n: number }>(`SELECT count(*) AS n FROM ${table}`))?.n ?? -1;
}

/** Everything that must be true of rows and objects. */
async function check(rig: Rig): Promise<void> {
  const faults: string[] = [];
  for (const each of CONSISTENCY_CHECKS) faults.push(...(await each(rig.store.read, 10)));
  await verifyObjects(rig.store.read, rig.objects.store, (fault) => faults.push(fault));
  assert.deepEqual(faults, []);
}

/** Removes what nothing points at, whatever its age. */
async function removeAll({ store, objects }: Rig): Promise<number> {
  await dropObjects(store.read, -1);
  return await removeDroppedObjects(store.read, objects.store, -1);
}

test('a large message is one object, registered before it is stored; a small one is a row', async (t) => {
  const rig = await open(t);
  const pending: number[] = [];
  rig.server.beforePut = async () => {
    pending.push(await count(rig, 'pending_segment'), await count(rig, 'blob'));
  };
  const small = await deliver(rig, randomBytes(5000));
  const large = await deliver(rig, randomBytes(LARGE_BYTES));
  assert.deepEqual(pending, [1, 1]);
  assert.equal(await count(rig, 'pending_segment'), 0);
  assert.equal(await count(rig, 'blob_octets'), 1);
  assert.equal(rig.server.objects.size, 1);
  assert.ok((await place(rig, large.id)).segment < 0);
  assert.ok(await isRead(rig, small));
  assert.ok(await isRead(rig, large));
  const at = await place(rig, large.id);
  assert.deepEqual(await rig.store.readBlob(at, 300_000, 300_007), large.record.subarray(300_000, 300_007));
  const [one, two] = await rig.store.readBlobs([at, await place(rig, small.id)]);
  assert.ok(one?.equals(large.record) && two?.equals(small.record));
  assert.deepEqual(readdirSync(join(rig.folder, 'spool')), []);
  await check(rig);
});

test('a message that is given up leaves no object and no row', async (t) => {
  const rig = await open(t);
  const message = rig.store.openMessage();
  await message.write(randomBytes(LARGE_BYTES));
  message.abort();
  assert.equal(rig.server.requests.length, 0);
  assert.equal(await count(rig, 'pending_segment'), 0);
});

test('while the store is down large messages hear 451, small ones 250; what was stored can be read when it is back', async (t) => {
  const rig = await open(t);
  const large = await deliver(rig, randomBytes(LARGE_BYTES));
  for (const fault of [{ status: 503, code: 'SlowDown' }, 'reset', 'cut'] as const) {
    rig.server.fault = ({ method }) => (fault === 'cut' && method === 'PUT' ? 'reset' : fault);
    const isTemporary = (error: unknown): boolean =>
      error instanceof MailError && error.code === 'storage-failed' && error.temporary;
    await assert.rejects(deliver(rig, randomBytes(LARGE_BYTES)), isTemporary);
    await assert.rejects(rig.store.readBlob(await place(rig, large.id), 0, 10), isTemporary);
    assert.ok(await isRead(rig, await deliver(rig, randomBytes(5000))));
  }
  rig.server.fault = () => null;
  assert.ok(await isRead(rig, large));
  assert.equal(await count(rig, 'pending_segment'), 3);
  assert.equal(await removeAll(rig), 3);
  assert.equal(rig.server.objects.size, 1);
  await check(rig);
});

test('a unit whose registration has gone as too old fails, and its object goes', async (t) => {
  const rig = await open(t);
  rig.server.beforePut = async () => {
    assert.equal(await dropObjects(rig.store.read, -1), 1);
  };
  await assert.rejects(deliver(rig, randomBytes(LARGE_BYTES)), { code: 'storage-failed', temporary: true });
  assert.equal(rig.server.objects.size, 1);
  assert.equal(await count(rig, 'blob'), 0);
  assert.equal(await removeAll(rig), 1);
  assert.equal(rig.server.objects.size, 0);
  await check(rig);
});

test('an object that nothing points at stays for the grace of the database, and while somebody keeps objects', async (t) => {
  const rig = await open(t);
  await deliver(rig, randomBytes(LARGE_BYTES));
  const kept = await deliver(rig, randomBytes(LARGE_BYTES));
  const old = await place(rig, kept.id);
  await expunge(rig, () => true);
  const { read } = rig.store;
  assert.equal(await dropObjects(read), 2);
  assert.equal(await removeDroppedObjects(read, rig.objects.store), 0);
  // Who has read the place before reads on.
  assert.ok((await rig.store.readBlob(old, 0, kept.record.length)).equals(kept.record));
  const leases = new Leases(read, { clock: systemClock, token: rig.store.newUnitId(), forMs: 60_000 });
  await leases.take([OBJECTS_KEPT_LEASE]);
  assert.equal(await removeAll(rig), 0);
  await leases.releaseAll();
  rig.server.fault = () => ({ status: 503, code: 'SlowDown' });
  await assert.rejects(removeAll(rig), { code: 'storage-failed' });
  rig.server.fault = () => null;
  assert.equal(await removeAll(rig), 2);
  assert.equal(rig.server.objects.size, 0);
  assert.equal(await count(rig, 'dropped_object'), 0);
});

test('small messages are packed into objects, and packed anew when half of one is garbage', async (t) => {
  const rig = await open(t);
  const letters: { id: number; record: Buffer }[] = [];
  for (let at = 0; at < 40; at++) letters.push(await deliver(rig, randomBytes(1000 + at * 100)));
  const places = await Promise.all(letters.map(({ id }) => place(rig, id)));
  assert.equal(await packer(rig).run(), 40);
  assert.equal(await count(rig, 'blob_octets'), 0);
  assert.equal(rig.server.objects.size, 1);
  // New places and those that were read before it moved.
  for (const letter of letters) assert.ok(await isRead(rig, letter));
  const read = await rig.store.readBlobs(places);
  assert.ok(read.every((octets, at) => octets.equals(letters[at]?.record ?? octets.subarray(1))));
  await check(rig);
  assert.equal(await packer(rig).run(), 0);
  await expunge(rig, (at) => at % 4 !== 0);
  assert.equal(await packer(rig).run(), 10);
  assert.equal(rig.server.objects.size, 2);
  for (const [at, letter] of letters.entries()) if (at % 4 === 0) assert.ok(await isRead(rig, letter));
  await check(rig);
  assert.equal(await removeAll(rig), 1);
  assert.equal(rig.server.objects.size, 1);
  for (const [at, letter] of letters.entries()) if (at % 4 === 0) assert.ok(await isRead(rig, letter));
  await check(rig);
});

test('little is not packed, much in several objects, and nothing that is young', async (t) => {
  const rig = await open(t);
  // The first object takes a little more than its share.
  const many = Math.ceil((PACK_BYTES + PACK_MIN_BYTES) / 250_000) + 2;
  for (let at = 0; at < many; at++) {
    if (at === 10) assert.equal(await packer(rig, { minBytes: PACK_MIN_BYTES }).run(), 0);
    await deliver(rig, randomBytes(250_000));
  }
  assert.equal(await packer(rig, { ageSeconds: 60 }).run(), 0);
  assert.equal(await packer(rig, { goesOn: () => false }).run(), 0);
  const moved = await packer(rig, { minBytes: PACK_MIN_BYTES }).run();
  assert.equal(moved, many);
  assert.equal(rig.server.objects.size, 2);
  await check(rig);
});

test('many tiny messages are packed although they are few octets, so many to an object', async (t) => {
  const rig = await open(t);
  const record = Buffer.from('x');
  const hash = Buffer.from(hashRecord(record), 'latin1');
  const many = PACK_RECORDS_MAX + 10;
  const first = rig.store.newUnitId() - many * 64;
  const { read } = rig.store;
  await read.run(
    `INSERT INTO blob (id, segment, position, length, prefix_length, hash, refs)
     SELECT n, 0, n, 1, 0, CAST(? AS BYTEA), 1 FROM generate_series(CAST(? AS BIGINT), CAST(? AS BIGINT)) AS n`,
    hash,
    first,
    first + many - 1,
  );
  await read.run(`INSERT INTO blob_octets SELECT 0, id, 'x' FROM blob`);
  assert.equal(await packer(rig, { minBytes: PACK_MIN_BYTES }).run(), PACK_RECORDS_MAX);
  assert.equal(await count(rig, 'blob_octets'), 10);
  assert.equal(await packer(rig).run(), 10);
  assert.equal(rig.server.objects.size, 2);
});

test('large messages that are rows become objects when an object store comes', async (t) => {
  const rig = await open(t);
  const plain = await openCluster(rig.url);
  t.after(() => plain.close());
  const before = { ...rig, store: plain };
  const large = await deliver(before, randomBytes(LARGE_BYTES));
  const bad = await deliver(before, randomBytes(LARGE_BYTES));
  const at = await place(rig, large.id);
  const badAt = await place(rig, bad.id);
  assert.ok(at.segment > 0);
  await rig.store.read.run(
    'UPDATE blob_octets SET octets = overlay(octets placing ? from 1) WHERE segment = ? AND position > ?',
    randomBytes(8),
    badAt.segment,
    badAt.offset,
  );
  assert.equal(await packer(rig).run(), 1);
  assert.ok((await place(rig, large.id)).segment < 0);
  assert.equal((await place(rig, bad.id)).segment, badAt.segment);
  assert.ok(await isRead(rig, large));
  assert.equal(rig.server.objects.size, 1);
  assert.ok((await removeGarbage(rig.store.read)) > 0);
  // Whoever has read the place before looks again.
  assert.ok((await rig.store.readBlob(at, 0, at.length)).equals(large.record));
  assert.equal(rig.logged.filter((line) => (line as { unit?: number }).unit === bad.id).length, 1);
  await check(rig);
});

test('a record that somebody is changing is not waited for', async (t) => {
  const rig = await open(t);
  const busy = await deliver(rig, randomBytes(2000));
  const free = await deliver(rig, randomBytes(2000));
  const other = await PostgresConnection.open(connectionOptions(rig.url, 'test'));
  t.after(() => other.close());
  await other.execute(`BEGIN; SELECT 1 FROM blob WHERE id = ${busy.id} FOR UPDATE`);
  assert.equal(await packer(rig).run(), 1);
  await other.execute('COMMIT');
  assert.equal((await place(rig, busy.id)).segment, 0);
  assert.ok((await isRead(rig, busy)) && (await isRead(rig, free)));
  await check(rig);
});

test('packing beside deliveries and removals loses nothing', async (t) => {
  const rig = await open(t);
  const letters: { id: number; record: Buffer }[] = [];
  const end = new AbortController();
  const packs = (async () => {
    const one = packer(rig);
    while (!end.signal.aborted) await one.run();
  })();
  for (let round = 0; round < 15; round++) {
    const some = Array.from({ length: 10 }, () => deliver(rig, randomBytes(500 + round * 300)));
    letters.push(...(await Promise.all(some)));
    await expunge(rig, (at) => at % 3 === round % 3);
    await dropObjects(rig.store.read, 3600);
    await removeDroppedObjects(rig.store.read, rig.objects.store, -1);
  }
  end.abort();
  await packs;
  const messages = await listMessages(rig.store.read, { accountId: rig.accountId, mailboxId: INBOX }, 0, 1000);
  let there = 0;
  for (const letter of letters)
    if ((await findPlace(rig.store.read, letter.id)) !== null) {
      there++;
      assert.ok(await isRead(rig, letter));
    }
  assert.equal(there, messages.length);
  assert.ok(there > 0);
  await check(rig);
});

test('what goes or comes while an object is being packed is neither lost nor brought back', async (t) => {
  const rig = await open(t);
  const letters: { id: number; record: Buffer }[] = [];
  for (let at = 0; at < 12; at++) letters.push(await deliver(rig, randomBytes(2000)));
  let late: { id: number; record: Buffer } | null = null;
  rig.server.beforePut = async () => {
    rig.server.beforePut = async () => {};
    await expunge(rig, (at) => at < 3);
    late = await deliver(rig, randomBytes(2000));
  };
  assert.equal(await packer(rig).run(), 10);
  for (const letter of letters.slice(3)) assert.ok(await isRead(rig, letter));
  assert.ok(late !== null && (await isRead(rig, late)));
  for (const { id } of letters.slice(0, 3)) assert.equal(await findPlace(rig.store.read, id), null);
  await check(rig);
});

test('a round of packing that fails or comes too late changes nothing', async (t) => {
  const rig = await open(t);
  const letter = await deliver(rig, randomBytes(2000));
  rig.server.fault = ({ method }) => (method === 'PUT' ? { status: 500, code: 'InternalError' } : null);
  await assert.rejects(packer(rig).run(), { code: 'storage-failed' });
  assert.equal(await count(rig, 'blob_octets'), 1);
  rig.server.fault = () => null;
  rig.server.beforePut = async () => {
    await dropObjects(rig.store.read, -1);
  };
  assert.equal(await packer(rig, { goesOn: once() }).run(), 0);
  assert.equal((await place(rig, letter.id)).segment, 0);
  assert.ok(await isRead(rig, letter));
  assert.equal(await removeAll(rig), 2);
  assert.equal(rig.server.objects.size, 0);
  await check(rig);
});

function once(): () => boolean {
  let asked = 0;
  return () => asked++ < 1;
}

test('a damaged record is told once and left where it is', async (t) => {
  const rig = await open(t);
  const bad = await deliver(rig, randomBytes(2000));
  const good = await deliver(rig, randomBytes(2000));
  await rig.store.read.run('UPDATE blob_octets SET octets = ? WHERE position = ?', randomBytes(2016), bad.id);
  const one = packer(rig);
  assert.equal(await one.run(), 1);
  assert.equal(await one.run(), 0);
  assert.equal((await place(rig, bad.id)).segment, 0);
  assert.ok(await isRead(rig, good));
  const told = rig.logged.filter((line) => (line as { unit?: number }).unit === bad.id);
  assert.equal(told.length, 1);
});

test('verify tells of every object that is missing or cut off', async (t) => {
  const rig = await open(t);
  for (let at = 0; at < 3; at++) await deliver(rig, randomBytes(LARGE_BYTES));
  const [first = '', second = ''] = rig.server.objects.keys();
  rig.server.objects.delete(first);
  rig.server.objects.set(second, Buffer.alloc(5));
  const faults: string[] = [];
  assert.equal(await verifyObjects(rig.store.read, rig.objects.store, (fault) => faults.push(fault)), 3);
  assert.equal(faults.length, 2);
  assert.match(faults.join('\n'), /is not in the object store/u);
  assert.match(faults.join('\n'), /has 5 octets, not 900016/u);
  await rig.server.stop();
  faults.length = 0;
  await verifyObjects(rig.store.read, rig.objects.store, (fault) => faults.push(fault));
  assert.equal(faults.length, 3);
});

test('a node that does not know the object store of its database does not start', async (t) => {
  const rig = await open(t);
  await deliver(rig, randomBytes(LARGE_BYTES));
  await assert.rejects(openCluster(rig.url, { log: silentLog }), /in an object store; name it in \[store\] blobs/u);
});
