import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BODY, startRig as start } from '../../../test/support/relay-rig.ts';
import { DROP, HANG, SmtpSink, type SinkScript } from '../../../test/support/smtp-sink.ts';
import { openConnection } from '../../protocols/smtp/index.ts';
import { CONNECTION_IDLE_MAX_MS, LANE_RECIPIENTS_MAX, SITE_CONNECTIONS_MAX, SITE_REST_MIN_MS } from './limits.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
const OK: SinkScript = () => undefined;

test('a fresh message goes out at once, from memory, and leaves the queue', async (t) => {
  const rig = await start(t);
  rig.send(['b@two.test']);
  await rig.relay.idle();
  assert.equal(rig.sink.messages.length, 1);
  assert.deepEqual(rig.sink.messages[0]!.octets, BODY);
  assert.deepEqual(rig.store.waiting, []);
  assert.equal(rig.store.loads, 0);
  assert.deepEqual(rig.kinds(), ['relayed b@two.test']);
  const { host, address, tls, reply } = rig.store.events[0]!.data;
  assert.deepEqual([host, address, tls, reply], ['mx.two.test', '127.0.0.1', null, '250 2.0.0 queued']);
});

test('a message that is committed while the subscription is on its way to the writer goes out', async (t) => {
  const rig = await start(t);
  await rig.relay.stop();
  let hold = (): void => {};
  rig.store.subscribing = new Promise((resolve) => {
    hold = resolve;
  });
  const relay = rig.secondRelay();
  t.after(() => relay.stop());
  const started = relay.start();
  rig.store.add(rig.message(['b@two.test']), BODY, true);
  hold();
  await started;
  await rig.clock.advance(1000);
  await relay.idle();
  assert.equal(rig.sink.messages.length, 1);
});

test('domains of one site share a transaction; a second message shares the connection', async (t) => {
  const rig = await start(t);
  rig.send(['b@two.test', 'c@three.test', 'd@two.test']);
  await rig.relay.idle();
  rig.send(['e@three.test']);
  await rig.relay.idle();
  assert.deepEqual(
    rig.sink.messages.map(({ rcpts, connection }) => [connection, rcpts.length]),
    [
      [1, 3],
      [1, 1],
    ],
  );
  await rig.pass(CONNECTION_IDLE_MAX_MS * 2);
  await rig.sink.until(() => rig.sink.open === 0);
  assert.equal(rig.relay.load.connections, 0);
});

test('4xx for days: retries grow from a minute to hours, one report of delay after 4 hours, one of failure after 5 days', async (t) => {
  const rig = await start(t, { script: ({ stage }) => (stage === 'rcpt' ? '450 4.2.1 try later' : undefined) });
  const startMs = rig.clock.now();
  const unitId = rig.send(['b@two.test']);
  await rig.pass(6 * DAY_MS);
  const minutes = rig.store.deferrals.map(({ lastAtMs }) => Math.round((lastAtMs - startMs) / MINUTE_MS));
  assert.deepEqual(minutes.slice(0, 9), [0, 1, 6, 21, 51, 81, 122, 182, 240]);
  assert.ok(minutes.every((at, index) => index === 0 || at - minutes[index - 1]! <= 241));
  assert.equal(minutes.at(-1)! < 5 * 24 * 60, true);
  assert.deepEqual(rig.reports.lines, [
    'delayed 4.2.1 b@two.test 450 4.2.1 try later',
    'failed 4.4.7 b@two.test it could not be delivered for too long; last: 450 4.2.1 try later',
  ]);
  assert.equal(rig.reports.requests[0]!.atMs - startMs, 4 * HOUR_MS);
  assert.equal(rig.reports.requests[0]!.retryUntilMs, startMs + 5 * DAY_MS);
  assert.equal(rig.reports.requests[1]!.atMs - startMs, 5 * DAY_MS);
  assert.deepEqual(rig.store.waiting, []);
  assert.equal(rig.kinds().at(-1), 'expired b@two.test');
  assert.deepEqual(rig.relay.counts, { relayed: 0, deferred: minutes.length, failed: 0, expired: 1 });
  assert.equal(rig.store.key(unitId, 'two.test'), undefined);
  assert.equal(rig.relay.load.waiting, 0);
});

