import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MemoryResolver } from '../../../test/support/memory-resolver.ts';
import type { ZoneRecord } from '../../base/dns/zone.ts';
import { systemRandomInt } from '../../base/random.ts';
import { HOST_ADDRESSES_MAX, MX_HOSTS_MAX } from './limits.ts';
import type { Route } from '../relay/route-plan.ts';
import { type ConfiguredRoute, Router, type RouterOptions } from './router.ts';

const mx = (preference: number, exchange: string): ZoneRecord => ({ type: 'MX', data: { preference, exchange } });
const a = (data: string): ZoneRecord => ({ type: 'A', data });
const aaaa = (data: string): ZoneRecord => ({ type: 'AAAA', data });

const NET: Record<string, readonly ZoneRecord[]> = {
  'two.test': [mx(20, 'mx2.two.test'), mx(10, 'mx1.two.test')],
  'mx1.two.test': [a('192.88.1.1'), aaaa('2600::1')],
  'mx2.two.test': [a('192.88.1.2')],
};

function router(records: Record<string, readonly ZoneRecord[]>, options: Partial<RouterOptions> = {}): Router {
  return new Router({
    resolver: new MemoryResolver(records),
    randomInt: () => 0,
    port: 25,
    allowPrivateAddresses: false,
    isOwnHost: (name) => name === 'mx.own.test',
    isOwnEndpoint: () => false,
    routes: [],
    ...options,
  });
}

/** `name=address,address` of each host, in order; or the failure. */
function shown(route: Route): string {
  if (route.kind !== 'hosts') return `${route.kind} ${route.enhanced}`;
  return route.hosts.map((host) => `${host.name}=${host.addresses.join(',')}`).join(' ');
}

const CASES: readonly [string, Record<string, readonly ZoneRecord[]>, string, string][] = [
  [
    'RFC 5321 §5.1 hosts come by preference',
    NET,
    'two.test',
    'mx1.two.test=2600::1,192.88.1.1 mx2.two.test=192.88.1.2',
  ],
  [
    'U-labels are asked as A-labels',
    { 'xn--bcher-kva.test': [a('192.88.1.9')] },
    'Bücher.test',
    'xn--bcher-kva.test=192.88.1.9',
  ],
  [
    'RFC 5321 §5.1 without MX the domain is its own (implicit) MX',
    { 'one.test': [a('192.88.1.3')] },
    'one.test',
    'one.test=192.88.1.3',
  ],
  [
    'RFC 5321 §5.1 MX records rule out the implicit MX',
    { 'one.test': [mx(1, 'no.test'), a('192.88.1.3')] },
    'one.test',
    'failed 5.4.4',
  ],
  ['RFC 7505 §3 null MX', { 'one.test': [mx(0, '.'), a('192.88.1.3')] }, 'one.test', 'failed 5.1.10'],
  [
    'RFC 7505 §3 a null MX beside others is left out',
    { ...NET, 'one.test': [mx(0, '.'), mx(9, 'mx2.two.test')] },
    'one.test',
    'mx2.two.test=192.88.1.2',
  ],
  ['a domain that does not exist', {}, 'one.test', 'failed 5.1.2'],
  ['a domain with neither MX nor address', { 'one.test': [{ type: 'TXT', data: 'x' }] }, 'one.test', 'failed 5.1.2'],
  ['what is no domain', {}, 'one..test', 'failed 5.1.2'],
  [
    'an MX that points to a CNAME is tolerated',
    { ...NET, 'one.test': [mx(1, 'alias.test')], 'alias.test': [{ type: 'CNAME', data: 'mx2.two.test' }] },
    'one.test',
    'alias.test=192.88.1.2',
  ],
  [
    'a domain that is a CNAME',
    { ...NET, 'one.test': [{ type: 'CNAME', data: 'two.test' }] },
    'one.test',
    'mx1.two.test=2600::1,192.88.1.1 mx2.two.test=192.88.1.2',
  ],
  [
    'a host without address is left out',
    { ...NET, 'one.test': [mx(1, 'no.test'), mx(2, 'mx2.two.test')] },
    'one.test',
    'mx2.two.test=192.88.1.2',
  ],
  [
    'an address as MX is refused',
    { 'one.test': [mx(1, '192.88.1.1')], '192.88.1.1': [a('192.88.1.1')] },
    'one.test',
    'failed 5.4.4',
  ],
  ['a literal as MX is refused', { 'one.test': [mx(1, '[192.88.1.1]')] }, 'one.test', 'failed 5.4.4'],
  [
    'loopback as MX is refused',
    { 'one.test': [mx(1, 'l.test')], 'l.test': [a('127.0.0.1'), aaaa('::1')] },
    'one.test',
    'failed 5.4.4',
  ],
  [
    'private addresses are refused, the others of the host taken',
    {
      'one.test': [mx(1, 'l.test')],
      'l.test': [a('10.0.0.1'), a('192.88.1.1'), aaaa('fd00::1'), aaaa('::ffff:127.0.0.1')],
    },
    'one.test',
    'l.test=192.88.1.1',
  ],
  ['localhost is refused', { localhost: [a('127.0.0.1')] }, 'localhost', 'failed 5.4.4'],
  ['RFC 5321 §4.1.3 an address literal', {}, '[192.88.1.1]', '[192.88.1.1]=192.88.1.1'],
  ['RFC 5321 §4.1.3 an IPv6 literal', {}, '[IPv6:2600::0:1]', '[ipv6:2600::1]=2600::1'],
  ['a loopback literal is refused', {}, '[127.0.0.1]', 'failed 5.4.4'],
  [
    'RFC 5321 §5.1 this host is left out with all that are not preferred to it',
    {
      ...NET,
      'mx.own.test': [a('192.88.1.7')],
      'one.test': [mx(5, 'mx1.two.test'), mx(10, 'MX.own.test'), mx(10, 'mx2.two.test'), mx(20, 'mx2.two.test')],
    },
    'one.test',
    'mx1.two.test=2600::1,192.88.1.1',
  ],
  [
    'RFC 5321 §5.1 this host as best MX of a domain that is not ours',
    { ...NET, 'one.test': [mx(10, 'mx.own.test'), mx(20, 'mx2.two.test')] },
    'one.test',
    'failed 5.4.6',
  ],
];

