// The contract of the storage interface on PostgreSQL, and the stories of a whole server on it: the same tests that the
// fast part runs on the embedded engine.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { globSync } from 'node:fs';
import { test } from 'node:test';
import { ObjectServer, TEST_ACCESS_KEY, TEST_SECRET_KEY } from '../support/object-server.ts';
import { type PostgresServer, startPostgres } from '../support/postgres.ts';

const PART_MS = 240_000;
/** In which a message is too large to wait in memory. */
const LARGE_STORIES = ['local-delivery', 'relaying', 'submission', 'imap'].map(
  (name) => `test/integration/${name}.test.ts`,
);

/** Runs test files on a server; rejects with what the runner said when one fails or is left out. */
async function runOn(
  server: PostgresServer,
  files: readonly string[],
  more: Readonly<Record<string, string>> = {},
): Promise<void> {
  assert.ok(files.length > 0);
  // A test runner inside another one reports to the outer one unless told otherwise.
  const { NODE_TEST_CONTEXT: _, ...environment } = process.env;
  const child = spawn(process.execPath, ['--test', '--test-concurrency=2', '--test-reporter=spec', ...files], {
    env: { ...environment, POSTROAD_TEST_POSTGRES: server.url(''), UV_THREADPOOL_SIZE: '16', ...more },
    stdio: ['ignore', 'pipe', 'inherit'],
    signal: AbortSignal.timeout(PART_MS),
  });
  const said: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => said.push(chunk));
  const [code] = (await once(child, 'close')) as [number | null];
  const text = Buffer.concat(said).toString();
  assert.equal(code, 0, text.slice(-8000));
  assert.match(text, /skipped 0/);
}

test('every contract of the storage holds on PostgreSQL', async (t) => {
  const server = await startPostgres(t, { fsync: 'off' });
  await runOn(server, globSync('src/**/*.contract.test.ts').toSorted());
});

test('the stories of a server hold on PostgreSQL', async (t) => {
  const server = await startPostgres(t, { fsync: 'off' });
  await runOn(server, globSync('test/integration/**/*.test.ts').toSorted());
});

test('with an object store every contract holds, and so do the stories in which a message is large', async (t) => {
  const server = await startPostgres(t, { fsync: 'off' });
  const objects = await ObjectServer.start(t);
  const files = [...globSync('src/**/*.contract.test.ts'), ...LARGE_STORIES].toSorted();
  await runOn(server, files, {
    POSTROAD_TEST_OBJECTS: objects.url,
    AWS_ACCESS_KEY_ID: TEST_ACCESS_KEY,
    AWS_SECRET_ACCESS_KEY: TEST_SECRET_KEY,
  });
  assert.ok(objects.objects.size > 0);
});
