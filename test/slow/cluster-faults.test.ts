// What the cluster engine promises when something breaks: the connection at COMMIT, the database for a while, a standby
// that is not there. And that numbers and notes come in order however late a transaction commits.
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { MailError } from '../../src/base/errors/mail-error.ts';
import { bringForward } from '../../src/storage/cluster/cluster-schema.ts';
import type { ClusterStore } from '../../src/storage/cluster/cluster-store.ts';
import { removeGarbage } from '../../src/storage/cluster/cluster-upkeep.ts';
import { NoteReader } from '../../src/storage/cluster/note-reader.ts';
import { connectionOptions, openCluster } from '../../src/storage/cluster/open-cluster.ts';
import { listMessages } from '../../src/storage/records/messages.ts';
import { PostgresConnection } from '../../src/storage/sql/postgres-connection.ts';
import { CutProxy } from '../support/cut-proxy.ts';
import { type PostgresServer, startPostgres } from '../support/postgres.ts';
import { addTestAccount, deliverText, makeUnit } from '../support/scratch-store.ts';

const INBOX = 1;

/** A store that closes with the test, and a connection beside it. */
async function open(t: TestContext, url: string): Promise<ClusterStore> {
  const store = await openCluster(url);
  t.after(() => store.close());
  return store;
}

async function connect(t: TestContext, url: string): Promise<PostgresConnection> {
  const connection = await PostgresConnection.open(connectionOptions(url, 'test'));
  t.after(() => connection.close());
  return connection;
}

function throughProxy(server: PostgresServer, proxy: CutProxy, url: string): string {
  return url.replace(`:${server.port}/`, `:${proxy.port}/`);
}

async function uidsOf(store: ClusterStore, accountId: number): Promise<number[]> {
  return (await listMessages(store.read, { accountId, mailboxId: INBOX }, 0, 10_000)).map(({ uid }) => uid);
}

/** Until the condition holds; looks again after every answer of the database. */
async function until(condition: () => Promise<boolean>): Promise<void> {
  const endMs = performance.now() + 20_000;
  while (!(await condition())) if (performance.now() > endMs) throw new Error(`not in time: ${condition.toString()}`);
}

test('the connection breaks at COMMIT: what is there is answered as there, what is not is done again, nothing twice', async (t) => {
  const server = await startPostgres(t, { fsync: 'off' });
  const proxy = await CutProxy.start(server.port);
  t.after(() => proxy.close());
  const store = await open(t, throughProxy(server, proxy, await server.createDatabase()));
  const accountId = await addTestAccount(store, 'bob@one.test');
  for (const cut of ['after', 'before', 'after', 'before'] as const) {
    proxy.cutAt('COMMIT', cut);
    await Promise.all([1, 2, 3].map(() => deliverText(store, accountId, 'x\r\n')));
  }
  assert.equal(proxy.cuts, 4);
  assert.deepEqual(
    await uidsOf(store, accountId),
    Array.from({ length: 12 }, (_, at) => at + 1),
  );
});

test('without the database a unit hears 451; when it is back everything goes on by itself', async (t) => {
  const server = await startPostgres(t, { fsync: 'off' });
  const proxy = await CutProxy.start(server.port);
  t.after(() => proxy.close());
  const store = await open(t, throughProxy(server, proxy, await server.createDatabase()));
  const accountId = await addTestAccount(store, 'bob@one.test');
  await deliverText(store, accountId, 'x\r\n');
  proxy.down();
  const refused = (error: unknown): boolean =>
    error instanceof MailError && error.code === 'storage-failed' && error.temporary;
  await assert.rejects(deliverText(store, accountId, 'x\r\n'), refused);
  await assert.rejects(uidsOf(store, accountId), refused);
  proxy.up();
  await deliverText(store, accountId, 'x\r\n');
  assert.deepEqual(await uidsOf(store, accountId), [1, 2]);
});

