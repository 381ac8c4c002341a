import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { runInMemory } from '../../../../test/support/memory-host.ts';
import { UsageError, type Command } from '../command.ts';

const folder = mkdtempSync(join(tmpdir(), 'house-config-'));
after(() => rmSync(folder, { recursive: true }));
writeFileSync(join(folder, 'good.toml'), 'hostname = "mx.one.test"\n');
writeFileSync(join(folder, 'bad.toml'), 'hostnme = 1\nthreads = 0\n');
const run = (...args: string[]) => runInMemory(args, { folder });

test('config check', async () => {
  assert.deepEqual(await run('config', 'check'), { code: 0, out: 'no file: the defaults hold\n', err: '' });
  assert.match((await run('config', 'check', '-c', 'good.toml')).out, /good\.toml: good$/mu);
  const bad = await run('config', 'check', '-c', 'bad.toml');
  assert.equal(bad.code, 1);
  assert.match(bad.err, /bad\.toml:1: there is no setting 'hostnme'.*\n.*bad\.toml:2: threads wants/u);
  const json = await run('config', 'check', '--json', '-c', 'bad.toml');
  assert.deepEqual([json.code, json.err], [1, '']);
  assert.equal(JSON.parse(json.out).problems.length, 2);
});

test('config print', async () => {
  assert.match((await run('config', 'print', '-c', 'good.toml')).out, /^hostname = "mx\.one\.test"$/mu);
  assert.doesNotMatch((await run('config', 'print', '--defaults', '-c', 'good.toml')).out, /mx\.one\.test/u);
  const json = JSON.parse((await run('config', 'print', '--json', '-c', 'good.toml')).out);
  assert.equal(json.hostname, 'mx.one.test');
  assert.equal(json.limits.message_size, '50MiB');
  assert.equal(json.listener[0].protocol, 'smtp');
});

test('config explain', async () => {
  const one = await run('config', 'explain', 'outbound.expiry');
  assert.match(one.out, /^outbound\.expiry: .*\n {2}type: duration\n {2}default: "5d"\n {2}since: 0\.1\.0\n$/u);
  assert.match((await run('config', 'explain', 'listener[1].port')).out, /^listener\.port: /u);
  assert.match((await run('config', 'explain', 'tls')).out, /tls\.certificate[\s\S]*tls\.key/u);
  const slip = await run('config', 'explain', 'expiry');
  assert.deepEqual(
    [slip.code, slip.err],
    [1, `postroad: there is no setting 'expiry'; did you mean 'outbound.expiry'?\n`],
  );
  assert.match((await run('config', 'explain', 'xyzzy')).err, /--defaults' shows them all/u);
});

test('a command that needs the configuration gets it, or fails in one line', async () => {
  const commands: Command[] = [
    {
      name: 'name',
      synopsis: '',
      summary: 'Says the name',
      run(context) {
        if (context.config() !== context.config()) throw new UsageError('read twice');
        context.print(context.config().hostname);
      },
    },
  ];
  const good = await runInMemory(['name', '-c', 'good.toml'], { folder, commands });
  assert.deepEqual(good, { code: 0, out: 'mx.one.test\n', err: '' });
  const bad = await runInMemory(['name', '-c', 'bad.toml'], { folder, commands });
  assert.equal(bad.code, 1);
  assert.match(bad.err, /^postroad: .*bad\.toml:1: .* \(and 1 more; 'postroad config check' tells all\)\n$/u);
});
