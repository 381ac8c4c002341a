import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { TestDnsServer } from '../../../test/support/dns-server.ts';
import { VirtualClock } from '../../../test/support/virtual-clock.ts';
import { systemRandomInt } from '../random.ts';
import {
  CNAME_CHAIN_MAX,
  FAILURE_TTL_SECONDS,
  NEGATIVE_TTL_MAX_SECONDS,
  QUERY_DEADLINE_MS,
  SERVERS_MAX,
  TTL_MAX_SECONDS,
  TTL_MIN_SECONDS,
  UDP_STRANGERS_MAX,
  UDP_TIMEOUT_MS,
} from './limits.ts';
import { SERVFAIL } from './static-server.ts';
import { StubResolver, type StubResolverOptions } from './stub-resolver.ts';
import type { Zone, ZoneRecord } from './zone.ts';
import { RCODE } from './wire.ts';

const a = (data: string, ttlSeconds = 60): ZoneRecord => ({ type: 'A', data, ttlSeconds });
const cname = (data: string): ZoneRecord => ({ type: 'CNAME', data, ttlSeconds: 60 });

const ZONE: Zone = {
  name: 'one.test',
  records: {
    'one.test': [
      { type: 'MX', data: { preference: 10, exchange: 'mx.one.test' } },
      { type: 'TXT', data: `v=spf1 ${'x'.repeat(400)}` },
      { type: 'NS', data: 'ns.one.test' },
      {
        type: 'SOA',
        data: { mname: 'ns', rname: 'hostmaster', serial: 7, refresh: 1, retry: 2, expire: 3, minimum: 4 },
      },
    ],
    'mx.one.test': [a('192.0.2.1'), a('192.0.2.2'), { type: 'AAAA', data: '2001:db8::1' }],
    'www.one.test': [cname('mx.one.test')],
    '_25._tcp.mx.one.test': [
      { type: 'TLSA', data: { usage: 3, selector: 1, matchingType: 1, data: Uint8Array.from([1, 2, 3]) } },
    ],
    '_imaps._tcp.one.test': [{ type: 'SRV', data: { priority: 0, weight: 1, port: 993, target: 'mx.one.test' } }],
    '*.wild.one.test': [a('192.0.2.9')],
    'big.one.test': Array.from({ length: 200 }, (_, i) => a(`198.51.100.${i}`)),
    'short.one.test': [a('192.0.2.3', 0)],
    'long.one.test': [a('192.0.2.4', 4_000_000)],
    'loop1.one.test': [cname('loop2.one.test')],
    'loop2.one.test': [cname('loop1.one.test')],
  },
};
const REVERSE: Zone = {
  name: '2.0.192.in-addr.arpa',
  records: { '1.2.0.192.in-addr.arpa': [{ type: 'PTR', data: 'mx.one.test' }] },
};

async function setUp(t: TestContext, options: Partial<StubResolverOptions> & { zones?: readonly Zone[] } = {}) {
  const clock = new VirtualClock();
  const server = await TestDnsServer.start(options.zones ?? [ZONE, REVERSE], clock);
  const resolver = new StubResolver({
    servers: () => [server.endpoint],
    clock,
    randomInt: systemRandomInt,
    ...options,
  });
  t.after(async () => {
    resolver.close();
    await server.close();
  });
  return { clock, server, resolver };
}

test('answers of every type are values', async (t) => {
  const { resolver } = await setUp(t);
  const records = async (name: string, type: Parameters<typeof resolver.query>[1]): Promise<unknown> => {
    const result = await resolver.query(name, type);
    return result.kind === 'answer' ? result.records : result.kind;
  };
  assert.deepEqual(await records('mx.one.test', 'A'), ['192.0.2.1', '192.0.2.2']);
  assert.deepEqual(await records('mx.one.test', 'AAAA'), ['2001:db8::1']);
  assert.deepEqual(await records('one.test', 'MX'), [{ preference: 10, exchange: 'mx.one.test' }]);
  assert.deepEqual(await records('www.one.test', 'CNAME'), ['mx.one.test']);
  assert.deepEqual(await records('one.test', 'NS'), ['ns.one.test']);
  assert.deepEqual(await records('1.2.0.192.in-addr.arpa', 'PTR'), ['mx.one.test']);
  assert.deepEqual(await records('_imaps._tcp.one.test', 'SRV'), [
    { priority: 0, weight: 1, port: 993, target: 'mx.one.test' },
  ]);
  assert.deepEqual(await records('_25._tcp.mx.one.test', 'TLSA'), [
    { usage: 3, selector: 1, matchingType: 1, data: Uint8Array.from([1, 2, 3]) },
  ]);
  assert.deepEqual(await records('one.test', 'SOA'), [
    { mname: 'ns', rname: 'hostmaster', serial: 7, refresh: 1, retry: 2, expire: 3, minimum: 4 },
  ]);
  assert.deepEqual(await records('x.wild.one.test', 'A'), ['192.0.2.9']);
});