test('a COMMIT that warns, because a standby is not there, is no 250', async (t) => {
  const server = await startPostgres(t, { fsync: 'off' });
  const url = await server.createDatabase();
  const store = await open(t, url);
  const accountId = await addTestAccount(store, 'bob@one.test');
  const beside = await connect(t, url);
  await beside.execute("ALTER SYSTEM SET synchronous_standby_names = 'nobody'");
  await beside.execute('SELECT pg_reload_conf()');
  const delivering = deliverText(store, accountId, 'x\r\n');
  delivering.catch(() => {});
  await until(async () => {
    const rows = await beside.all(
      "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE wait_event = 'SyncRep' AND pid <> pg_backend_pid()",
    );
    return rows.length > 0;
  });
  await assert.rejects(delivering, (error: unknown) => error instanceof MailError && error.code === 'storage-failed');
});

test('uids and modseqs of an account appear in their order on every node, however late a transaction commits', async (t) => {
  const server = await startPostgres(t, { fsync: 'off' });
  const url = await server.createDatabase();
  const [slow, fast, reader] = [await open(t, url), await open(t, url), await open(t, url)];
  const accountId = await addTestAccount(fast, 'bob@one.test');
  const beside = await connect(t, url);
  // Transactions that deliver what the slow node says take their time between the last statement and the end of COMMIT.
  await beside.execute(`CREATE FUNCTION dawdle() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    IF NEW.internal_date_ms = 1 THEN PERFORM pg_sleep(0.05); END IF; RETURN NULL; END $$`);
  await beside.execute(`CREATE CONSTRAINT TRIGGER dawdling AFTER INSERT ON message DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION dawdle()`);
  const deliver = async (store: ClusterStore, internalDateMs: number): Promise<void> => {
    const message = store.openMessage();
    await message.write(Buffer.from('x\r\n'));
    const delivery = { accountId, mailbox: 'INBOX', prefix: Buffer.alloc(0), internalDateMs };
    await message.commit(Buffer.alloc(0), makeUnit(store.newUnitId(), { deliveries: [delivery] }));
  };
  const delivering = Promise.all([
    (async () => {
      for (let i = 0; i < 20; i++) await deliver(slow, 1);
    })(),
    (async () => {
      for (let i = 0; i < 200; i++) await deliver(fast, 2);
    })(),
  ]);
  const run = { over: false };
  void delivering.finally(() => (run.over = true));
  let seen = 0;
  let looks = 0;
  while (!run.over) {
    const rows = await reader.read.all<{ uid: number; modseq: number }>(
      'SELECT uid, modseq FROM message WHERE account_id = ? ORDER BY uid',
      accountId,
    );
    assert.deepEqual(
      rows.map(({ uid }) => uid),
      Array.from({ length: rows.length }, (_, at) => at + 1),
      'no uid appears below one that was there',
    );
    for (let at = 1; at < rows.length; at++) assert.ok(rows[at]!.modseq > rows[at - 1]!.modseq);
    assert.ok(rows.length >= seen);
    seen = rows.length;
    looks++;
  }
  await delivering;
  assert.equal((await uidsOf(reader, accountId)).length, 220);
  assert.ok(looks > 10);
});

test('notes of transactions that commit late are read, each once', async (t) => {
  const server = await startPostgres(t, { fsync: 'off' });
  const url = await server.createDatabase();
  const [late, early, other] = [await connect(t, url), await connect(t, url), await connect(t, url)];
  await bringForward(other);
  const reader = new NoteReader(1);
  await reader.start(other);
  const note = (token: number, node: number): string =>
    `INSERT INTO commit_note (token, node, account_ids, unit_ids, directory) VALUES (${token}, ${node}, '{${token}}', '{}', false)`;
  await late.execute(`BEGIN; ${note(10, 2)}`);
  await early.execute(note(11, 2));
  assert.deepEqual((await reader.read(other))?.accountIds, [11]);
  await early.execute(note(12, 1));
  assert.equal(await reader.read(other), null, 'its own node knows');
  await late.execute('COMMIT');
  assert.deepEqual((await reader.read(other))?.accountIds, [10]);
  assert.equal(await reader.read(other), null);
});

