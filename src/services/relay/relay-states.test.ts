import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startRig as start } from '../../../test/support/relay-rig.ts';
import { HANG, type SinkScript } from '../../../test/support/smtp-sink.ts';
import { LANE_RECIPIENTS_MAX } from './limits.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
const OK: SinkScript = () => undefined;

test('expiry holds in every state: held, parked behind a full lane, ready behind a silent server', async (t) => {
  let hung = 0;
  const rig = await start(
    t,
    {
      script: ({ stage }) => {
        if (stage !== 'mail') return undefined;
        hung++;
        return HANG;
      },
    },
    { siteConnectionsMax: 1 },
  );
  const expiresAtMs = rig.clock.now() + 2 * MINUTE_MS;
  rig.send(['held@two.test'], { held: true, expiresAtMs });
  for (let at = 0; at < LANE_RECIPIENTS_MAX + 5; at++) rig.send([`r${at}@two.test`], { expiresAtMs });
  await rig.sink.until(() => hung === 1);
  await rig.clock.advance(4 * MINUTE_MS);
  // All but the one on the wire, which its timeout ends.
  await rig.until(() => rig.store.waiting.length === 1);
  await rig.clock.advance(10 * MINUTE_MS);
  await rig.pass(20 * MINUTE_MS);
  assert.deepEqual(rig.store.waiting, []);
  assert.ok(rig.reports.requests.every(({ recipients }) => recipients[0]!.enhanced === '4.4.7'));
});

test('commands: hold, release, retry, expire, remove', async (t) => {
  const rig = await start(t, { script: ({ stage }) => (stage === 'rcpt' ? '450 4.2.1 later' : undefined) });
  const units = ['a', 'b', 'c', 'd', 'e'].map((name) => rig.send([`${name}@${name}.test`]));
  rig.send(['x@f.test', 'y@f.test']);
  await rig.relay.idle();
  assert.equal(await rig.relay.command('hold', { unitId: units[0]! }), 1);
  assert.equal(await rig.relay.command('hold', { unitId: units[0]! }), 0);
  assert.equal(await rig.relay.command('expire', { domain: 'b.test' }), 1);
  assert.equal(await rig.relay.command('remove', { unitId: units[2]! }), 1);
  assert.equal(await rig.relay.command('remove', { recipient: 'x@f.test' }), 1);
  rig.sink.script = OK;
  assert.equal(await rig.relay.command('retry', { unitId: units[3]! }), 1);
  await rig.clock.advance(1000);
  await rig.relay.idle();
  assert.deepEqual(
    rig.sink.messages.map(({ rcpts }) => rcpts[0]),
    ['RCPT TO:<d@d.test>'],
  );
  assert.deepEqual(
    rig.reports.lines.map((line) => line.split(' ').slice(0, 3).join(' ')),
    ['failed 4.4.7 b@b.test'],
  );
  await rig.pass(10 * MINUTE_MS);
  assert.deepEqual(rig.store.waiting, ['a@a.test']);
  assert.equal(rig.sink.messages.length, 3);
  await rig.relay.command('release', { unitId: units[0]! });
  await rig.pass(MINUTE_MS);
  assert.deepEqual(rig.store.waiting, []);
});

test('commands reach what is ready but not on the wire', async (t) => {
  let hung = false;
  const rig = await start(
    t,
    {
      script: ({ stage }) => {
        if (stage !== 'mail' || hung) return undefined;
        hung = true;
        return HANG;
      },
    },
    { siteConnectionsMax: 1 },
  );
  rig.send(['wire@two.test']);
  rig.send(['hold@two.test']);
  rig.send(['gone@two.test']);
  rig.send(['x@two.test', 'y@two.test']);
  await rig.sink.until(() => hung);
  await rig.relay.command('hold', { recipient: 'hold@two.test' });
  await rig.relay.command('remove', { recipient: 'gone@two.test' });
  await rig.relay.command('remove', { recipient: 'x@two.test' });
  await rig.clock.advance(6 * MINUTE_MS);
  await rig.pass(30 * MINUTE_MS);
  assert.deepEqual(rig.sink.messages.map(({ rcpts }) => rcpts.join()).toSorted(), [
    'RCPT TO:<wire@two.test>',
    'RCPT TO:<y@two.test>',
  ]);
  assert.deepEqual(rig.store.waiting, ['hold@two.test']);
});

test('a restart picks up where it stopped, and spreads what is overdue', async (t) => {
  const rig = await start(t, { script: ({ stage }) => (stage === 'rcpt' ? '450 4.2.1 later' : undefined) });
  rig.send(['b@two.test']);
  rig.send(['c@two.test'], { held: true });
  await rig.pass(25 * MINUTE_MS);
  const attempts = rig.store.deferrals.length;
  await rig.relay.stop();
  await rig.clock.advance(3 * DAY_MS);
  rig.sink.script = OK;
  const { clock } = rig;
  const relay = rig.secondRelay();
  await relay.start();
  await relay.idle();
  assert.equal(rig.sink.messages.length, 0);
  await clock.advance(3 * MINUTE_MS);
  await relay.idle();
  assert.equal(rig.sink.messages.length, 1);
  assert.equal(rig.store.deferrals.length, attempts);
  assert.deepEqual(rig.store.waiting, ['c@two.test']);
  await relay.stop();
});

test('an outcome that the store refuses is repeated until it takes it; nothing is sent twice or meanwhile', async (t) => {
  const rig = await start(t);
  rig.store.settleFails = true;
  rig.send(['b@two.test']);
  await rig.sink.until(() => rig.sink.messages.length === 1);
  await rig.until(() => rig.store.refusals > 0);
  rig.send(['c@two.test']);
  await rig.clock.advance(MINUTE_MS);
  assert.equal(rig.sink.messages.length, 1);
  assert.deepEqual(rig.store.waiting, ['b@two.test', 'c@two.test']);
  rig.store.settleFails = false;
  await rig.clock.advance(MINUTE_MS);
  await rig.relay.idle();
  assert.equal(rig.sink.messages.length, 2);
  assert.deepEqual(rig.store.waiting, []);
});

test('RFC 8689 REQUIRETLS fails where the next hop has no TLS', async (t) => {
  const rig = await start(t);
  rig.send(['b@two.test'], { requiretls: true });
  await rig.relay.idle();
  assert.deepEqual(
    rig.reports.lines.map((line) => line.split(' ').slice(0, 3).join(' ')),
    ['failed 5.7.30 b@two.test'],
  );
});

test('stop lets what is under way finish and sends nothing new', async (t) => {
  const rig = await start(t);
  for (let at = 0; at < 50; at++) rig.send([`r${at}@two.test`]);
  await rig.relay.stop();
  const sent = rig.sink.messages.length;
  assert.equal(rig.store.waiting.length, 50 - sent);
  await rig.sink.until(() => rig.sink.open === 0);
});

test('a report that cannot be submitted is repeated, and other mail goes on meanwhile', async (t) => {
  const rig = await start(t, { script: ({ line }) => (line.includes('gone@') ? '550 5.1.1 no' : undefined) });
  rig.reports.fails = true;
  rig.send(['gone@two.test']);
  await rig.until(() => rig.reports.refusals > 0);
  rig.send(['b@two.test']);
  await rig.until(() => rig.sink.messages.length === 1);
  assert.deepEqual(rig.reports.lines, []);
  rig.reports.fails = false;
  await rig.clock.advance(MINUTE_MS);
  await rig.relay.idle();
  assert.deepEqual(rig.reports.lines, ['failed 5.1.1 gone@two.test 550 5.1.1 no']);
  assert.deepEqual(rig.store.waiting, []);
});
