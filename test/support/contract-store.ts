// A store for tests of the storage interface (`*.contract.test.ts`), which hold for every engine: the embedded one, or,
// where POSTROAD_TEST_POSTGRES names a server, a database of its own there. test/slow/ runs them a second time that way.
import type { TestContext } from 'node:test';
import type { Clock } from '../../src/base/clock.ts';
import { connectionOptions, openCluster } from '../../src/storage/cluster/open-cluster.ts';
import { PostgresConnection } from '../../src/storage/sql/postgres-connection.ts';
import type { Store } from '../../src/storage/store.ts';
import { openScratchStore } from './scratch-store.ts';

/** `postgres://user@host:port/`; undefined: the embedded engine. */
const SERVER = process.env['POSTROAD_TEST_POSTGRES'];

let databases = 0;

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
  const store = await openCluster(url, options);
  t.after(() => store.close());
  return store;
}