test('nodes hear of each other: mail, the queue, the directory', async (t) => {
  const server = await startPostgres(t, { fsync: 'off' });
  const url = await server.createDatabase();
  const [one, two] = [await open(t, url), await open(t, url)];
  const version = two.directoryVersion;
  const heard = new Promise<void>((resolve) => {
    two.onChange(({ accountIds, elsewhere }) => {
      if (accountIds.includes(1) && elsewhere === true) resolve();
    });
  });
  const accountId = await addTestAccount(one, 'bob@one.test');
  await deliverText(one, accountId, 'x\r\n');
  await heard;
  assert.ok(two.directoryVersion > version);
  assert.deepEqual(await uidsOf(two, accountId), [1]);
});

test('octets of a large message whose unit never came are garbage after a while, and a unit that comes too late fails', async (t) => {
  const server = await startPostgres(t, { fsync: 'off' });
  const store = await open(t, await server.createDatabase());
  const accountId = await addTestAccount(store, 'bob@one.test');
  const octets = async (): Promise<number> => (await store.read.all('SELECT 1 AS n FROM blob_octets')).length;
  const delivery = { accountId, mailbox: 'INBOX', prefix: Buffer.alloc(0) };
  const large = async (): Promise<() => Promise<void>> => {
    const message = store.openMessage();
    for (let i = 0; i < 10; i++) await message.write(Buffer.alloc(100_000, i));
    return async () => {
      await message.commit(Buffer.from('P: x\r\n'), makeUnit(store.newUnitId(), { deliveries: [delivery] }));
    };
  };
  const late = await large();
  await removeGarbage(store.read, 60);
  assert.ok((await octets()) > 0, 'not yet');
  await removeGarbage(store.read, 0);
  await assert.rejects(late(), (error: unknown) => error instanceof MailError && error.code === 'storage-failed');
  await removeGarbage(store.read, 0);
  await (
    await large()
  )();
  await removeGarbage(store.read, 0);
  const [kept] = await listMessages(store.read, { accountId, mailboxId: INBOX }, 0, 10);
  assert.ok(kept !== undefined);
  assert.equal((await store.readBlob(kept.place, 0, kept.place.length)).length, 1_000_006);
  await store.execute('message.expunge', accountId, INBOX, [kept.uid]);
  await removeGarbage(store.read, 60);
  const left = await store.read.all('SELECT DISTINCT segment FROM blob_octets WHERE segment = ?', kept.place.segment);
  assert.deepEqual(left, [], 'what nothing points at goes at once');
});

test('a synchronous standby: the primary dies under load, the standby is promoted, and every 250 is there, once', async (t) => {
  const primary = await startPostgres(t, { fsync: 'on' });
  const url = await primary.createDatabase();
  const standby = await primary.makeStandby();
  t.after(() => standby.remove());
  await primary.setSynchronous('*');
  const store = await openCluster(url);
  const accountId = await addTestAccount(store, 'bob@one.test');
  const acknowledged = new Set<number>();
  const run = { over: false };
  const committers = Array.from({ length: 8 }, async () => {
    while (!run.over) {
      const id = await deliverText(store, accountId, 'x\r\n').catch(() => null);
      if (id !== null) acknowledged.add(id);
    }
  });
  await until(async () => {
    await new Promise((resolve) => setImmediate(resolve));
    return acknowledged.size >= 300;
  });
  await primary.stop('SIGQUIT');
  run.over = true;
  await Promise.all(committers);
  await store.close();
  await standby.promote();
  const after = await open(t, standby.url(url.slice(url.lastIndexOf('/') + 1)));
  const found = await listMessages(after.read, { accountId, mailboxId: INBOX }, 0, 100_000);
  const ids = found.map(({ place }) => place.id);
  assert.equal(new Set(ids).size, ids.length, 'none twice');
  for (const id of acknowledged) assert.ok(ids.includes(id), `unit ${id} was answered with 250`);
  t.diagnostic(`${acknowledged.size} answered, ${ids.length} there`);
  await deliverText(after, accountId, 'the new primary takes mail\r\n');
});
