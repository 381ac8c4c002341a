import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describeOwnHost } from './own-host.ts';

const HOST = describeOwnHost({
  names: ['MX.One.test', 'büro.one.test'],
  listeners: [
    { address: '*', port: 25 },
    { address: '127.0.0.1', port: 2525 },
  ],
  interfaceAddresses: ['127.0.0.1', '::1', '192.0.2.1', '2001:DB8::0:1'],
});

test('our names and literals are ours', () => {
  for (const key of ['mx.one.test', 'xn--bro-hoa.one.test', '[192.0.2.1]', '[ipv6:2001:db8::1]']) {
    assert.equal(HOST.isOwnHost(key), true, key);
  }
  for (const key of ['one.test', 'mx2.one.test', '[192.0.2.2]']) assert.equal(HOST.isOwnHost(key), false, key);
});

test('an address is ours where we listen, not at other ports', () => {
  const ours = [
    '192.0.2.1 25',
    '2001:db8::1 25',
    '127.9.9.9 25',
    '0.0.0.0 25',
    '127.0.0.1 2525',
    '::ffff:127.0.0.1 2525',
  ];
  const others = ['192.0.2.1 2525', '192.0.2.2 25', '127.0.0.2 2525', '127.0.0.1 2526'];
  const ask = (text: string): boolean => HOST.isOwnEndpoint(text.split(' ')[0]!, Number(text.split(' ')[1]));
  for (const text of ours) assert.equal(ask(text), true, text);
  for (const text of others) assert.equal(ask(text), false, text);
});
