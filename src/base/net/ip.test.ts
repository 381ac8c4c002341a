import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatCidr, formatIp, inCidr, ipNetworkKey, ipScope, normalizeIp, parseCidr, parseIp } from './ip.ts';

test('RFC 5952 §4 normalizeIp gives one text for one address', () => {
  const cases: [string, string | null][] = [
    ['192.0.2.1', '192.0.2.1'],
    ['2001:DB8:0:0:0:0:0:1', '2001:db8::1'],
    ['2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['2001:db8::1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
    ['::', '::'],
    ['::1', '::1'],
    ['1::', '1::'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['::FFFF:c000:201', '192.0.2.1'],
    ['64:ff9b::192.0.2.33', '64:ff9b::c000:221'],
    ['fe80::1%eth0', 'fe80::1'],
    ['', null],
    ['1.2.3', null],
    ['1.2.3.256', null],
    ['01.2.3.4', null],
    ['1.2.3.4.5', null],
    [':', null],
    [':::', null],
    ['1::2::3', null],
    ['1:2:3:4:5:6:7', null],
    ['1:2:3:4:5:6:7:8:9', null],
    ['1:2:3:4:5:6:7::8', null],
    ['::12345', null],
    ['1.2.3.4::', null],
    ['::1.2.3.4:5', null],
    ['g::', null],
    [' ::1', null],
  ];
  for (const [text, expected] of cases) assert.equal(normalizeIp(text), expected, text);
});

test('a /64 of IPv6 counts as one address, IPv4-mapped as IPv4', () => {
  assert.equal(ipNetworkKey('2001:db8:1:2:3:4:5:6'), '2001:db8:1:2::/64');
  assert.equal(ipNetworkKey('2001:db8:1:2::9'), '2001:db8:1:2::/64');
  assert.equal(ipNetworkKey('::ffff:192.0.2.1'), '192.0.2.1');
  assert.equal(ipNetworkKey('nonsense'), 'nonsense');
});

test('parseCidr and inCidr', () => {
  const inside: [string, string, boolean][] = [
    ['10.0.0.0/8', '10.255.0.1', true],
    ['10.0.0.0/8', '11.0.0.0', false],
    ['10.0.0.0/8', '::ffff:10.1.1.1', true],
    ['192.0.2.128/25', '192.0.2.127', false],
    ['192.0.2.128/25', '192.0.2.129', true],
    ['192.0.2.7', '192.0.2.7', true],
    ['0.0.0.0/0', '203.0.113.9', true],
    ['0.0.0.0/0', '::1', false],
    ['2001:db8::/33', '2001:db8:7fff::', true],
    ['2001:db8::/33', '2001:db8:8000::', false],
    ['::ffff:192.0.2.0/120', '192.0.2.200', true],
    ['10.0.0.0/8', 'x', false],
  ];
  for (const [network, address, expected] of inside) {
    const cidr = parseCidr(network);
    assert.ok(cidr !== null, network);
    assert.equal(inCidr(cidr, address), expected, `${address} in ${network}`);
  }
  for (const bad of ['10.0.0.0/33', '10.0.0.0/', '/8', '::/129', '10.0.0.0/08', 'x/8', '::ffff:1.2.3.4/95']) {
    assert.equal(parseCidr(bad), null, bad);
  }
  assert.equal(formatCidr(parseCidr('10.1.2.3/8')!), '10.0.0.0/8');
});

test('ipScope names what may not be an MX on the open internet', () => {
  const cases: [string, string | null][] = [
    ['8.8.8.8', 'global'],
    ['127.0.0.1', 'loopback'],
    ['::1', 'loopback'],
    ['0.0.0.0', 'unspecified'],
    ['10.1.1.1', 'private'],
    ['172.31.0.1', 'private'],
    ['172.32.0.1', 'global'],
    ['169.254.1.1', 'link-local'],
    ['224.0.0.1', 'multicast'],
    ['fd00::1', 'private'],
    ['fe80::1', 'link-local'],
    ['::ffff:127.0.0.1', 'loopback'],
    ['64:ff9b::7f00:1', 'loopback'],
    ['2002:7f00:1::', 'loopback'],
    ['2a00:1450::1', 'global'],
    ['x', null],
  ];
  for (const [text, scope] of cases) assert.equal(ipScope(text), scope, text);
});

test('formatIp is what parseIp reads', () => {
  for (const text of ['::2:0:0:0', '1:0:0:2::', '0:1::', '255.255.255.255']) {
    assert.deepEqual(parseIp(formatIp(parseIp(text)!)), parseIp(text));
  }
});
