import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';

const LISTENERS = ['smtp', 'submission', 'pop3', 'pop3s']
  .map((protocol) => `[[listener]]\nprotocol = "${protocol}"\naddress = "127.0.0.1"\nport = 0\n`)
  .join('');

/** Runs `postroad start` until it has said its last line, then as long as SIGTERM takes. */
async function startOnce(folder: string): Promise<{ said: string; code: number | null }> {
  const child = spawn(join(import.meta.dirname, '../../postroad'), ['start'], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  let said = '';
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
  child.stdout.on('data', (chunk: Buffer) => {
    said += chunk.toString();
    if (said.includes('Follow a letter')) child.kill('SIGTERM');
  });
  return { code: await ended, said };
}

test('npm start in an empty folder: makes an account, sends itself a letter, ends with 0; the second start makes nothing', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'postroad-start-'));
  t.after(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, 'postroad.toml'), `hostname = "mx.one.test"\nthreads = 1\n${LISTENERS}`);
  const first = await startOnce(folder);
  assert.match(first.said, /First account {2}admin@one\.test\n {2}Password {7}\S{20} /u);
  assert.match(first.said, /read back by POP3 in \d+ ms\. It works\./u);
  assert.equal(first.code, 0);
  const second = await startOnce(folder);
  assert.doesNotMatch(second.said, /Password/u);
  assert.match(second.said, /It works\./u);
  assert.equal(second.code, 0);
});

test('start moves metrics to another port when theirs is taken, and says so', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'postroad-start-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const metrics = '[[listener]]\nprotocol = "metrics"\naddress = "127.0.0.1"\n';
  writeFileSync(join(folder, 'postroad.toml'), `hostname = "mx.one.test"\nthreads = 1\n${LISTENERS}${metrics}`);
  const other = createServer();
  t.after(() => other.close());
  // Where somebody has it already, so much the better.
  await new Promise<void>((resolve) => {
    other.once('error', () => resolve());
    other.listen(9464, '127.0.0.1', resolve);
  });
  const { said, code } = await startOnce(folder);
  assert.match(said, /metrics are on port \d+, not on 9464: another program has it\./u);
  assert.match(said, /It works\./u);
  assert.equal(code, 0);
});
