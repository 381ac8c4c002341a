// The stub resolver and the router against real name servers: unbound resolves, nsd knows the zones, all on loopback.
import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { systemClock } from '../../src/base/clock.ts';
import type { DnsType } from '../../src/base/dns/records.ts';
import { StubResolver } from '../../src/base/dns/stub-resolver.ts';
import { systemRandomInt } from '../../src/base/random.ts';
import { Router } from '../../src/services/routing/router.ts';

const missing = ['unbound', 'nsd'].filter((name) => spawnSync('which', [name]).status !== 0);
const skip = missing.length === 0 ? false : `not installed here: ${missing.join(', ')}`;

const ONE = `$ORIGIN one.test.
$TTL 300
@ SOA ns hostmaster 1 3600 600 86400 60
@ NS ns
@ MX 20 mx2.two.test.
@ MX 10 mx1
@ TXT "v=spf1 mx " "-all"
ns A 127.0.0.1
mx1 A 192.88.1.1
mx1 AAAA 2600::1
www CNAME mx2.two.test.
dangling CNAME gone.two.test.
lame CNAME host.lame.test.
loop1 CNAME loop2
loop2 CNAME loop1
*.wild A 192.88.1.9
_25._tcp.mx1 TLSA 3 1 1 ${'ab'.repeat(32)}
_imaps._tcp SRV 5 10 993 mx1
upper MX 10 MX1
nullmx MX 0 .
aliased MX 10 www
many TXT "${'x'.repeat(200)}"
${Array.from({ length: 300 }, (_, i) => `big A 192.88.${2 + (i >> 8)}.${i & 255}`).join('\n')}
${Array.from({ length: 40 }, (_, i) => `long TXT "${String(i).padStart(3, '0')}${'y'.repeat(200)}"`).join('\n')}
`;
const TWO = `$ORIGIN two.test.
$TTL 60
@ SOA ns.one.test. hostmaster 1 3600 600 86400 60
@ NS ns.one.test.
@ A 192.88.1.5
mx2 A 192.88.1.2
`;
const REVERSE = `$ORIGIN 1.88.192.in-addr.arpa.
$TTL 300
@ SOA ns.one.test. hostmaster 1 3600 600 86400 60
@ NS ns.one.test.
1 PTR mx1.one.test.
`;

/** A port that is free for UDP and TCP, below those that the system gives to outgoing connections. */
async function freePort(): Promise<number> {
  for (;;) {
    const port = 20_000 + systemRandomInt(10_000);
    const udp = createSocket('udp4');
    const tcp = createServer();
    try {
      udp.bind(port, '127.0.0.1');
      await once(udp, 'listening');
      tcp.listen(port, '127.0.0.1');
      await once(tcp, 'listening');
      return port;
    } catch {
      // Taken; another one.
    } finally {
      udp.close();
      tcp.close();
    }
  }
}

/** Starts a program and waits for the line that says that it serves. */
async function start(command: string, args: readonly string[], ready: RegExp): Promise<ChildProcess> {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  await new Promise<void>((resolve, reject) => {
    const listen = (chunk: Buffer): void => {
      said += chunk.toString();
      if (ready.test(said)) resolve();
    };
    child.stdout?.on('data', listen);
    child.stderr?.on('data', listen);
    child.on('error', reject);
    child.on('exit', () => reject(new Error(`${command} ended: ${said}`)));
  });
  return child;
}

function nsdConfig(folder: string, port: number): string {
  const zone = (name: string, file: string): string => `zone:\n  name: ${name}\n  zonefile: ${file}\n`;
  return `server:
  ip-address: 127.0.0.1
  port: ${port}
  server-count: 1
  username: ""
  chroot: ""
  pidfile: ""
  database: ""
  zonesdir: "${folder}"
  zonelistfile: "${folder}/zone.list"
  xfrdfile: "${folder}/xfrd.state"
  xfrdir: "${folder}"
  verbosity: 1
  rrl-ratelimit: 0
remote-control:
  control-enable: no
${zone('one.test', 'one.zone')}${zone('two.test', 'two.zone')}${zone('1.88.192.in-addr.arpa', 'reverse.zone')}`;
}

function unboundConfig(folder: string, ports: { own: number; nsd: number; nobody: number }): string {
  const stub = (name: string, port: number): string =>
    `stub-zone:\n  name: "${name}"\n  stub-addr: 127.0.0.1@${port}\n`;
  return `server:
  interface: 127.0.0.1
  port: ${ports.own}
  username: ""
  chroot: ""
  pidfile: ""
  directory: "${folder}"
  use-syslog: no
  verbosity: 1
  num-threads: 1
  jostle-timeout: 5000
  module-config: "iterator"
  do-not-query-localhost: no
  do-ip6: no
  local-zone: "test." nodefault
  local-zone: "88.192.in-addr.arpa." nodefault
  local-zone: "refused.test." refuse
  local-zone: "answered.test." static
  local-data: "answered.test. 60 IN MX 7 mx1.one.test."
remote-control:
  control-enable: no
${stub('one.test', ports.nsd)}${stub('two.test', ports.nsd)}${stub('1.88.192.in-addr.arpa', ports.nsd)}${stub('lame.test', ports.nobody)}`;
}

