import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { scratchFolder } from '../../../test/support/scratch-store.ts';
import { CommandError } from '../cli/command.ts';
import { ServerProcess } from './server-process.ts';

test('a server that cannot start is told with its own words', async (t) => {
  const folder = scratchFolder(t);
  const configFile = join(folder, 'postroad.toml');
  writeFileSync(configFile, 'hostnam = "mx.one.test"\n');
  const { signal } = new AbortController();
  await assert.rejects(
    ServerProcess.start({ name: 'mx.one.test', folder, configFile, env: process.env, signal }),
    (error) => {
      assert.ok(error instanceof CommandError);
      assert.match(error.message, /^the server mx\.one\.test ended before it was ready: .*hostname/su);
      return true;
    },
  );
});
