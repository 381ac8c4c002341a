import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MessageChannel } from 'node:worker_threads';
import { VirtualClock } from '../../../test/support/virtual-clock.ts';
import { silentLog } from '../../base/log.ts';
import { parseCidr } from '../../base/net/ip.ts';
import {
  FAILING_NETWORKS_MAX,
  FAILURE_DELAY_MAX_MS,
  FAILURE_HALF_LIFE_MS,
  FAILURES_MAX,
  FREE_FAILURES,
  KNOWN_FAILURES_MAX,
  TURN_WAIT_MAX_MS,
} from './limits.ts';
import { connectSignInThrottle, createSignInThrottle, serveSignInThrottle, type SignInThrottle } from './throttle.ts';

const ADDRESS = '192.0.2.1';

function setUp(trusted: string[] = []) {
  const clock = new VirtualClock();
  const warnings: unknown[] = [];
  const log = { ...silentLog, warn: (fields: unknown) => void warnings.push(fields) };
  const trustedNetworks = trusted.map((text) => parseCidr(text)!);
  return { clock, warnings, throttle: createSignInThrottle({ clock, log, trustedNetworks: () => trustedNetworks }) };
}

let serial = 0;

async function fail(throttle: SignInThrottle, address: string, times: number): Promise<void> {
  for (let i = 0; i < times; i++) await throttle.failed({ address, fingerprint: `f${serial++}` });
}

async function waitOf(throttle: SignInThrottle, address = ADDRESS): Promise<number | string> {
  const admission = await throttle.admit({ address, fingerprint: null });
  return admission.kind === 'go' ? admission.waitMs : admission.kind;
}

test('the first failures are free, then the delay doubles up to its limit', async () => {
  const { throttle, clock, warnings } = setUp();
  const waits: (number | string)[] = [];
  for (let i = 0; i < FREE_FAILURES + 7; i++) {
    waits.push(await waitOf(throttle));
    // Whoever waits for the turn that was given: time passes before the next failure.
    await clock.advance(typeof waits.at(-1) === 'number' ? Number(waits.at(-1)) : 0);
    await fail(throttle, ADDRESS, 1);
  }
  assert.deepEqual(waits.slice(0, FREE_FAILURES + 1), Array(FREE_FAILURES + 1).fill(0));
  const delayed = waits.slice(FREE_FAILURES + 1).map(Number);
  assert.ok(delayed.every((wait, i) => wait > 0 && (i === 0 || wait >= delayed[i - 1]!)));
  assert.equal(delayed.at(-1), FAILURE_DELAY_MAX_MS);
  assert.deepEqual(warnings, [{ network: ADDRESS }]);
});

test('a network gets one turn after the other; who would wait too long is refused', async () => {
  const { throttle, clock } = setUp();
  await fail(throttle, ADDRESS, FREE_FAILURES + 3);
  const waits: number[] = [];
  for (;;) {
    const admission = await throttle.admit({ address: ADDRESS, fingerprint: null });
    if (admission.kind !== 'go') {
      assert.ok(admission.kind === 'refused' && admission.retryAfterMs > TURN_WAIT_MAX_MS);
      break;
    }
    waits.push(admission.waitMs);
  }
  assert.deepEqual(waits, [4000, 8000, 12_000, 16_000, 20_000]);
  await clock.advance(TURN_WAIT_MAX_MS);
  assert.notEqual(await waitOf(throttle), 'refused');
});

test('failures decay, however many there were', async () => {
  const { throttle, clock } = setUp();
  await fail(throttle, ADDRESS, 10 * FAILURES_MAX);
  assert.ok(Number(await waitOf(throttle)) > 0);
  await clock.advance(2 * FAILURE_HALF_LIFE_MS);
  assert.equal(await waitOf(throttle), 0);
  assert.equal(throttle.size, 1);
  await clock.advance(10 * FAILURE_HALF_LIFE_MS);
  assert.equal(await waitOf(throttle), 0);
  assert.equal(throttle.size, 0);
});

test('the same wrong password counts once, and needs no judging when it comes again', async () => {
  const { throttle } = setUp();
  const attempt = { address: ADDRESS, fingerprint: 'same' };
  assert.deepEqual(await throttle.admit(attempt), { kind: 'go', waitMs: 0 });
  for (let i = 0; i < 100; i++) await throttle.failed(attempt);
  assert.equal(await waitOf(throttle), 0);
  assert.deepEqual(await throttle.admit(attempt), { kind: 'known-failure' });
  assert.deepEqual(await throttle.admit({ address: '192.0.2.2', fingerprint: 'same' }), { kind: 'go', waitMs: 0 });
  await fail(throttle, ADDRESS, KNOWN_FAILURES_MAX);
  assert.notEqual((await throttle.admit(attempt)).kind, 'known-failure');
});

test('an IPv6 /64 is one network, a mapped IPv4 address is IPv4', async () => {
  const { throttle } = setUp();
  for (let i = 0; i <= FREE_FAILURES; i++) await fail(throttle, `2001:db8:0:1::${i + 1}`, 1);
  assert.ok(Number(await waitOf(throttle, '2001:db8:0:1:ffff::9')) > 0);
  assert.equal(await waitOf(throttle, '2001:db8:0:2::1'), 0);
  await fail(throttle, '::ffff:192.0.2.1', FREE_FAILURES + 1);
  assert.ok(Number(await waitOf(throttle)) > 0);
  assert.equal(await waitOf(throttle, '192.0.2.2'), 0);
});

test('trusted networks are never slowed down', async () => {
  const { throttle } = setUp(['192.0.2.0/24']);
  await fail(throttle, ADDRESS, 100);
  assert.equal(await waitOf(throttle), 0);
  assert.equal(throttle.size, 0);
});

test('the memory is bounded; the network that failed longest ago goes first', async () => {
  const { throttle } = setUp();
  const address = (i: number): string => `10.${i >> 16}.${(i >> 8) & 255}.${i & 255}`;
  await fail(throttle, address(0), FREE_FAILURES + 1);
  await fail(throttle, address(1), FREE_FAILURES + 1);
  await fail(throttle, address(0), 1);
  for (let i = 2; i <= FAILING_NETWORKS_MAX; i++) await fail(throttle, address(i), 1);
  assert.equal(throttle.size, FAILING_NETWORKS_MAX);
  assert.ok(Number(await waitOf(throttle, address(0))) > 0);
  assert.equal(await waitOf(throttle, address(1)), 0);
});

test('another thread uses the throttle over a port', async () => {
  const { port1, port2 } = new MessageChannel();
  const { throttle } = setUp();
  serveSignInThrottle(port1, throttle, silentLog);
  const remote = connectSignInThrottle(port2);
  await fail(remote, ADDRESS, FREE_FAILURES + 1);
  assert.deepEqual(await remote.admit({ address: ADDRESS, fingerprint: null }), { kind: 'go', waitMs: 1000 });
  assert.equal(await waitOf(throttle), 2000);
  port2.close();
});