test('RFC 7208 §3.3 the strings of one TXT record are joined', async (t) => {
  const { resolver } = await setUp(t);
  const result = await resolver.query('one.test', 'TXT');
  assert.deepEqual(result.kind === 'answer' && result.records, [`v=spf1 ${'x'.repeat(400)}`]);
});

test('RFC 1034 §3.6.2 CNAMEs are followed, and names compare without case or last dot', async (t) => {
  const { resolver, server } = await setUp(t);
  const result = await resolver.query('WWW.One.Test.', 'A');
  assert.equal(result.kind === 'answer' && result.canonicalName, 'mx.one.test');
  assert.equal(server.queries.length, 1);
});

test('a chain that leaves the answer is asked for at its end', async (t) => {
  const { resolver, server } = await setUp(t, {
    zones: [{ name: 'one.test', records: { 'one.test': [cname('two.test')] } }],
  });
  server.setFault({ name: 'two.test', type: 'A' }, SERVFAIL);
  assert.deepEqual(await resolver.query('one.test', 'A'), { kind: 'temporary', reason: 'server-failure' });
  assert.deepEqual(
    server.queries.map((query) => query.name),
    ['one.test', 'two.test'],
  );
});

test(`a CNAME loop, or a chain of more than ${CNAME_CHAIN_MAX}, is a server's failure`, async (t) => {
  const { resolver, server } = await setUp(t);
  server.zones.push({
    name: 'chain.test',
    records: Object.fromEntries(
      Array.from({ length: CNAME_CHAIN_MAX + 2 }, (_, i) => [`n${i}.chain.test`, [cname(`n${i + 1}.chain.test`)]]),
    ),
  });
  assert.equal((await resolver.query('loop1.one.test', 'A')).kind, 'temporary');
  assert.equal((await resolver.query('n0.chain.test', 'A')).kind, 'temporary');
});

test('RFC 2308 §2 NXDOMAIN and no data are two things, and both are remembered', async (t) => {
  const { resolver, server, clock } = await setUp(t);
  const nothing = { kind: 'nxdomain', authenticated: false };
  assert.deepEqual(await resolver.query('no.one.test', 'MX'), nothing);
  assert.deepEqual(await resolver.query('mx.one.test', 'MX'), { kind: 'no-data', authenticated: false });
  assert.deepEqual(await resolver.query('_tcp.one.test', 'A'), { kind: 'no-data', authenticated: false });
  assert.deepEqual(await resolver.query('no.one.test', 'MX'), nothing);
  assert.equal(server.queries.length, 3);
  await clock.advance(NEGATIVE_TTL_MAX_SECONDS * 1000);
  assert.deepEqual(await resolver.query('no.one.test', 'MX'), nothing);
  assert.equal(server.queries.length, 4);
});

test('a name that fits into no question is asked of nobody', async (t) => {
  const { resolver, server } = await setUp(t);
  for (const name of ['', 'a..b', `${'a'.repeat(64)}.test`, 'a.'.repeat(127) + 'test', 'ä.test', 'a b.test']) {
    assert.deepEqual(await resolver.query(name, 'A'), { kind: 'nxdomain', authenticated: false }, name);
  }
  assert.equal(server.queries.length, 0);
});

test('RFC 1035 §4.2.2 a truncated answer is asked for again by TCP', async (t) => {
  const { resolver, server } = await setUp(t);
  const result = await resolver.query('big.one.test', 'A');
  assert.equal(result.kind === 'answer' && result.records.length, 200);
  assert.deepEqual(
    server.queries.map((query) => query.transport),
    ['udp', 'tcp'],
  );
});

