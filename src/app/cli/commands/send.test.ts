import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { runInMemory, type CommandRun, type CommandRunOptions } from '../../../../test/support/memory-host.ts';
import { scratchFolder } from '../../../../test/support/scratch-store.ts';
import { parseDropFile } from '../../../services/drop/drop-file.ts';
import { dropFolderPath, prepareDropFolder } from '../../../services/drop/prepare-drop-folder.ts';

class Rig {
  readonly folder: string;
  readonly drop: string;

  constructor(t: TestContext) {
    this.folder = scratchFolder(t);
    writeFileSync(join(this.folder, 'postroad.toml'), '[limits]\nmessage_size = "100B"\n');
    mkdirSync(join(this.folder, 'data'));
    prepareDropFolder(join(this.folder, 'data'));
    this.drop = dropFolderPath(join(this.folder, 'data'));
  }

  run(args: string[], stdin = '', options: CommandRunOptions = {}): Promise<CommandRun> {
    return runInMemory(['send', ...args], { folder: this.folder, stdin, ...options });
  }

  /** The files with their names, modes and content. */
  get files(): string[] {
    return readdirSync(this.drop).filter((name) => name !== 'bad');
  }

  /** The only file, taken apart and removed. */
  take() {
    const [name = '', ...more] = this.files;
    assert.deepEqual(more, []);
    const path = join(this.drop, name);
    const { head, message } = parseDropFile(readFileSync(path));
    assert.equal(statSync(path).mode & 0o777, 0o644);
    rmSync(path);
    return { sender: head.sender, name: head.name, recipients: head.recipients, text: message.toString() };
  }
}

test('a message is put down with what the command line says', async (t) => {
  const rig = new Rig(t);
  assert.deepEqual(
    await rig.run(['-f', 'ann@one.test', '-F', 'Ann', 'bob@two.test', 'root'], 'Subject: a\n\nb\n.\nc\n'),
    {
      code: 0,
      out: '',
      err: '',
    },
  );
  assert.deepEqual(rig.take(), {
    sender: 'ann@one.test',
    name: 'Ann',
    recipients: ['bob@two.test', 'root'],
    text: 'Subject: a\r\n\r\nb\r\n',
  });
});

test('-t adds the recipients of the header, -i keeps lone dots', async (t) => {
  const rig = new Rig(t);
  const done = await rig.run(['-t', '-oi', '-f', '', '--json', 'x@y.test'], 'To: a@b.test\nBcc: c@d.test\n\n.\n');
  assert.equal(done.code, 0, done.err);
  assert.equal(JSON.parse(done.out).octets, 34);
  const file = rig.take();
  assert.deepEqual(file.recipients, ['x@y.test', 'a@b.test', 'c@d.test']);
  assert.equal(file.sender, '');
  assert.match(file.text, /\r\n\r\n\.\r\n$/u);
});

test('without -f the user sends', async (t) => {
  const rig = new Rig(t);
  await rig.run(['bob@two.test'], '.\n');
  const { sender, text } = rig.take();
  assert.deepEqual([sender, text], [userInfo().username, '']);
});

test('wrong usage ends with 2 and puts nothing down', async (t) => {
  const rig = new Rig(t);
  for (const args of [[], ['-f', 'a@b@c', 'bob'], ['not <good'], ['a@b_c'], ['-t'], ['-bp']]) {
    const done = await rig.run(args, 'Subject: no recipient\n\n');
    assert.equal(done.code, 2, args.join(' '));
    assert.equal(done.err.split('\n').length, 2);
  }
  assert.deepEqual(rig.files, []);
});

test('a message beyond the limit is refused for good', async (t) => {
  const rig = new Rig(t);
  assert.equal((await rig.run(['bob'], 'x'.repeat(100))).code, 0);
  const done = await rig.run(['bob'], 'x'.repeat(101));
  assert.deepEqual([done.code, done.err], [1, 'postroad: the message is larger than 100 octets\n']);
  assert.equal(rig.files.length, 1);
});

test('what may pass ends with 75 and one line', async (t) => {
  const rig = new Rig(t);
  const drop = join(rig.folder, 'nowhere');
  const missing = await rig.run(['bob'], 'a', { env: { POSTROAD_DROP: drop } });
  assert.deepEqual(
    [missing.code, missing.err],
    [75, `postroad: not sent, try again later: there is no folder ${drop}; start the server once\n`],
  );
  writeFileSync(join(rig.folder, 'postroad.toml'), 'broken');
  const broken = await rig.run(['bob'], 'a');
  assert.equal(broken.code, 75);
  assert.match(broken.err, /^postroad: not sent, try again later: .*postroad\.toml:1/u);
  assert.deepEqual(rig.files, []);
});

test('the folder may be closed to listing', { skip: process.getuid?.() === 0 }, async (t) => {
  const rig = new Rig(t);
  chmodSync(rig.drop, 0o1333);
  const done = await rig.run(['bob'], 'a');
  chmodSync(rig.drop, 0o1733);
  assert.equal(done.code, 0, done.err);
  assert.equal(rig.take().text, 'a');
});

test('help is that of the command', async (t) => {
  assert.match((await new Rig(t).run(['--help'])).out, /^Usage: postroad send \[-t\]/u);
});