test('5xx at each stage fails at once, with the words of the server', async (t) => {
  for (const stage of ['mail', 'rcpt', 'data', 'body'] as const) {
    const rig = await start(t, { script: (event) => (event.stage === stage ? '554 5.7.1 go away' : undefined) });
    rig.send(['b@two.test']);
    await rig.relay.idle();
    assert.deepEqual(rig.reports.lines, ['failed 5.7.1 b@two.test 554 5.7.1 go away'], stage);
    assert.deepEqual(rig.store.waiting, []);
    assert.equal(rig.reports.requests[0]!.recipients[0]!.host, 'mx.two.test');
  }
});

test('4xx, 421 and drops at each stage defer, and the next attempt delivers', async (t) => {
  for (const stage of ['mail', 'rcpt', 'data', 'body'] as const) {
    for (const action of ['451 4.3.0 oops', { say: '421 4.3.2 bye', drop: true }, DROP, 'not smtp at all'] as const) {
      const rig = await start(t, { script: (event) => (event.stage === stage ? action : undefined) });
      rig.send(['b@two.test']);
      await rig.relay.idle();
      assert.deepEqual(rig.store.waiting, ['b@two.test'], `${stage} ${JSON.stringify(action)}`);
      assert.equal(rig.store.deferrals.length, 1);
      rig.sink.script = OK;
      await rig.pass(2 * MINUTE_MS);
      assert.equal(rig.sink.messages.length, 1);
      assert.deepEqual(rig.store.waiting, []);
      assert.deepEqual(rig.reports.lines, []);
    }
  }
});

test('a destination that hangs at any stage is left in time, and the next attempt delivers', async (t) => {
  for (const stage of ['connect', 'ehlo', 'mail', 'rcpt', 'data', 'body'] as const) {
    let hung = false;
    const rig = await start(t, {
      script: (event) => {
        if (event.stage !== stage) return undefined;
        hung = true;
        return HANG;
      },
    });
    rig.send(['b@two.test']);
    await rig.sink.until(() => hung);
    rig.sink.script = OK;
    await rig.clock.advance(11 * MINUTE_MS);
    await rig.pass(20 * MINUTE_MS);
    assert.equal(rig.sink.messages.length, 1, stage);
    assert.deepEqual(rig.store.waiting, []);
  }
});

test('RFC 5321 §5.1 the next host when one does not take mail; 421 in the greeting defers', async (t) => {
  const second = await SmtpSink.start();
  t.after(() => second.close());
  for (const [greeting, delivered] of [
    ['554 5.7.1 no', true],
    ['450 4.3.2 later', true],
    ['421 4.3.2 too many', false],
  ] as const) {
    const rig = await start(t, { script: ({ stage }) => (stage === 'connect' ? greeting : undefined) });
    const opened: string[] = [];
    const hosts = [
      { name: 'mx1.two.test', preference: 10, addresses: ['127.0.0.1'] },
      { name: 'mx2.two.test', preference: 20, addresses: ['127.0.0.2'] },
    ];
    const { clock, store } = rig;
    const relay = rig.secondRelay({
      open: (target, signal) => {
        opened.push(target.host);
        const port = target.host === 'mx2.two.test' ? second.port : rig.sink.port;
        return openConnection({ ...target, address: '127.0.0.1', port }, { clock, signal });
      },
      routes: { findRoute: async () => rig.plan({ hosts }) },
    });
    await rig.relay.stop();
    await relay.start();
    const before = second.messages.length;
    rig.send(['b@two.test']);
    await relay.idle();
    assert.equal(second.messages.length - before, delivered ? 1 : 0, greeting);
    assert.deepEqual(opened, delivered ? ['mx1.two.test', 'mx2.two.test'] : ['mx1.two.test']);
    assert.deepEqual(store.waiting, delivered ? [] : ['b@two.test']);
    await relay.stop();
  }
});

test('RFC 7504 hosts that never take mail end it; other 5xx greetings only defer', async (t) => {
  const rig = await start(t, { script: ({ stage }) => (stage === 'connect' ? '521 5.3.2 no mail here' : undefined) });
  rig.send(['b@two.test']);
  await rig.relay.idle();
  assert.deepEqual(rig.reports.lines, ['failed 5.3.2 b@two.test 521 5.3.2 no mail here']);
  const other = await start(t, { script: ({ stage }) => (stage === 'connect' ? '554 5.7.1 blocked' : undefined) });
  other.send(['b@two.test']);
  await other.relay.idle();
  assert.deepEqual(other.reports.lines, []);
  assert.equal(other.store.deferrals[0]!.reply, '554 5.7.1 blocked');
});

