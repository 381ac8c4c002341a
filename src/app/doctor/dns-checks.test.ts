import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MemoryResolver } from '../../../test/support/memory-resolver.ts';
import type { ZoneRecord } from '../../base/dns/zone.ts';
import { checkDomainDns, checkHostDns } from './dns-checks.ts';
import type { Finding } from './finding.ts';

const brief = (findings: readonly Finding[]): string[] => findings.map(({ state, text }) => `${state}: ${text}`);
const a = (data: string): ZoneRecord => ({ type: 'A', data });
const aaaa = (data: string): ZoneRecord => ({ type: 'AAAA', data });
const ptr = (data: string): ZoneRecord => ({ type: 'PTR', data });
const mx = (exchange: string, preference = 10): ZoneRecord => ({ type: 'MX', data: { preference, exchange } });

test('the host has addresses that have its name', async () => {
  const resolver = new MemoryResolver({
    'mx.one.test': [a('8.8.4.1'), aaaa('2a00:0:0:0:0:0:0:1')],
    '1.4.8.8.in-addr.arpa': [ptr('MX.one.test')],
    '1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.a.2.ip6.arpa': [ptr('other.test')],
    'bare.test': [a('8.8.4.2')],
    'home.test': [a('192.168.1.1')],
  });
  assert.deepEqual(brief(await checkHostDns('mx.one.test', resolver)), [
    'good: mx.one.test is 8.8.4.1, 2a00::1',
    'good: 8.8.4.1 has the name mx.one.test',
    'broken: 2a00::1 has the name other.test: many servers refuse its mail',
  ]);
  assert.equal(
    brief(await checkHostDns('bare.test', resolver))[1],
    'broken: 8.8.4.2 has no name: many servers refuse its mail',
  );
  assert.match(
    brief(await checkHostDns('home.test', resolver))[1] ?? '',
    /^note: 192\.168\.1\.1 is private address space/u,
  );
  assert.deepEqual(brief(await checkHostDns('none.test', resolver)), ['broken: none.test has no address']);
  resolver.fail('none.test', 'AAAA');
  assert.deepEqual(brief(await checkHostDns('none.test', resolver)), [
    'unknown: DNS does not answer for none.test now',
  ]);
  resolver.fail('2.4.8.8.in-addr.arpa', 'PTR');
  assert.match(brief(await checkHostDns('bare.test', resolver))[1] ?? '', /^unknown: /u);
});

test('RFC 5321 §5.1, RFC 2181 §10.3, RFC 7505: the MX of a domain leads here', async () => {
  const resolver = new MemoryResolver({
    'mx.one.test': [a('8.8.4.1')],
    'www.one.test': [{ type: 'CNAME', data: 'mx.one.test' }],
    'good.test': [mx('back.test', 20), mx('mx.one.test')],
    'back.test': [a('8.8.4.9')],
    'bare.test': [a('8.8.4.1')],
    'null.test': [mx('.', 0)],
    'else.test': [mx('mx.else.test')],
    'alias.test': [mx('mx.one.test'), mx('www.one.test')],
    'dead.test': [mx('mx.one.test'), mx('gone.one.test')],
  });
  const cases: [string, string[]][] = [
    ['good.test', ['good: mail for good.test comes to mx.one.test, back.test']],
    ['bare.test', ['broken: bare.test has no MX']],
    ['none.test', ['broken: none.test is not in DNS']],
    ['null.test', ['broken: null.test says that it takes no mail (null MX)']],
    ['else.test', ['broken: mail for else.test goes to mx.else.test, not to mx.one.test']],
    [
      'alias.test',
      [
        'good: mail for alias.test comes to mx.one.test, www.one.test',
        'broken: the MX www.one.test of alias.test is an alias (CNAME)',
      ],
    ],
    [
      'dead.test',
      [
        'good: mail for dead.test comes to mx.one.test, gone.one.test',
        'broken: the MX gone.one.test of dead.test has no address',
      ],
    ],
  ];
  for (const [domain, expected] of cases) {
    assert.deepEqual(brief(await checkDomainDns(domain, 'mx.one.test', resolver)), expected);
  }
  resolver.fail('gone.one.test', 'A').fail('good.test', 'MX');
  assert.match(brief(await checkDomainDns('dead.test', 'mx.one.test', resolver))[1] ?? '', /^unknown: /u);
  assert.match(brief(await checkDomainDns('good.test', 'mx.one.test', resolver))[0] ?? '', /^unknown: /u);
});
