// `postroad demo` as a user runs it: the letter arrives, every hop is shown, nothing stays.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';

const PROGRAM = fileURLToPath(new URL('../../postroad', import.meta.url));

interface Run {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

interface Demo {
  /** What the demonstration has for its temporary files. */
  readonly folder: string;
  readonly run: (args: readonly string[], onOut?: (out: string, stop: () => void) => void) => Promise<Run>;
}

function demo(t: TestContext): Demo {
  const folder = mkdtempSync(join(tmpdir(), 'demo-test-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return {
    folder,
    run: (args, onOut) =>
      new Promise((resolve, reject) => {
        const child = spawn(PROGRAM, ['demo', ...args], { env: { ...process.env, TMPDIR: folder } });
        let out = '';
        let err = '';
        child.stdout.setEncoding('utf8').on('data', (piece: string) => {
          out += piece;
          onOut?.(out, () => child.kill('SIGINT'));
        });
        child.stderr.setEncoding('utf8').on('data', (piece: string) => (err += piece));
        child.once('error', reject);
        child.once('close', (code) => resolve({ code, out, err }));
      }),
  };
}

test('the letter goes from server to server to its reader, and nothing stays', async (t) => {
  const { folder, run } = demo(t);
  const { code, out, err } = await run([]);
  assert.deepEqual([code, err], [0, '']);
  for (const part of [
    /mx\.one\.test took it from ann\.one\.test by ESMTPSA, TLSv1\.3/u,
    /mx\.one\.test passed it on to mx\.two\.test, which said “250/u,
    /mx\.two\.test took it from mx\.one\.test by ESMTPS, TLSv1\.3/u,
    /mx\.two\.test passed it on to mx\.three\.test, which said “250/u,
    /mx\.three\.test took it from mx\.two\.test by ESMTPS/u,
    /mx\.three\.test put it into the mailbox of bob@three\.test/u,
    /the attachment is whole/u,
    /Ann ──submission──▶ one\.test ──smtp──▶ two\.test ──smtp──▶ three\.test ──pop3──▶ Bob/u,
  ])
    assert.match(out, part);
  assert.deepEqual(readdirSync(folder), []);
});

test('--json tells the same as one value; --keep leaves the folder', async (t) => {
  const { run } = demo(t);
  const { code, out } = await run(['--json', '--keep']);
  assert.equal(code, 0);
  const told = JSON.parse(out) as { legs: { to: string }[]; received: string[]; folder: string; totalMs: number };
  assert.deepEqual(
    told.legs.map(({ to }) => to),
    ['one.test', 'two.test', 'three.test', 'Bob'],
  );
  assert.deepEqual(
    told.received.map((line) => /by (\S+) with (\S+)/u.exec(line)?.slice(1)),
    [
      ['mx.three.test', 'ESMTPS'],
      ['mx.two.test', 'ESMTPS'],
      ['mx.one.test', 'ESMTPSA'],
    ],
  );
  assert.ok(existsSync(join(told.folder, 'two.test', 'postroad.toml')));
});

test('an interrupt stops the servers and removes the folder', async (t) => {
  const { folder, run } = demo(t);
  const { code, err } = await run([], (out, stop) => {
    if (out.includes('mx.three.test')) stop();
  });
  assert.deepEqual([code, err], [1, 'postroad: the demonstration was stopped\n']);
  assert.deepEqual(readdirSync(folder), []);
});