for (const [title, records, domain, expected] of CASES) {
  test(title, async () => assert.equal(shown(await router(records).findRoute(domain)), expected));
}

test('SERVFAIL and timeouts are temporary, unless another record is enough', async () => {
  const route = (resolver: MemoryResolver): Promise<Route> => router({}, { resolver }).findRoute('two.test');
  assert.equal(shown(await route(new MemoryResolver(NET).fail('two.test', 'MX'))), 'deferred 4.4.3');
  const noAddress = new MemoryResolver(NET).fail('mx2.two.test', 'A').fail('mx1.two.test', 'A');
  assert.equal(shown(await route(noAddress)), 'mx1.two.test=2600::1');
  const nothing = new MemoryResolver({ 'two.test': [mx(1, 'a.test'), mx(2, 'b.test')] }).fail('b.test', 'AAAA');
  assert.equal(shown(await route(nothing)), 'deferred 4.4.3');
});

test('private addresses are allowed where the configuration says so', async () => {
  const records = { 'one.test': [mx(1, 'l.test')], 'l.test': [a('127.0.0.1')] };
  const route = await router(records, { allowPrivateAddresses: true, port: 2525 }).findRoute('one.test');
  assert.equal(shown(route), 'l.test=127.0.0.1');
  assert.equal(route.kind === 'hosts' && route.port, 2525);
});

test('a host under another name that is our own listener is left out like our name', async () => {
  const isOwnEndpoint = (ip: string, port: number): boolean => ip === '192.88.1.2' && port === 25;
  const backup = await router(NET, { isOwnEndpoint }).findRoute('two.test');
  assert.equal(shown(backup), 'mx1.two.test=2600::1,192.88.1.1');
  assert.equal(backup.kind === 'hosts' && backup.site, 'mx1.two.test:25');
  const self = await router({ 'one.test': [a('192.88.1.2')] }, { isOwnEndpoint }).findRoute('one.test');
  assert.equal(shown(self), 'failed 5.4.6');
  const literal = await router({}, { isOwnEndpoint }).findRoute('[192.88.1.2]');
  assert.equal(shown(literal), 'failed 5.4.6');
});

