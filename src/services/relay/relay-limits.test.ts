import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BODY, startRig as start } from '../../../test/support/relay-rig.ts';
import { HANG, SmtpSink } from '../../../test/support/smtp-sink.ts';
import { VirtualClock } from '../../../test/support/virtual-clock.ts';
import { openConnection, type ClientTarget, type OpenRefusal } from '../../protocols/smtp/index.ts';
import { AddressHealth } from './address-health.ts';
import { KeptRoutes } from './kept-routes.ts';
import * as limits from './limits.ts';
import { openToSite } from './opening.ts';

const MINUTE_MS = 60_000;

function refused(target: ClientTarget): OpenRefusal {
  const peer = { host: target.host, address: target.address, tls: null };
  const reply = { code: 554, lines: ['no'] };
  return { kind: 'refused', phase: 'greeting', temporary: false, reply, enhanced: '5.3.0', text: '554 no', peer };
}

test('RFC 9422 a connection carries as many messages as the server says', async (t) => {
  const rig = await start(t, { extensions: ['PIPELINING', 'LIMITS MAILMAX=5 RCPTMAX=2'] }, { siteConnectionsMax: 1 });
  for (let at = 0; at < 12; at++) rig.send([`r${at}@two.test`]);
  rig.send(['x@two.test', 'y@two.test', 'z@two.test']);
  await rig.relay.idle();
  const byConnection = new Map<number, number>();
  for (const { connection } of rig.sink.messages) {
    byConnection.set(connection, (byConnection.get(connection) ?? 0) + 1);
  }
  assert.deepEqual([...byConnection.values()], [5, 5, 4]);
  assert.ok(rig.sink.messages.every(({ rcpts }) => rcpts.length <= 2));
});

test('a connection is left when it has carried enough, or is old', async (t) => {
  const rig = await start(t, {}, { siteConnectionsMax: 1 });
  for (let at = 0; at <= limits.CONNECTION_MESSAGES_MAX; at++) rig.send([`r${at}@two.test`]);
  await rig.relay.idle();
  assert.equal(rig.sink.connections, 2);
  // Kept busy until it is old.
  for (let seconds = 0; seconds < limits.CONNECTION_AGE_MAX_MS / 1000; seconds += 2) {
    rig.send(['again@two.test']);
    await rig.pass(2000);
  }
  rig.send(['again@two.test']);
  await rig.relay.idle();
  assert.equal(rig.sink.connections, 3);
});

test('all sites together keep to the limit of connections, and every site gets its turn', async (t) => {
  const rig = await start(t, {}, { totalConnectionsMax: 2 });
  for (let at = 0; at < 10; at++) rig.routes.set(`d${at}.test`, rig.plan({ site: `site ${at}` }));
  let most = 0;
  rig.sink.script = () => {
    most = Math.max(most, rig.relay.load.connections);
    return undefined;
  };
  for (let at = 0; at < 10; at++) rig.send([`r@d${at}.test`]);
  await rig.relay.idle();
  assert.equal(rig.sink.messages.length, 10);
  assert.equal(most, 2);
});

test('with many connections none stays idle', async (t) => {
  const rig = await start(t);
  const count = limits.IDLE_CONNECTIONS_MAX + 20;
  for (let at = 0; at < count; at++) {
    rig.routes.set(`d${at}.test`, rig.plan({ site: `site ${at}` }));
    rig.send([`r@d${at}.test`]);
  }
  await rig.relay.idle();
  assert.equal(rig.sink.messages.length, count);
  assert.ok(rig.relay.load.connections <= limits.IDLE_CONNECTIONS_MAX);
  await rig.pass(limits.EXPIRY_SWEEP_MS + limits.CONNECTION_IDLE_MAX_MS);
  assert.equal(rig.relay.load.sites, 0);
});

test('with little memory every lane holds its least and all mail goes', async (t) => {
  const rig = await start(t, {}, { readyRecipientsMax: 10, siteConnectionsMax: 1 });
  for (let at = 0; at < 100; at++) rig.send([`r${at}@two.test`]);
  assert.ok(rig.relay.load.ready <= limits.LANE_RECIPIENTS_MIN + 1, `${rig.relay.load.ready}`);
  await rig.relay.idle();
  assert.equal(rig.sink.messages.length, 100);
  assert.ok(rig.store.loads > 0);
});

