// The contract of the storage interface on PostgreSQL: the same tests that the fast part runs on the embedded engine.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { globSync } from 'node:fs';
import { test } from 'node:test';
import { startPostgres } from '../support/postgres.ts';

const CONTRACTS_MS = 240_000;

test('every contract of the storage holds on PostgreSQL', async (t) => {
  const server = await startPostgres(t, { fsync: 'off' });
  const files = globSync('src/**/*.contract.test.ts').toSorted();
  assert.ok(files.length > 0);
  // A test runner inside another one reports to the outer one unless told otherwise.
  const { NODE_TEST_CONTEXT: _, ...environment } = process.env;
  const run = spawnSync(process.execPath, ['--test', '--test-concurrency=2', '--test-reporter=spec', ...files], {
    env: { ...environment, POSTROAD_TEST_POSTGRES: server.url('') },
    encoding: 'utf8',
    timeout: CONTRACTS_MS,
  });
  assert.equal(run.status, 0, run.stdout.slice(-8000) + run.stderr);
  assert.match(run.stdout, /skipped 0/);
});
