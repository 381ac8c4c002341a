import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { scratchFolder } from '../../../test/support/scratch-store.ts';
import { VirtualClock } from '../../../test/support/virtual-clock.ts';
import { MailError } from '../../base/errors/mail-error.ts';
import { silentLog, type Log } from '../../base/log.ts';
import { formatAddrSpec } from '../../formats/address/parse.ts';
import { DropFolder, type DroppedMessage } from './drop-folder.ts';
import { NO_WISHES } from './dsn-wishes.ts';
import { formatDropHead, type DropHead } from './drop-file.ts';
import { DROP_BAD_KEPT_MS, DROP_HALF_KEPT_MS, DROP_HEAD_MAX_OCTETS, DROP_RETRY_MS } from './limits.ts';
import { badFolderPath, dropFolderPath, prepareDropFolder } from './prepare-drop-folder.ts';
import { writeDropFile } from './write-drop-file.ts';

const HEAD: DropHead = { sender: 'ann@one.test', name: null, recipients: ['bob@two.test'], atMs: 1000, dsn: NO_WISHES };
const MESSAGE_MAX = 10_000;

class Rig {
  readonly folder: string;
  readonly clock = new VirtualClock(Date.now());
  readonly taken: DroppedMessage[] = [];
  readonly reasons: unknown[] = [];
  /** What the next messages are answered. */
  answer: (message: DroppedMessage) => Promise<void> = async () => {};
  readonly drop: DropFolder;

  constructor(t: TestContext) {
    const dataDir = scratchFolder(t);
    prepareDropFolder(dataDir);
    this.folder = dropFolderPath(dataDir);
    const log: Log = { ...silentLog, warn: (fields) => void this.reasons.push(fields['reason']) };
    this.drop = new DropFolder({
      folder: this.folder,
      messageMaxBytes: MESSAGE_MAX,
      defaultDomain: () => 'one.test',
      submit: async (message) => {
        await this.answer(message);
        this.taken.push(message);
        this.#onTaken();
      },
      clock: this.clock,
      log,
    });
    t.after(() => this.drop.close());
  }

  #onTaken: () => void = () => {};

  /** Resolves when the next message has been taken. */
  next(): Promise<void> {
    return new Promise((resolve) => {
      this.#onTaken = resolve;
    });
  }

  put(text: string, head: Partial<DropHead> = {}): string {
    return writeDropFile(this.folder, [formatDropHead({ ...HEAD, ...head }), Buffer.from(text)], 1000);
  }

  get left(): string[] {
    return readdirSync(this.folder).filter((name) => name !== 'bad');
  }

  get bad(): string[] {
    return readdirSync(badFolderPath(this.folder));
  }
}

test('what lies there at the start is handed over and removed', async (t) => {
  const rig = new Rig(t);
  rig.put('Subject: a\n\nb\n');
  rig.put('no header', { sender: '', recipients: ['root', 'bob@two.test, "Bob" <bob@two.test>'], name: 'Cron' });
  rig.put('To: a@x.test (x), undisclosed:;\nBcc: c@x.test\n\n', { recipients: null, sender: null });
  rig.drop.open();
  await rig.drop.settled();
  const facts = rig.taken.map(({ reversePath, recipients, message, uid, atMs }) => ({
    from: reversePath === null ? null : formatAddrSpec(reversePath),
    to: recipients.map(formatAddrSpec),
    text: message.toString(),
    own: uid === process.getuid?.() && atMs === 1000,
  }));
  facts.sort((a, b) => a.to.length - b.to.length || (a.from ?? '').localeCompare(b.from ?? ''));
  assert.deepEqual(facts, [
    { from: 'ann@one.test', to: ['bob@two.test'], text: 'From: ann@one.test\r\nSubject: a\r\n\r\nb\r\n', own: true },
    {
      from: null,
      to: ['root@one.test', 'bob@two.test'],
      text: 'From: Cron <MAILER-DAEMON@one.test>\r\n\r\nno header\r\n',
      own: true,
    },
    {
      from: 'postmaster@one.test',
      to: ['a@x.test', 'c@x.test'],
      text: 'From: postmaster@one.test\r\nTo: a@x.test (x), undisclosed:;\r\nBcc: c@x.test\r\n\r\n',
      own: true,
    },
  ]);
  assert.deepEqual([rig.left, rig.bad], [[], []]);
});

test('what comes later is seen', async (t) => {
  const rig = new Rig(t);
  rig.drop.open();
  await rig.drop.settled();
  const taken = rig.next();
  rig.put('Subject: later\n\n');
  await taken;
  assert.match(rig.taken[0]?.message.toString() ?? '', /later/u);
});

test('Resent fields count before the others, RFC 5322 §3.6.6', async (t) => {
  const rig = new Rig(t);
  rig.put('To: old@x.test\nResent-To: new@x.test\nFrom: a@x.test\n\n', { recipients: null });
  rig.drop.open();
  await rig.drop.settled();
  assert.deepEqual(rig.taken[0]?.recipients.map(formatAddrSpec), ['new@x.test']);
});