test('TTLs count down and are clamped at both ends', async (t) => {
  const { resolver, server, clock } = await setUp(t);
  const ttl = async (name: string): Promise<unknown> => {
    const result = await resolver.query(name, 'A');
    return result.kind === 'answer' && result.ttlSeconds;
  };
  assert.equal(await ttl('short.one.test'), TTL_MIN_SECONDS);
  assert.equal(await ttl('long.one.test'), TTL_MAX_SECONDS);
  assert.equal(await ttl('mx.one.test'), 60);
  await clock.advance(20_000);
  assert.equal(await ttl('mx.one.test'), 40);
  assert.equal(server.queries.length, 3);
  await clock.advance(40_000);
  assert.equal(await ttl('mx.one.test'), 60);
  assert.equal(server.queries.length, 4);
});

test('equal queries under way are one query', async (t) => {
  const { resolver, server } = await setUp(t);
  const results = await Promise.all(Array.from({ length: 50 }, () => resolver.query('mx.one.test', 'A')));
  assert.ok(results.every((result) => result.kind === 'answer'));
  assert.equal(server.queries.length, 1);
});

test('RFC 9520 §3.2 SERVFAIL is temporary and remembered for a short time', async (t) => {
  const { resolver, server, clock } = await setUp(t);
  server.setFault('*', SERVFAIL);
  assert.deepEqual(await resolver.query('mx.one.test', 'A'), { kind: 'temporary', reason: 'server-failure' });
  server.setFault('*', null);
  assert.equal((await resolver.query('mx.one.test', 'A')).kind, 'temporary');
  await clock.advance(FAILURE_TTL_SECONDS * 1000);
  assert.equal((await resolver.query('mx.one.test', 'A')).kind, 'answer');
});

test('silence: asked again, the second time without EDNS0, then temporary', async (t) => {
  const { resolver, server, clock } = await setUp(t);
  server.setFault('*', { kind: 'drop' });
  const pending = resolver.query('mx.one.test', 'A');
  await server.asked(1);
  await clock.advance(UDP_TIMEOUT_MS);
  await server.asked(2);
  await clock.advance(2 * UDP_TIMEOUT_MS);
  assert.deepEqual(await pending, { kind: 'temporary', reason: 'timeout' });
  assert.deepEqual(
    server.queries.map((query) => query.edns),
    [true, false],
  );
});

test('an answer that comes late but in time is taken', async (t) => {
  const { resolver, server, clock } = await setUp(t);
  server.setFault('*', { kind: 'delay', delayMs: UDP_TIMEOUT_MS / 2 });
  const pending = resolver.query('mx.one.test', 'A');
  await server.asked(1);
  await clock.advance(UDP_TIMEOUT_MS / 2);
  assert.equal((await pending).kind, 'answer');
});

test('RFC 6891 §7 a server that does not know EDNS0 is asked without it', async (t) => {
  const { resolver, server } = await setUp(t);
  server.setFault('*', { kind: 'rcode', rcode: RCODE.formErr });
  assert.equal((await resolver.query('mx.one.test', 'A')).kind, 'temporary');
  assert.deepEqual(
    server.queries.map((query) => query.edns),
    [true, false],
  );
});

test('the next server is asked where one fails, and the one that answered comes first from then on', async (t) => {
  const bad = await TestDnsServer.start([]);
  t.after(() => bad.close());
  const good = await TestDnsServer.start([ZONE]);
  t.after(() => good.close());
  const { resolver } = await setUp(t, { servers: () => [bad.endpoint, good.endpoint] });
  assert.equal((await resolver.query('mx.one.test', 'A')).kind, 'answer');
  assert.equal((await resolver.query('mx.one.test', 'AAAA')).kind, 'answer');
  assert.deepEqual([bad.queries.length, good.queries.length], [1, 2]);
});

test('a port where nobody listens is left at once', async (t) => {
  const gone = await TestDnsServer.start([ZONE]);
  await gone.close();
  const good = await TestDnsServer.start([ZONE]);
  t.after(() => good.close());
  const { resolver } = await setUp(t, { servers: () => [gone.endpoint, good.endpoint] });
  assert.equal((await resolver.query('mx.one.test', 'A')).kind, 'answer');
});

const FORGED = Buffer.from('000881800001000100000000', 'hex');

test('RFC 5452 §9.1 an answer with another id is not taken', async (t) => {
  const { resolver, server, clock } = await setUp(t, { randomInt: () => 7 });
  server.setFault('*', { kind: 'octets', octets: FORGED, keepId: false, times: UDP_STRANGERS_MAX - 1 });
  const pending = resolver.query('mx.one.test', 'A');
  await server.asked(1);
  server.setFault('*', null);
  await clock.advance(UDP_TIMEOUT_MS);
  assert.equal((await pending).kind, 'answer');
  assert.equal(server.queries.length, 2);
});

