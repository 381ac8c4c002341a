import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatDeliveryPrefix } from './delivery-prefix.ts';
import { wasDeliveredTo } from './loops.ts';
import { getField, scanHeader } from './scan.ts';

test('RFC 5321 §4.4 and RFC 9228 §3 the prefix of a mailbox copy', () => {
  const ann = { localPart: 'ann', domain: 'one.test' };
  const bob = { localPart: 'bob b', domain: 'two.test' };
  assert.equal(
    formatDeliveryPrefix(bob, ann).toString(),
    'Return-Path: <"bob b"@two.test>\r\nDelivered-To: ann@one.test\r\n',
  );
  const block = scanHeader(Buffer.concat([formatDeliveryPrefix(null, bob), Buffer.from('\r\n')]));
  assert.equal(getField(block, 'return-path'), '<>');
  assert.equal(wasDeliveredTo(block, bob), true);
  assert.equal(wasDeliveredTo(block, ann), false);
});
