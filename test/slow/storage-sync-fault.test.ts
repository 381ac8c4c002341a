// Syncs that the kernel lets fail (strace injects EIO): nothing is answered that is not durable, and the house goes on
// as soon as it can. Needs strace (Linux).
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { openEmbedded } from '../../src/storage/embedded.ts';
import { listMessages } from '../../src/storage/records/messages.ts';
import { verify } from '../../src/storage/verify.ts';
import { scratchFolder } from '../support/scratch-store.ts';
import { withoutStrace } from '../support/strace.ts';

const CHILD = fileURLToPath(new URL('storage-child/main.ts', import.meta.url));
const ATTEMPTS = 30;

/** Runs the child; syncs of the database number `from` to `to` fail. Its answers, and the traced syncs. */
function runWithFaults(folder: string, from: number, to: number) {
  const trace = join(folder, 'trace');
  const dataDir = join(folder, 'data');
  const database = join(dataDir, 'postroad.db');
  // The paths choose what is traced, and only what is traced is made to fail.
  const paths = ['-P', database, '-P', `${database}-wal`];
  const inject = ['-e', 'trace=fsync,fdatasync', '-e', `inject=fsync,fdatasync:error=EIO:when=${from}..${to}`];
  const run = spawnSync(
    'strace',
    ['-f', '-y', ...paths, ...inject, '-o', trace, process.execPath, CHILD, dataDir, 'r', String(ATTEMPTS)],
    { env: { ...process.env, UV_USE_IO_URING: '0' }, timeout: 120_000, encoding: 'latin1' },
  );
  const answers = [...run.stdout.matchAll(/^(ack|nak) (\S+) (\S+)$/gm)].map((match) => match.slice(1));
  const syncs = readFileSync(trace, 'latin1').split('\n');
  return { dataDir, database, answers, syncs, stderr: run.stderr };
}

async function readAttempts(dataDir: string): Promise<string[]> {
  const store = await openEmbedded(dataDir);
  const faults: string[] = [];
  await verify({ dataDir, read: store.read, onFault: (fault) => faults.push(fault) });
  assert.deepEqual(faults, []);
  const found = await listMessages(store.read, { accountId: 1, mailboxId: 1 }, 0, 1000);
  const heads = await Promise.all(found.map((message) => store.readBlob(message.place, 0, 60)));
  await store.close();
  return heads.map((head) => /Attempt: (\S+)/.exec(head.toString('latin1'))?.[1] ?? '');
}

test('a WAL whose sync fails gets no further commit before it has started anew', { skip: withoutStrace }, async (t) => {
  const { dataDir, database, answers, syncs, stderr } = runWithFaults(scratchFolder(t), 15, 17);
  assert.equal(answers.length, ATTEMPTS, stderr);
  const lastFailed = syncs.findLastIndex((line) => line.includes('INJECTED'));
  assert.ok(lastFailed > 0, 'syncs were made to fail');
  assert.match(syncs[lastFailed] ?? '', /postroad\.db/);
  const brought = syncs.findIndex(
    (line, i) => i > lastFailed && line.includes(`<${database}>`) && line.endsWith('= 0'),
  );
  assert.ok(brought > 0, 'what is committed was brought into the database file');
  const refused = answers.filter(([word]) => word === 'nak');
  assert.ok(refused.length > 0);
  for (const [, , code] of refused) assert.equal(code, 'storage-failed');
  assert.equal(answers.at(-1)?.[0], 'ack', 'it recovers');
  const committed = answers.filter(([word]) => word === 'ack').map(([, attempt]) => attempt ?? '');
  assert.deepEqual((await readAttempts(dataDir)).sort(), committed.sort());
});
