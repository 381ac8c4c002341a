// A store for tests of the storage interface (`*.contract.test.ts`), which hold for every engine: the embedded one, or,
// where POSTROAD_TEST_POSTGRES names a server, a database of its own there; with POSTROAD_TEST_OBJECTS (the `s3://…` of
// an ObjectServer) its large messages are objects. test/slow/ runs them again in these ways.
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { Clock } from '../../src/base/clock.ts';
import { connectionOptions, openCluster } from '../../src/storage/cluster/open-cluster.ts';
import { PostgresConnection } from '../../src/storage/sql/postgres-connection.ts';
import type { Store } from '../../src/storage/store.ts';
import { ObjectKeys } from '../../src/storage/cluster/objects/object-keys.ts';
import type { ObjectOptions } from '../../src/storage/cluster/objects/thread-objects.ts';
import { TEST_ACCESS_KEY, TEST_SECRET_KEY } from './object-server.ts';
import { openScratchStore, scratchFolder } from './scratch-store.ts';

/** `postgres://user@host:port/`; undefined: the embedded engine. */
const SERVER = process.env['POSTROAD_TEST_POSTGRES'];

/** undefined: large messages are rows. */
const OBJECTS = process.env['POSTROAD_TEST_OBJECTS'];

let databases = 0;

/** `[store] blobs` for a database of `createTestDatabase`: objects of its own. */
export function testBlobs(database: string): string {
  const name = new URL(database).pathname;
  return OBJECTS === undefined ? 'segments:' : OBJECTS.replace('?', `${name}?`);
}

/** A new, empty database of the server that is to be tested on; null: it is the embedded engine's turn. */
export async function createTestDatabase(): Promise<string | null> {
  if (SERVER === undefined) return null;
  const name = `contract_${process.pid}_${++databases}`;
  const connection = await PostgresConnection.open(connectionOptions(`${SERVER}postgres`, 'test'));
  await connection.execute(`CREATE DATABASE ${name}`);
  await connection.close();
  return `${SERVER}${name}`;
}

/** An empty store that closes with the test. */
export async function openContractStore(t: TestContext, options: { readonly clock?: Clock } = {}): Promise<Store> {
  const url = await createTestDatabase();
  if (url === null) return await openScratchStore(t, options);
  const blobs = testBlobs(url);
  const keys = new ObjectKeys({ accessKeyId: TEST_ACCESS_KEY, secretAccessKey: TEST_SECRET_KEY });
  const objects: ObjectOptions = { url: blobs, keys, spoolFolder: join(scratchFolder(t), 'spool') };
  const store = await openCluster(url, blobs === 'segments:' ? options : { ...options, objects });
  t.after(() => store.close());
  return store;
}