test('one transaction takes at most so many recipients', async (t) => {
  const rig = await start(t, {}, { siteConnectionsMax: 1 });
  rig.send(Array.from({ length: limits.TRANSACTION_RECIPIENTS_MAX + 1 }, (_, at) => `r${at}@two.test`));
  await rig.relay.idle();
  assert.deepEqual(
    rig.sink.messages.map(({ rcpts }) => rcpts.length),
    [limits.TRANSACTION_RECIPIENTS_MAX, 1],
  );
});

test('a limit of recipients is believed for an hour', async (t) => {
  const rig = await start(t, {
    script: ({ stage, count }) => (stage === 'rcpt' && count > 2 ? '452 4.5.3 no' : undefined),
  });
  const names = ['a', 'b', 'c', 'd'].map((name) => `${name}@two.test`);
  rig.send(names);
  await rig.relay.idle();
  rig.sink.script = () => undefined;
  rig.sink.messages.length = 0;
  rig.send(names);
  await rig.relay.idle();
  assert.deepEqual(
    rig.sink.messages.map(({ rcpts }) => rcpts.length),
    [2, 2],
  );
});

test('commands reach more keys than one transaction of the store holds', async (t) => {
  const rig = await start(t);
  for (let at = 0; at <= limits.COMMAND_ENTRIES_MAX; at++) rig.send([`r${at}@two.test`], { held: true });
  assert.equal(await rig.relay.command('release', {}), limits.COMMAND_ENTRIES_MAX + 1);
  await rig.pass(1000);
  assert.equal(rig.sink.messages.length, limits.COMMAND_ENTRIES_MAX + 1);
});

test('more keys than one read takes become due at once', async (t) => {
  const rig = await start(t);
  const count = limits.LOADING_KEYS_MAX + limits.LOAD_KEYS_MAX + 1;
  const notBeforeMs = rig.clock.now() + MINUTE_MS;
  for (let at = 0; at < count; at++) rig.send([`r${at}@two.test`], { notBeforeMs });
  await rig.pass(2 * MINUTE_MS);
  assert.equal(rig.sink.messages.length, count);
  assert.ok(rig.store.largestLoad <= limits.LOAD_KEYS_MAX);
});

test('a queue longer than a page is read at the start', async (t) => {
  const rig = await start(t);
  await rig.relay.stop();
  const count = limits.START_PAGE_ROWS + 1;
  for (let at = 0; at < count; at++) rig.store.add(rig.message([`r${at}@two.test`], { held: true }), BODY, true);
  const relay = rig.secondRelay();
  await relay.start();
  assert.equal(relay.load.waiting, count);
  await relay.stop();
});

test('many outcomes are written in transactions of a bounded size, and sending waits for them', async (t) => {
  const rig = await start(t);
  rig.store.settleFails = true;
  const count = limits.UNWRITTEN_MAX + 100;
  for (let at = 0; at < count; at++) rig.send([`r${at}@two.test`]);
  await rig.until(() => rig.store.refusals > 0);
  rig.store.settleFails = false;
  await rig.clock.advance(MINUTE_MS);
  await rig.relay.idle();
  assert.equal(rig.sink.messages.length, count);
  assert.ok(rig.store.largestSettle <= limits.SETTLEMENTS_MAX);
});

test('stop breaks off what does not end in time', async (t) => {
  let hung = false;
  const rig = await start(t, {
    script: ({ stage }) => {
      if (stage !== 'body') return undefined;
      hung = true;
      return HANG;
    },
  });
  rig.send(['b@two.test']);
  await rig.sink.until(() => hung);
  const stopping = rig.relay.stop();
  await rig.clock.advance(limits.STOP_GRACE_MS);
  await stopping;
  assert.deepEqual(rig.store.waiting, ['b@two.test']);
  assert.equal(rig.store.deferrals.length, 1);
});

test('stop ends an opening at once', async (t) => {
  const rig = await start(t, { script: ({ stage }) => (stage === 'connect' ? HANG : undefined) });
  rig.send(['b@two.test']);
  await rig.sink.until(() => rig.sink.connections === 1);
  await rig.relay.stop();
  assert.equal(rig.store.deferrals.length, 0);
});

