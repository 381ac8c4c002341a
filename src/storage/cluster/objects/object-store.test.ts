import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { inspect } from 'node:util';
import {
  type ObjectFault,
  ObjectServer,
  TEST_ACCESS_KEY,
  TEST_SECRET_KEY,
} from '../../../../test/support/object-server.ts';
import { VirtualClock } from '../../../../test/support/virtual-clock.ts';
import type { Clock } from '../../../base/clock.ts';
import { MailError } from '../../../base/errors/mail-error.ts';
import { HTTP_CLIENT_CONNECTIONS_MAX, HTTP_EXCHANGE_MAX_MS, HTTP_STALL_MS } from '../../../base/http/limits.ts';
import type { Log, LogFields } from '../../../base/log.ts';
import { OBJECT_RETRIES_MAX, OBJECT_RETRY_PAUSE_MS, OBJECT_TRYING_MAX_MS } from './limits.ts';
import { parseObjectAddress } from './object-address.ts';
import { ObjectKeys } from './object-keys.ts';
import { bodyOf, ObjectStore } from './object-store.ts';

interface Rig {
  readonly server: ObjectServer;
  readonly store: ObjectStore;
  readonly clock: VirtualClock;
  readonly logged: unknown[];
  /** Lets time pass until the promise has settled. */
  readonly settle: <T>(promise: Promise<T>, stepMs?: number) => Promise<T>;
}

async function startRig(
  t: TestContext,
  keys = { accessKeyId: TEST_ACCESS_KEY, secretAccessKey: TEST_SECRET_KEY },
): Promise<Rig> {
  const server = await ObjectServer.start(t);
  const address = parseObjectAddress(server.url);
  if ('fault' in address) throw new Error(address.fault);
  const clock = new VirtualClock();
  const logged: unknown[] = [];
  const store = new ObjectStore({
    address,
    keys: new ObjectKeys(keys),
    clock,
    log: logInto(logged),
    random: () => 0.5,
  });
  t.after(() => store.close());
  return { server, store, clock, logged, settle: (promise, stepMs) => settle(promise, clock, stepMs) };
}

function logInto(logged: unknown[]): Log {
  const note = (fields: LogFields, text: string): void => void logged.push({ ...fields, text });
  return { debug: note, info: note, warn: note, error: note, child: () => logInto(logged) };
}

async function settle<T>(promise: Promise<T>, clock: VirtualClock, stepMs = HTTP_STALL_MS / 2): Promise<T> {
  const state = { done: false };
  const finish = (): void => void (state.done = true);
  promise.then(finish, finish);
  for (let turns = 1; !state.done; turns++) {
    await new Promise((resolve) => setImmediate(resolve));
    // Some turns of the real loop for the sockets, then time.
    if (turns % 200 === 0) await clock.advance(stepMs);
  }
  return await promise;
}

const OCTETS = Buffer.from('Subject: a letter\r\n\r\nHello.\r\n');

test('an object is stored, read in ranges, measured and removed; every request is signed', async (t) => {
  const { server, store } = await startRig(t);
  await store.put(-4711, bodyOf(OCTETS));
  assert.deepEqual([...server.objects.keys()], ['test/1174.seg']);
  assert.deepEqual(await store.get(-4711, 0, OCTETS.length), OCTETS);
  assert.deepEqual(await store.get(-4711, 9, 17), OCTETS.subarray(9, 17));
  assert.equal(await store.length(-4711), OCTETS.length);
  await store.remove(-4711);
  await store.remove(-4711);
  assert.equal(await store.get(-4711, 0, 1), null);
  assert.equal(await store.length(-4711), null);
});

test('a body from a stream is read anew for each try', async (t) => {
  const { server, store, settle } = await startRig(t);
  let reads = 0;
  let faults = 2;
  server.fault = () => (faults-- > 0 ? { status: 503, code: 'SlowDown' } : null);
  const read = async function* (): AsyncIterable<Uint8Array> {
    reads++;
    yield OCTETS.subarray(0, 5);
    yield OCTETS.subarray(5);
  };
  await settle(store.put(-1, { ...bodyOf(OCTETS), read }));
  assert.equal(reads, 3);
  assert.deepEqual(server.objects.get('test/1.seg'), OCTETS);
});

test('a body that cannot be read is its source’s failure and is not tried again', async (t) => {
  const { server, store } = await startRig(t);
  let reads = 0;
  const read = async function* (): AsyncIterable<Uint8Array> {
    reads++;
    yield OCTETS.subarray(0, 5);
    throw Object.assign(new Error('no'), { code: 'EIO' });
  };
  await assert.rejects(store.put(-1, { ...bodyOf(OCTETS), read }), { code: 'EIO' });
  assert.equal(reads, 1);
  assert.equal(server.objects.size, 0);
});

/** A fault that comes by the socket needs little of the clock: on a busy machine much of it would end the trying before. */
function stepFor(fault: ObjectFault): number {
  return fault === 'hang' ? HTTP_STALL_MS / 2 : OBJECT_RETRY_PAUSE_MS;
}

const PASSING: readonly ObjectFault[] = [
  { status: 500, code: 'InternalError' },
  { status: 503, code: 'SlowDown' },
  { status: 429, code: 'TooManyRequests' },
  'reset',
  'hang',
  'cut',
  'short',
];