test('what is no message is set aside with the reason', async (t) => {
  const rig = new Rig(t);
  const put = (name: string, text: string): string => {
    const path = join(rig.folder, `${name}.mail`);
    writeFileSync(path, text);
    return path;
  };
  put('a', 'no end of line');
  put('b', '{}\n');
  put('c', '[not json\n');
  put('d', '{"version":1,"sender":null,"recipients":[1],"at":1}\n');
  rig.put('x'.repeat(MESSAGE_MAX + 1));
  truncateSync(put('e', ''), MESSAGE_MAX + DROP_HEAD_MAX_OCTETS + 1);
  rig.put('', { recipients: ['not <an address'] });
  rig.put('', { recipients: ['a@bad_domain'] });
  rig.put('', { recipients: [] });
  rig.put('', { sender: 'a@b@c' });
  symlinkSync('/etc/hostname', join(rig.folder, 'link.mail'));
  linkSync(put('two', 'x'), join(rig.folder, 'second'));
  execFileSync('mkfifo', [join(rig.folder, 'pipe.mail')]);
  mkdirSync(join(rig.folder, 'folder.mail'));
  rig.drop.open();
  await rig.drop.settled();
  assert.deepEqual(rig.taken, []);
  assert.deepEqual(rig.left, ['second']);
  assert.equal(rig.bad.length, 14);
  const reasons = rig.reasons.map((reason) =>
    String(reason)
      .replace(/ at 0$/u, '')
      .replace(/^expected /u, ''),
  );
  assert.deepEqual(reasons.sort(), [
    'JSON in the first line',
    `a first line of at most ${DROP_HEAD_MAX_OCTETS} octets`,
    "a list of texts or null as 'recipients'",
    'a recipient',
    "a sender instead of 'a@b@c'",
    "addresses instead of 'not <an address'",
    "an address instead of 'a@bad_domain'",
    'it has a second name',
    'it is a symbolic link',
    'it is no regular file',
    'it is no regular file',
    'it is too large',
    'the message is too large',
    'version 1',
  ]);
});

test('a message that cannot be taken now stays and is tried again', async (t) => {
  const rig = new Rig(t);
  const name = rig.put('Subject: a\n\n');
  rig.answer = async () => {
    throw new MailError('storage-full', 'the disk is full', { temporary: true });
  };
  rig.drop.open();
  await rig.drop.settled();
  assert.deepEqual(rig.left, [name]);
  rig.answer = async () => {};
  const taken = rig.next();
  await rig.clock.advance(DROP_RETRY_MS);
  await taken;
  await rig.drop.settled();
  assert.deepEqual(rig.left, []);
});

test('a message that is refused for good is set aside', async (t) => {
  const rig = new Rig(t);
  const name = rig.put('Subject: a\n\n');
  rig.answer = async () => {
    throw new MailError('account-unknown', 'no such user', { temporary: false });
  };
  rig.drop.open();
  await rig.drop.settled();
  assert.deepEqual([rig.left, rig.bad], [[], [name]]);
  assert.deepEqual(rig.reasons, ['account-unknown: no such user']);
});

test('old leftovers go', async (t) => {
  const rig = new Rig(t);
  const age = (path: string, ms: number): void => utimesSync(path, new Date(), new Date(rig.clock.now() - ms));
  for (const [path, ms] of [
    [join(rig.folder, 'half-old'), DROP_HALF_KEPT_MS + 1000],
    [join(rig.folder, 'half-new'), DROP_HALF_KEPT_MS - 60_000],
    [join(badFolderPath(rig.folder), 'old'), DROP_BAD_KEPT_MS + 1000],
    [join(badFolderPath(rig.folder), 'new'), DROP_BAD_KEPT_MS - 60_000],
  ] as const) {
    appendFileSync(path, 'x');
    age(path, ms);
  }
  rig.drop.open();
  await rig.drop.close();
  assert.deepEqual([rig.left, rig.bad], [['half-new'], ['new']]);
});

test('others may add to the folder and pass through the data folder, no more', (t) => {
  const dataDir = scratchFolder(t);
  writeFileSync(join(dataDir, 'postroad.db'), '', { mode: 0o644 });
  mkdirSync(join(dataDir, 'copies'), { mode: 0o755 });
  for (let times = 0; times < 2; times++) prepareDropFolder(dataDir);
  const mode = (...names: string[]): string => (statSync(join(dataDir, ...names)).mode & 0o7777).toString(8);
  assert.deepEqual(
    [mode(), mode('drop'), mode('drop', 'bad'), mode('postroad.db'), mode('copies')],
    ['711', '1733', '700', '600', '700'],
  );
});

test('a file that cannot be written leaves nothing behind', (t) => {
  const folder = join(scratchFolder(t), 'none');
  assert.throws(() => writeDropFile(folder, [], 1), /ENOENT/u);
  assert.equal(existsSync(folder), false);
});