test('an opening goes through so many addresses and no more', async () => {
  const clock = new VirtualClock();
  const tried: string[] = [];
  const plan = {
    kind: 'hosts' as const,
    site: 's',
    hosts: Array.from({ length: 9 }, (_, at) => ({
      name: `mx${at}.test`,
      preference: at,
      addresses: [`192.0.2.${at}`],
    })),
    port: 25,
    protocol: 'smtp' as const,
    implicitTls: false,
    tls: 'off' as const,
    login: null,
  };
  const source = { heloName: 'a.test', ipv4: 'any', ipv6: null };
  const health = new AddressHealth();
  const parts = {
    clock,
    health,
    signal: new AbortController().signal,
    onSlow: () => {},
    open: async (target: ClientTarget) => {
      tried.push(target.address);
      return refused(target);
    },
  };
  const result = await openToSite(plan, source, parts);
  assert.ok(result.kind === 'failed');
  assert.deepEqual(tried, ['192.0.2.0', '192.0.2.1', '192.0.2.2', '192.0.2.3', '192.0.2.4']);
  tried.length = 0;
  // Those that failed rest: the others come first now.
  await openToSite(plan, source, parts);
  assert.deepEqual(tried, ['192.0.2.5', '192.0.2.6', '192.0.2.7', '192.0.2.8', '192.0.2.0']);
  tried.length = 0;
  await openToSite(plan, { ...source, ipv4: null, ipv6: 'any' }, parts);
  assert.deepEqual(tried, []);
});

test('a host that does not greet is passed over by the next opening after a moment', async (t) => {
  const second = await SmtpSink.start();
  t.after(() => second.close());
  const rig = await start(t, { script: ({ stage }) => (stage === 'connect' ? HANG : undefined) });
  await rig.relay.stop();
  const hosts = [
    { name: 'mx1.two.test', preference: 10, addresses: ['127.0.0.1'] },
    { name: 'mx2.two.test', preference: 20, addresses: ['127.0.0.2'] },
  ];
  const { clock } = rig;
  const relay = rig.secondRelay({
    open: (target, signal) => {
      const port = target.host === 'mx2.two.test' ? second.port : rig.sink.port;
      return openConnection({ ...target, address: '127.0.0.1', port }, { clock, signal });
    },
    routes: { findRoute: async () => rig.plan({ hosts }) },
  });
  await relay.start();
  rig.send(['b@two.test']);
  await rig.sink.until(() => rig.sink.connections === 1);
  await rig.until(() => rig.sink.open === 1);
  for (let turn = 0; turn < 20; turn++) await clock.advance(0);
  await clock.advance(limits.SLOW_OPENING_MS);
  await rig.until(() => second.messages.length === 1);
  assert.equal(second.messages.length, 1);
  await relay.stop();
});

test('what is remembered of addresses and routes is bounded', async () => {
  const clock = new VirtualClock();
  const health = new AddressHealth();
  for (let at = 0; at <= limits.ADDRESSES_REMEMBERED_MAX; at++) health.onFailure(`${at}`, clock.now());
  assert.equal(health.size, limits.ADDRESSES_REMEMBERED_MAX);
  let asked = 0;
  const findRoute = async (): Promise<{ kind: 'deferred'; enhanced: string; text: string }> => {
    asked++;
    return { kind: 'deferred', enhanced: '4.4.3', text: '' };
  };
  const routes = new KeptRoutes({ findRoute }, clock);
  await Promise.all([routes.find('a.test'), routes.find('a.test')]);
  assert.equal(asked, 1);
  await routes.find('a.test');
  assert.equal(asked, 1);
  await clock.advance(limits.ROUTE_KEPT_MS);
  await routes.find('a.test');
  assert.equal(asked, 2);
  for (let at = 0; at < limits.ROUTES_KEPT_MAX; at++) await routes.find(`d${at}.test`);
  assert.equal(routes.known('a.test'), null);
  assert.equal(routes.size, limits.ROUTES_KEPT_MAX);
});

test('a connection that sends nothing time and again defers in the end', async (t) => {
  const rig = await start(t);
  await rig.relay.stop();
  let sends = 0;
  const relay = rig.secondRelay({
    open: async () => {
      const outcome = { kind: 'unsent', phase: 'mail', reply: null, enhanced: '4.4.2', text: 'lost' } as const;
      const peer = { host: 'mx.two.test', address: '127.0.0.1', tls: null };
      const connection = {
        kind: 'open',
        peer,
        usable: true,
        canOverlap: false,
        capabilities: { rcptMax: null, mailMax: null },
        onIdleEnd() {},
        quit() {},
        destroy() {},
        async send() {
          sends++;
          return { outcomes: [outcome], peer, dsnPassedOn: false, recipientsMax: null };
        },
      };
      return connection as never;
    },
  });
  await relay.start();
  rig.send(['b@two.test']);
  await relay.idle();
  assert.equal(sends, limits.UNSENT_ROUNDS_MAX + 1);
  assert.equal(rig.store.deferrals.length, 1);
  await relay.stop();
});
