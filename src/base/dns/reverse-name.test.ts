import assert from 'node:assert/strict';
import { test } from 'node:test';
import { reverseName } from './reverse-name.ts';

test('RFC 1035 §3.5 and RFC 3596 §2.5 names of addresses', () => {
  assert.equal(reverseName('192.0.2.1'), '1.2.0.192.in-addr.arpa');
  assert.equal(reverseName('::ffff:192.0.2.1'), '1.2.0.192.in-addr.arpa');
  assert.equal(
    reverseName('4321:0:1:2:3:4:567:89ab'),
    'b.a.9.8.7.6.5.0.4.0.0.0.3.0.0.0.2.0.0.0.1.0.0.0.0.0.0.0.1.2.3.4.ip6.arpa',
  );
  assert.equal(reverseName('one.test'), null);
});
