import assert from 'node:assert/strict';
import { test } from 'node:test';
import { domainKey, domainToAscii, domainToUnicode, formatLiteral, literalIp } from './domain.ts';
import { localKey, splitSubaddress } from './local-part.ts';

test('RFC 5890 §2.3.2.1 A-labels and U-labels', () => {
  assert.equal(domainToAscii('Bücher.Example'), 'xn--bcher-kva.example');
  assert.equal(domainToAscii('ONE.test'), 'one.test');
  assert.equal(domainToUnicode('XN--BCHER-KVA.example'), 'bücher.example');
  assert.equal(domainToUnicode('one.test'), 'one.test');
  for (const bad of [
    '',
    '.',
    'a..b',
    '-a.b',
    'ü/x',
    'ü%41.test',
    'ü:25',
    'ü@x',
    '１.２.３.４',
    'ü..test',
    'a b',
    '\ud800.x',
  ]) {
    assert.equal(domainToAscii(bad), null, bad);
    assert.equal(domainToUnicode(bad), null, bad);
  }
});

test('domainKey makes equal domains equal', () => {
  const groups = [
    ['bücher.test', 'BÜCHER.test', 'xn--bcher-kva.test', 'XN--bcher-KVA.TEST', 'bu\u0308cher.test'],
    ['[IPv6:2001:DB8::1]', '[ipv6:2001:db8:0:0:0:0:0:1]'],
    ['[192.0.2.1]', '[IPv6:::ffff:192.0.2.1]'],
  ];
  for (const [first, ...others] of groups) {
    for (const other of others) assert.equal(domainKey(other), domainKey(first!), other);
  }
  assert.equal(domainKey('not a domain'), 'not a domain');
});

test('RFC 5321 §4.1.3 address literals', () => {
  assert.equal(literalIp('[192.0.2.1]'), '192.0.2.1');
  assert.equal(literalIp('[IPv6:2001:DB8::1]'), '2001:db8::1');
  for (const bad of ['192.0.2.1', '[192.0.2]', '[]', '[IPv6:]', '[2001:db8::1]', '[one.test]', '[', '']) {
    assert.equal(literalIp(bad), null, bad);
  }
  assert.equal(formatLiteral('2001:db8::1'), '[IPv6:2001:db8::1]');
  assert.equal(formatLiteral('192.0.2.1'), '[192.0.2.1]');
});

test('localKey compares without case and in NFC, and does not merge other letters', () => {
  assert.equal(localKey('Ann.LEE'), 'ann.lee');
  assert.equal(localKey('JU\u0308RGEN'), localKey('jürgen'));
  assert.equal(localKey('ΣΊΣΥΦΟΣ'), localKey('σίσυφος'));
  assert.notEqual(localKey('adm\u0131n'), localKey('admin'));
});

test('RFC 5233 §1 splitSubaddress', () => {
  assert.deepEqual(splitSubaddress('ann+lists+x', '+'), { user: 'ann', detail: 'lists+x' });
  assert.deepEqual(splitSubaddress('ann-x+y', '+-'), { user: 'ann', detail: 'x+y' });
  assert.deepEqual(splitSubaddress('ann+', '+'), { user: 'ann', detail: '' });
  assert.deepEqual(splitSubaddress('+ann', '+'), { user: '+ann', detail: null });
  assert.deepEqual(splitSubaddress('ann+x', ''), { user: 'ann+x', detail: null });
});