for (const fault of PASSING)
  test(`what may pass is tried again: ${inspect(fault)}`, async (t) => {
    const { server, store, settle } = await startRig(t);
    await store.put(-1, bodyOf(OCTETS));
    let asked = 0;
    server.fault = () => (asked++ < OBJECT_RETRIES_MAX ? fault : null);
    assert.deepEqual(await settle(store.get(-1, 0, OCTETS.length), stepFor(fault)), OCTETS);
    assert.equal(asked, OBJECT_RETRIES_MAX + 1);
  });

for (const fault of PASSING)
  test(`what does not pass is a temporary failure, after so many tries: ${inspect(fault)}`, async (t) => {
    const { server, store, settle } = await startRig(t);
    await store.put(-1, bodyOf(OCTETS));
    let asked = 0;
    server.fault = () => {
      asked++;
      return fault;
    };
    await assert.rejects(settle(store.get(-1, 0, OCTETS.length), stepFor(fault)), (error) => {
      assert.ok(error instanceof MailError);
      assert.equal(error.code, 'storage-failed');
      assert.equal(error.temporary, true);
      return true;
    });
    assert.equal(asked, OBJECT_RETRIES_MAX + 1);
  });

test('what does not pass by itself is not tried again', async (t) => {
  const { server, store, logged } = await startRig(t);
  for (const fault of [
    { status: 403, code: 'AccessDenied' },
    { status: 404, code: 'NoSuchBucket' },
    { status: 301, code: 'PermanentRedirect' },
  ]) {
    let asked = 0;
    server.fault = () => {
      asked++;
      return fault;
    };
    await assert.rejects(store.get(-1, 0, 5), { code: 'storage-failed' });
    await assert.rejects(store.put(-1, bodyOf(OCTETS)), { code: 'storage-failed' });
    assert.equal(asked, 2);
    assert.match(inspect(logged.at(-1)), new RegExp(`${fault.status} ${fault.code}`, 'u'));
  }
});

test('an answer longer than what was asked for is refused', async (t) => {
  const { server, store } = await startRig(t);
  await store.put(-1, bodyOf(Buffer.alloc(300_000)));
  const address = parseObjectAddress(server.url);
  assert.ok(!('fault' in address));
  server.fault = () => ({ status: 500, code: 'x'.repeat(100_000) });
  await assert.rejects(store.get(-1, 0, 5), { code: 'storage-failed' });
});

test('connections are kept, and there are not more of them than the limit', async (t) => {
  const { server, store } = await startRig(t);
  await store.put(-1, bodyOf(OCTETS));
  for (let at = 0; at < 10; at++) await store.get(-1, 0, 5);
  assert.equal(server.connections, 1);
  await Promise.all(Array.from({ length: HTTP_CLIENT_CONNECTIONS_MAX * 3 }, () => store.get(-1, 0, 5)));
  assert.equal(server.connections, HTTP_CLIENT_CONNECTIONS_MAX);
});

test('an exchange that goes on and on is given up, and after so long it is not tried again', async (t) => {
  const { server, store, clock } = await startRig(t);
  let given = 0;
  let tries = 0;
  server.beforePut = () => new Promise(() => {});
  const read = async function* (): AsyncIterable<Uint8Array> {
    tries++;
    // One octet in each stretch of time: never still, never done.
    for (;;) {
      yield OCTETS.subarray(0, 1);
      given++;
      await new Promise<void>((resolve) => void clock.after(HTTP_STALL_MS / 2, resolve));
    }
  };
  await assert.rejects(settle(store.put(-1, { length: 2 ** 40, hash: 'x', read }), clock, HTTP_STALL_MS / 4), {
    code: 'storage-failed',
  });
  assert.ok(OBJECT_TRYING_MAX_MS <= HTTP_EXCHANGE_MAX_MS);
  assert.equal(tries, 1);
  assert.ok(given >= HTTP_EXCHANGE_MAX_MS / HTTP_STALL_MS, `${given} octets`);
});

test('keys are in no log line, in no error and in nothing that is printed', async (t) => {
  const keys = {
    accessKeyId: TEST_ACCESS_KEY,
    secretAccessKey: `${TEST_SECRET_KEY}-wrong`,
    sessionToken: 'TOKEN-OF-TEST',
  };
  const { store, server, logged } = await startRig(t, keys);
  const shown: unknown[] = [logged, store, new ObjectKeys(keys)];
  const fails = async (promise: Promise<unknown>): Promise<void> => {
    await assert.rejects(promise, (error) => {
      shown.push(error);
      return true;
    });
  };
  // The server's own answer repeats the id of the key.
  await fails(store.put(-1, bodyOf(OCTETS)));
  await fails(store.get(-1, 0, 5));
  await server.stop();
  const clock: Clock = {
    now: () => Date.now(),
    monotonic: () => 0,
    after: (_, callback) => (setImmediate(callback), { cancel() {} }),
  };
  const address = parseObjectAddress('s3://mail?endpoint=http://127.0.0.1:1');
  assert.ok(!('fault' in address));
  const dead = new ObjectStore({ address, keys: new ObjectKeys(keys), clock, log: logInto(logged), random: () => 0 });
  await fails(dead.put(-1, bodyOf(OCTETS)));
  const text = inspect(shown, { depth: 12, showHidden: false }) + JSON.stringify(shown);
  assert.match(text, /SignatureDoesNotMatch/u);
  for (const secret of [TEST_ACCESS_KEY, TEST_SECRET_KEY, 'TOKEN-OF-TEST']) assert.ok(!text.includes(secret), text);
});