test(`RFC 5452 §9.1 after ${UDP_STRANGERS_MAX} forged answers TCP is asked`, async (t) => {
  const { resolver, server } = await setUp(t, { randomInt: () => 7 });
  server.setFault('udp', { kind: 'octets', octets: FORGED, keepId: false, times: UDP_STRANGERS_MAX });
  assert.equal((await resolver.query('mx.one.test', 'A')).kind, 'answer');
  assert.deepEqual(
    server.queries.map((query) => query.transport),
    ['udp', 'tcp'],
  );
});

test('RFC 5452 §9.1 an answer to another question is not taken', async (t) => {
  const { resolver, server, clock } = await setUp(t);
  const other = Buffer.from('0000818000010000000000000161047465737400000100 01'.replaceAll(' ', ''), 'hex');
  server.setFault('*', { kind: 'octets', octets: other, keepId: true, times: 1 });
  const pending = resolver.query('mx.one.test', 'A');
  await server.asked(1);
  server.setFault('*', null);
  await clock.advance(UDP_TIMEOUT_MS);
  assert.equal((await pending).kind, 'answer');
});

test('AD counts only from a server that is believed', async (t) => {
  const zones = [{ ...ZONE, authenticated: true }];
  const first = await setUp(t, { zones });
  const second = await setUp(t, { zones, trustsAuthenticated: () => false });
  const fromLoopback = await first.resolver.query('mx.one.test', 'A');
  const fromStranger = await second.resolver.query('mx.one.test', 'A');
  assert.equal(fromLoopback.kind === 'answer' && fromLoopback.authenticated, true);
  assert.equal(fromStranger.kind === 'answer' && fromStranger.authenticated, false);
});

test('queries in flight are bounded, the line too, and closing ends them all', async (t) => {
  const { resolver, server } = await setUp(t, { inFlightMax: 2, waitingMax: 1 });
  server.setFault('*', { kind: 'drop' });
  const pending = ['a', 'b', 'c'].map((name) => resolver.query(`${name}.one.test`, 'A'));
  assert.deepEqual(await resolver.query('d.one.test', 'A'), { kind: 'temporary', reason: 'busy' });
  await server.asked(2);
  resolver.close();
  assert.deepEqual(
    await Promise.all(pending),
    pending.map(() => ({ kind: 'temporary', reason: 'closed' })),
  );
  assert.equal(server.queries.length, 2);
  assert.deepEqual(await resolver.query('e.one.test', 'A'), { kind: 'temporary', reason: 'closed' });
});

test('without any server everything is temporary', async (t) => {
  const { resolver } = await setUp(t, { servers: () => [] });
  assert.deepEqual(await resolver.query('one.test', 'MX'), { kind: 'temporary', reason: 'timeout' });
});

test('of many silent servers none is asked after the deadline', async (t) => {
  const silent = await TestDnsServer.start([]);
  t.after(() => silent.close());
  silent.setFault('*', { kind: 'drop' });
  const servers = Array.from({ length: SERVERS_MAX }, () => ({ ...silent.endpoint }));
  const { resolver, clock } = await setUp(t, { servers: () => servers });
  const startMs = clock.monotonic();
  const pending = resolver.query('one.test', 'MX');
  for (let count = 1; count <= QUERY_DEADLINE_MS / UDP_TIMEOUT_MS; count++) {
    await silent.asked(count);
    await clock.advance(UDP_TIMEOUT_MS);
  }
  assert.deepEqual(await pending, { kind: 'temporary', reason: 'timeout' });
  assert.equal(clock.monotonic() - startMs, QUERY_DEADLINE_MS);
  assert.equal(silent.queries.length, QUERY_DEADLINE_MS / UDP_TIMEOUT_MS);
});

test(`servers beyond the first ${SERVERS_MAX} are not asked`, async (t) => {
  const gone = await TestDnsServer.start([]);
  await gone.close();
  const good = await TestDnsServer.start([ZONE]);
  t.after(() => good.close());
  const list = (length: number) => () => [...Array.from({ length }, () => ({ ...gone.endpoint })), good.endpoint];
  const last = await setUp(t, { servers: list(SERVERS_MAX - 1) });
  assert.equal((await last.resolver.query('one.test', 'MX')).kind, 'answer');
  const beyond = await setUp(t, { servers: list(SERVERS_MAX) });
  assert.equal((await beyond.resolver.query('one.test', 'MX')).kind, 'temporary');
});