describe('real name servers', { skip, timeout: 60_000 }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'postroad-dns-'));
  const children: ChildProcess[] = [];
  let resolver: StubResolver;
  let direct: StubResolver;

  before(async () => {
    const ports = { own: await freePort(), nsd: await freePort(), nobody: await freePort() };
    for (const [file, text] of [
      ['one.zone', ONE],
      ['two.zone', TWO],
      ['reverse.zone', REVERSE],
      ['nsd.conf', nsdConfig(folder, ports.nsd)],
      ['unbound.conf', unboundConfig(folder, ports)],
    ] as const) {
      writeFileSync(join(folder, file), text);
    }
    children.push(await start('nsd', ['-d', '-c', join(folder, 'nsd.conf')], /nsd started/));
    children.push(await start('unbound', ['-d', '-c', join(folder, 'unbound.conf')], /start of service/));
    const over = (port: number): StubResolver =>
      new StubResolver({
        servers: () => [{ address: '127.0.0.1', port }],
        clock: systemClock,
        randomInt: systemRandomInt,
      });
    resolver = over(ports.own);
    direct = over(ports.nsd);
  });

  after(async () => {
    resolver?.close();
    direct?.close();
    for (const child of children) {
      child.kill();
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    }
    rmSync(folder, { recursive: true, force: true });
  });

  async function records(name: string, type: DnsType, asked: StubResolver = resolver): Promise<unknown> {
    const result = await asked.query(name, type);
    return result.kind === 'answer' ? result.records : result.kind;
  }

  test('every type is read', async () => {
    assert.deepEqual(await records('mx1.one.test', 'A'), ['192.88.1.1']);
    assert.deepEqual(await records('MX1.one.test.', 'AAAA'), ['2600::1']);
    const mx = (await records('one.test', 'MX')) as { preference: number; exchange: string }[];
    assert.deepEqual(
      mx.toSorted((a, b) => a.preference - b.preference),
      [
        { preference: 10, exchange: 'mx1.one.test' },
        { preference: 20, exchange: 'mx2.two.test' },
      ],
    );
    assert.deepEqual(await records('one.test', 'TXT'), ['v=spf1 mx -all']);
    assert.deepEqual(await records('one.test', 'NS'), ['ns.one.test']);
    assert.deepEqual(await records('1.1.88.192.in-addr.arpa', 'PTR'), ['mx1.one.test']);
    assert.deepEqual(await records('_imaps._tcp.one.test', 'SRV'), [
      { priority: 5, weight: 10, port: 993, target: 'mx1.one.test' },
    ]);
    assert.deepEqual(await records('_25._tcp.mx1.one.test', 'TLSA'), [
      { usage: 3, selector: 1, matchingType: 1, data: Uint8Array.from(Buffer.alloc(32, 0xab)) },
    ]);
    const soa = (await records('one.test', 'SOA')) as { serial: number; minimum: number }[];
    assert.deepEqual([soa[0]?.serial, soa[0]?.minimum], [1, 60]);
    assert.deepEqual(await records('any.wild.one.test', 'A'), ['192.88.1.9']);
    assert.deepEqual(await records('answered.test', 'MX'), [{ preference: 7, exchange: 'mx1.one.test' }]);
  });

  test('names that are not there, types that are not there, servers that do not answer', async () => {
    assert.equal(await records('no.one.test', 'A'), 'nxdomain');
    assert.equal(await records('mx1.one.test', 'TXT'), 'no-data');
    assert.equal(await records('wild.one.test', 'A'), 'no-data');
    assert.equal(await records('dangling.one.test', 'A'), 'nxdomain');
    assert.equal(await records('refused.test', 'A'), 'temporary');
    assert.equal(await records('host.lame.test', 'A'), 'temporary');
    assert.equal(await records('lame.one.test', 'A'), 'temporary');
    assert.equal(await records('loop1.one.test', 'A'), 'temporary');
  });

  test('answers too long for UDP come by TCP', async () => {
    for (const asked of [resolver, direct]) {
      const big = await records('big.one.test', 'A', asked);
      assert.equal(Array.isArray(big) && big.length, 300);
      const long = await records('long.one.test', 'TXT', asked);
      assert.equal(Array.isArray(long) && new Set(long).size, 40);
    }
  });

  test('RFC 1034 §3.6.2 CNAMEs across zones, from a resolver and from a server that knows its zones only', async () => {
    for (const asked of [resolver, direct]) {
      const result = await asked.query('www.one.test', 'A');
      assert.ok(result.kind === 'answer');
      assert.deepEqual([result.records, result.canonicalName], [['192.88.1.2'], 'mx2.two.test']);
    }
  });

  test('500 names at a time', async () => {
    const names = Array.from({ length: 500 }, (_, i) => `n${i}.wild.one.test`);
    const results = await Promise.all(names.map((name) => records(name, 'A')));
    assert.ok(results.every((result) => Array.isArray(result) && result[0] === '192.88.1.9'));
  });

  test('routes', async () => {
    const router = new Router({
      resolver,
      randomInt: systemRandomInt,
      port: 25,
      allowPrivateAddresses: false,
      isOwnHost: () => false,
      isOwnEndpoint: () => false,
      routes: [],
    });
    const found = async (domain: string): Promise<string> => {
      const route = await router.findRoute(domain);
      if (route.kind !== 'hosts') return `${route.kind} ${route.enhanced}`;
      return route.hosts.map(({ name, addresses }) => `${name}=${addresses.join(',')}`).join(' ');
    };
    assert.equal(await found('one.test'), 'mx1.one.test=2600::1,192.88.1.1 mx2.two.test=192.88.1.2');
    assert.equal(await found('two.test'), 'two.test=192.88.1.5');
    assert.equal(await found('upper.one.test'), 'mx1.one.test=2600::1,192.88.1.1');
    assert.equal(await found('aliased.one.test'), 'www.one.test=192.88.1.2');
    assert.equal(await found('nullmx.one.test'), 'failed 5.1.10');
    assert.equal(await found('no.one.test'), 'failed 5.1.2');
    assert.equal(await found('ns.one.test'), 'failed 5.4.4');
    assert.equal(await found('lame.test'), 'deferred 4.4.3');
  });
});