test('NXDOMAIN fails, SERVFAIL defers', async (t) => {
  const rig = await start(t);
  rig.routes.set('gone.test', { kind: 'failed', enhanced: '5.1.2', text: 'no such domain' });
  rig.routes.set('broken.test', { kind: 'deferred', enhanced: '4.4.3', text: 'DNS does not answer' });
  rig.send(['b@gone.test', 'b@broken.test', 'b@two.test']);
  await rig.relay.idle();
  assert.deepEqual(rig.reports.lines, ['failed 5.1.2 b@gone.test no such domain']);
  assert.deepEqual(rig.store.waiting, ['b@broken.test']);
  assert.equal(rig.sink.messages.length, 1);
  rig.routes.delete('broken.test');
  await rig.pass(2 * MINUTE_MS);
  assert.equal(rig.sink.messages.length, 2);
});

test('each recipient of a site has its own fate, and the key waits with those that are left', async (t) => {
  const rig = await start(t, {
    script: ({ stage, line }) => {
      if (stage !== 'rcpt') return undefined;
      if (line.includes('gone@')) return '550 5.1.1 who';
      if (line.includes('full@')) return '452 4.2.2 full';
      return line.includes('grey@') ? '450 4.7.1 grey' : undefined;
    },
  });
  rig.send(['gone@two.test', 'full@two.test', 'grey@two.test', 'b@two.test']);
  await rig.relay.idle();
  assert.deepEqual(rig.store.waiting, ['full@two.test', 'grey@two.test']);
  assert.deepEqual(rig.reports.lines, ['failed 5.1.1 gone@two.test 550 5.1.1 who']);
  const [deferral] = rig.store.deferrals;
  assert.equal(deferral!.reply, '452 4.2.2 full');
  assert.deepEqual(deferral!.replies, [{ number: 2, reply: '450 4.7.1 grey' }]);
  rig.sink.script = OK;
  await rig.pass(2 * MINUTE_MS);
  assert.equal(rig.sink.messages.length, 2);
  assert.equal(rig.sink.messages[1]!.rcpts.length, 2);
});

test('RFC 5321 §4.5.3.1.10 more recipients than the server takes follow at once', async (t) => {
  const rig = await start(t);
  const taken = new Map<number, number>();
  rig.sink.script = ({ stage, connection }) => {
    if (stage === 'mail') taken.set(connection, 0);
    if (stage !== 'rcpt') return undefined;
    const count = taken.get(connection)! + 1;
    taken.set(connection, count);
    return count > 100 ? '452 4.5.3 too many' : undefined;
  };
  rig.send(Array.from({ length: 250 }, (_, at) => `r${at}@two.test`));
  await rig.relay.idle();
  assert.deepEqual(rig.store.waiting, []);
  assert.deepEqual(
    rig.sink.messages.map(({ rcpts }) => rcpts.length).toSorted((a, b) => b - a),
    [100, 100, 50],
  );
  assert.equal(rig.store.deferrals.length, 0);
});

test('a site that does not answer rests; its mail is deferred, later mail waits without an attempt, and all goes when it is back', async (t) => {
  const rig = await start(t);
  const { port } = rig.sink;
  await rig.sink.close();
  rig.send(['b@two.test']);
  await rig.relay.idle();
  assert.equal(rig.store.deferrals.length, 1);
  assert.match(rig.store.deferrals[0]!.reply, /refuses connections/);
  rig.send(['c@two.test']);
  await rig.relay.idle();
  assert.equal(rig.store.deferrals.length, 1);
  assert.equal(rig.relay.load.waiting, 2);
  await rig.pass(SITE_REST_MIN_MS * 1.5);
  assert.ok(rig.store.deferrals.length >= 2);
  const back = await SmtpSink.start();
  t.after(() => back.close());
  assert.notEqual(back.port, port);
  for (const domain of ['two.test']) rig.routes.set(domain, rig.plan({ port: back.port }));
  await rig.pass(30 * MINUTE_MS);
  assert.equal(back.messages.length, 2);
  assert.deepEqual(rig.store.waiting, []);
});