test('RFC 5321 §5.1 equals come in random order, within their preference', async () => {
  const names = ['a', 'b', 'c'];
  const records: Record<string, readonly ZoneRecord[]> = {
    'one.test': names.map((n) => mx(1, `${n}.test`)),
    'first.test': [],
  };
  for (const n of names) records[`${n}.test`] = [a('192.88.1.1')];
  records['one.test'] = [mx(5, 'last.test'), ...records['one.test']!];
  records['last.test'] = [a('192.88.1.1')];
  const orders = new Set<string>();
  for (let round = 0; round < 60; round++) {
    const route = await router(records, { randomInt: systemRandomInt }).findRoute('one.test');
    assert.ok(route.kind === 'hosts');
    assert.equal(route.hosts.at(-1)?.name, 'last.test');
    orders.add(route.hosts.map((host) => host.name).join(' '));
  }
  assert.ok(orders.size > 2, [...orders].join(' / '));
});

test(`at most ${MX_HOSTS_MAX} hosts with ${HOST_ADDRESSES_MAX} addresses each`, async () => {
  const records: Record<string, readonly ZoneRecord[]> = {
    'one.test': Array.from({ length: 200 }, (_, i) => mx(i, `h${i}.test`)),
  };
  for (let i = 0; i < 200; i++) {
    records[`h${i}.test`] = Array.from({ length: 20 }, (_, n) => a(`192.88.1.${n}`));
  }
  const resolver = new MemoryResolver(records);
  const route = await router({}, { resolver }).findRoute('one.test');
  assert.ok(route.kind === 'hosts');
  assert.equal(route.hosts.length, MX_HOSTS_MAX);
  assert.ok(route.hosts.every((host) => host.addresses.length === HOST_ADDRESSES_MAX));
  assert.equal(resolver.asked.length, 1 + 2 * MX_HOSTS_MAX);
});

const via = (host: string, more: Partial<ConfiguredRoute['via']> = {}): ConfiguredRoute['via'] => ({
  protocol: 'smtp',
  implicitTls: false,
  host,
  port: 2600,
  user: null,
  password: null,
  ...more,
});

test('a configured route goes before DNS, a domain of its own before "*"', async () => {
  const routes = [
    { domain: '*', via: via('smart.test') },
    { domain: 'Three.test', via: via('127.0.0.1') },
  ];
  const records = { ...NET, 'smart.test': [mx(1, 'mx1.two.test'), a('10.0.0.5')] };
  assert.equal(shown(await router(records, { routes }).findRoute('three.test')), '127.0.0.1=127.0.0.1');
  assert.equal(shown(await router(records, { routes }).findRoute('two.test')), 'smart.test=10.0.0.5');
});

test('a password is only said to a host that proves its name, or to this machine', async () => {
  const login = { user: 'me@one.test', password: 'secret' };
  const records = { 'smart.test': [a('192.88.1.5')] };
  const plan = async (next: ConfiguredRoute['via']): Promise<Route> =>
    router(records, { routes: [{ domain: '*', via: next }] }).findRoute('any.test');
  const remote = await plan(via('smart.test', login));
  assert.ok(remote.kind === 'hosts');
  assert.deepEqual([remote.tls, remote.login], ['required', login]);
  assert.equal(remote.site, 'smtp://me%40one.test@smart.test:2600');
  const local = await plan(via('127.0.0.1', login));
  assert.equal(local.kind === 'hosts' && local.tls, 'opportunistic');
  const implicit = await plan(via('smart.test', { implicitTls: true, port: 465 }));
  assert.ok(implicit.kind === 'hosts');
  assert.deepEqual(
    [implicit.implicitTls, implicit.tls, implicit.login, implicit.site],
    [true, 'opportunistic', null, 'smtps://smart.test:465'],
  );
});

test('RFC 2033 a route may speak LMTP to the server that keeps the mailboxes', async () => {
  const routes = [{ domain: '*', via: via('127.0.0.1', { protocol: 'lmtp', port: 24 }) }];
  const route = await router({}, { routes }).findRoute('two.test');
  assert.ok(route.kind === 'hosts');
  assert.deepEqual([route.protocol, route.site], ['lmtp', 'lmtp://127.0.0.1:24']);
});

test('a next hop that DNS does not know is our mistake, and mail waits', async () => {
  const routes = [{ domain: '*', via: via('gone.test') }];
  assert.equal(shown(await router({}, { routes }).findRoute('two.test')), 'deferred 4.4.3');
});
