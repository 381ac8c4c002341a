import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inspect } from 'node:util';
import { MessageChannel } from 'node:worker_threads';
import { VirtualClock } from '../../../test/support/virtual-clock.ts';
import { silentLog } from '../../base/log.ts';
import { connectHashQueue, createHashQueue, serveHashQueue, type HashQueue } from './hash-queue.ts';
import { HASH_QUEUE_WAITING_MAX, VERIFIED_MAX, VERIFIED_TTL_MS } from './limits.ts';
import { VerifiedPasswords } from './verified-passwords.ts';

const CREDENTIALS = {
  passwordHash: 'new',
  scram: { salt: Buffer.from('a'), iterations: 1, storedKey: Buffer.from('b'), serverKey: Buffer.from('c') },
};

/** Work that ends when the test says so; a password fits the hash of the same text. */
class SlowWork implements HashQueue {
  readonly started: string[] = [];
  readonly #finish: (() => void)[] = [];
  running = 0;
  mostRunning = 0;

  async #work(name: string): Promise<void> {
    this.started.push(name);
    this.mostRunning = Math.max(this.mostRunning, ++this.running);
    await new Promise<void>((resolve) => this.#finish.push(resolve));
    this.running--;
  }

  async hash(password: string) {
    await this.#work(`hash ${password}`);
    return CREDENTIALS;
  }

  async verify(passwordHash: string, password: string) {
    await this.#work(password);
    return passwordHash === password;
  }

  /** Ends what runs, then what follows, until nothing is left. */
  async finishAll(): Promise<void> {
    for (;;) {
      await settle();
      const finish = this.#finish.shift();
      if (finish === undefined) return;
      finish();
    }
  }
}

function settle(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

function slowQueue(cores = 2) {
  const work = new SlowWork();
  const clock = new VirtualClock();
  return { work, clock, queue: createHashQueue({ cores, clock, work }) };
}

for (const [cores, expected] of [
  [1, 1],
  [2, 1],
  [3, 2],
  [8, 4],
] as const)
  test(`with ${cores} cores ${expected} hash at a time, in order`, async () => {
    const { work, queue } = slowQueue(cores);
    const names = Array.from({ length: 12 }, (_, i) => `p${i}`);
    const all = names.map((name) => queue.verify('x', name));
    await settle();
    assert.deepEqual(queue.depth, { running: expected, waiting: 12 - expected });
    await work.finishAll();
    await Promise.all(all);
    assert.equal(work.mostRunning, expected);
    assert.deepEqual(work.started, names);
    assert.deepEqual(queue.depth, { running: 0, waiting: 0 });
  });

test('beyond the bound a job is refused for now, and the others go on', async () => {
  const { work, queue } = slowQueue();
  const accepted = Array.from({ length: HASH_QUEUE_WAITING_MAX + 1 }, (_, i) => queue.verify(`p${i}`, `p${i}`));
  await settle();
  assert.deepEqual(queue.depth, { running: 1, waiting: HASH_QUEUE_WAITING_MAX });
  const refusal = { code: 'auth-temporary', temporary: true };
  await assert.rejects(queue.verify('x', 'password'), refusal);
  await assert.rejects(queue.hash('tiger-secret'), (error) => {
    assert.doesNotMatch(inspect(error), /tiger/);
    return true;
  });
  await work.finishAll();
  assert.ok((await Promise.all(accepted)).every(Boolean));
  const later = queue.verify('x', 'later');
  await work.finishAll();
  assert.equal(await later, false);
});

test('a job that fails gives its place back', async () => {
  const clock = new VirtualClock();
  const work = { hash: () => Promise.reject(new Error('no')), verify: () => Promise.resolve(true) };
  const queue = createHashQueue({ cores: 1, clock, work });
  await assert.rejects(queue.hash('x'), { message: 'no' });
  assert.equal(await queue.verify('x', 'x'), true);
  assert.deepEqual(queue.depth, { running: 0, waiting: 0 });
});

test('a right password costs nothing the second time, until it is forgotten or the hash changes', async () => {
  const { work, clock, queue } = slowQueue();
  const sign = async (hash: string, password: string) => {
    const before = work.started.length;
    const verdict = queue.verify(hash, password);
    await work.finishAll();
    return [await verdict, work.started.length - before];
  };
  assert.deepEqual(await sign('a', 'a'), [true, 1]);
  assert.deepEqual(await sign('a', 'a'), [true, 0]);
  assert.deepEqual(await sign('b', 'a'), [false, 1]);
  assert.deepEqual(await sign('b', 'a'), [false, 1]);
  await clock.advance(VERIFIED_TTL_MS);
  assert.deepEqual(await sign('a', 'a'), [true, 1]);
});

test('the same password five times at once is hashed once', async () => {
  const { work, queue } = slowQueue();
  const verdicts = Array.from({ length: 5 }, () => queue.verify('a', 'a'));
  await work.finishAll();
  assert.deepEqual(await Promise.all(verdicts), [true, true, true, true, true]);
  assert.deepEqual(work.started, ['a']);
});

test('a new hash is known to fit its password', async () => {
  const { work, queue } = slowQueue();
  const hashing = queue.hash('a');
  await work.finishAll();
  await hashing;
  assert.equal(await queue.verify('new', 'a'), true);
  assert.deepEqual(work.started, ['hash a']);
});

test('another thread uses the queue over a port', async () => {
  const { port1, port2 } = new MessageChannel();
  const { work, queue } = slowQueue();
  serveHashQueue(port1, queue, silentLog);
  const remote = connectHashQueue(port2);
  const answers = Promise.all([remote.verify('a', 'a'), remote.verify('b', 'a'), remote.hash('a')]);
  while (work.started.length < 3) await work.finishAll();
  assert.deepEqual(await answers, [true, false, CREDENTIALS]);
  const full = Array.from({ length: HASH_QUEUE_WAITING_MAX + 1 }, (_, i) => queue.verify('x', `p${i}`));
  await assert.rejects(remote.verify('x', 'y'), { code: 'auth-temporary', temporary: true });
  await work.finishAll();
  await Promise.all(full);
  port2.close();
});

test('the memory of right passwords is bounded; the oldest goes first', () => {
  const verified = new VerifiedPasswords(new VirtualClock());
  for (let i = 0; i <= VERIFIED_MAX; i++) verified.add(String(i));
  assert.equal(verified.size, VERIFIED_MAX);
  assert.equal(verified.has('0'), false);
  assert.equal(verified.has('1'), true);
  assert.equal(verified.has(String(VERIFIED_MAX)), true);
});