test('retry means also what came while its site rested and waits without an attempt', async (t) => {
  let up = false;
  const rig = await start(t, {
    script: ({ stage }) => (stage === 'connect' && !up ? { say: '421 4.3.2 later', drop: true } : undefined),
  });
  rig.send(['b@two.test']);
  await rig.relay.idle();
  rig.send(['c@two.test']);
  await rig.relay.idle();
  assert.equal(rig.store.deferrals.length, 1);
  up = true;
  assert.equal(await rig.relay.command('retry', {}), 2);
  await rig.clock.advance(1000);
  await rig.relay.idle();
  assert.equal(rig.sink.messages.length, 2);
  assert.deepEqual(rig.store.waiting, []);
});

test('connections grow with success and stay below the limit; nothing is deferred', async (t) => {
  const rig = await start(t);
  for (let at = 0; at < 500; at++) rig.send([`r${at}@two.test`]);
  let most = 0;
  rig.sink.script = () => {
    most = Math.max(most, rig.sink.open);
    return undefined;
  };
  await rig.relay.idle();
  assert.equal(rig.sink.messages.length, 500);
  assert.ok(rig.sink.connections <= SITE_CONNECTIONS_MAX);
  assert.ok(most <= SITE_CONNECTIONS_MAX);
});

test('a server with a limit on connections loses no attempt to it', async (t) => {
  const rig = await start(t);
  rig.sink.script = ({ stage }) =>
    stage === 'connect' && rig.sink.open > 3 ? { say: '421 4.7.0 too many connections', drop: true } : undefined;
  for (let at = 0; at < 500; at++) rig.send([`r${at}@two.test`]);
  await rig.relay.idle();
  assert.equal(rig.sink.messages.length, 500);
  assert.equal(rig.store.deferrals.length, 0);
});

test('more than a lane holds waits outside, unread, and follows; another tenant does not wait for it', async (t) => {
  const rig = await start(t, {}, { siteConnectionsMax: 1 });
  const total = LANE_RECIPIENTS_MAX * 2 + 10;
  for (let at = 0; at < total; at++) rig.send([`r${at}@two.test`]);
  rig.send(['other@two.test'], { accountId: 2 });
  assert.ok(rig.relay.load.ready <= LANE_RECIPIENTS_MAX + 1);
  assert.equal(rig.relay.load.waiting, total + 1);
  await rig.relay.idle();
  assert.equal(rig.sink.messages.length, total + 1);
  const place = rig.sink.messages.findIndex(({ rcpts }) => rcpts[0]!.includes('other@'));
  assert.ok(place < 100, `${place}`);
  assert.deepEqual(rig.store.waiting, []);
  assert.equal(rig.relay.load.waiting, 0);
});

test('RFC 6710 higher priorities go first', async (t) => {
  const rig = await start(t, {}, { siteConnectionsMax: 1 });
  for (let at = 0; at < 20; at++) rig.send([`low${at}@two.test`], { priority: -3 });
  rig.send(['high@two.test'], { priority: 3 });
  await rig.relay.idle();
  const place = rig.sink.messages.findIndex(({ rcpts }) => rcpts[0]!.includes('high@'));
  assert.equal(place, 0);
});

test('RFC 4865 FUTURERELEASE: not before its time', async (t) => {
  const rig = await start(t);
  rig.send(['b@two.test'], { notBeforeMs: rig.clock.now() + HOUR_MS });
  await rig.pass(59 * MINUTE_MS);
  assert.equal(rig.sink.messages.length, 0);
  await rig.pass(2 * MINUTE_MS);
  assert.equal(rig.sink.messages.length, 1);
});

test('RFC 2852 DELIVERBY: mode R ends in time, mode N tells and goes on', async (t) => {
  const rig = await start(t, { extensions: ['DELIVERBY', 'PIPELINING'] });
  rig.sink.script = ({ stage }) => (stage === 'rcpt' ? '450 4.2.1 later' : undefined);
  const atMs = rig.clock.now() + 10 * MINUTE_MS;
  rig.send(['r@two.test'], { deliverBy: { atMs, mode: 'R', trace: false } });
  rig.send(['n@two.test'], { deliverBy: { atMs, mode: 'N', trace: false } });
  await rig.relay.idle();
  assert.ok(rig.sink.lines.some((line) => line.endsWith('BY=600;R')));
  await rig.pass(30 * MINUTE_MS);
  assert.deepEqual(rig.reports.lines.map((line) => line.split(' ').slice(0, 3).join(' ')).toSorted(), [
    'delayed 4.2.1 n@two.test',
    'failed 5.4.7 r@two.test',
  ]);
  assert.deepEqual(rig.store.waiting, ['n@two.test']);
});
