import assert from 'node:assert/strict';
import { test } from 'node:test';
import { countReceived, findDeliveredTo, wasDeliveredTo } from './loops.ts';
import { scanHeader } from './scan.ts';

test('RFC 5321 §6.3 countReceived counts fields of the header section only', () => {
  const block = scanHeader(
    Buffer.from(
      'Received: a\r\nreceived: b\r\n c\r\nX-Received: x\r\nSubject: y\r\n Received: z\r\n\r\nReceived: no\r\n',
    ),
  );
  assert.equal(countReceived(block), 2);
});

test('RFC 9228 §3 a mailbox that is named in Delivered-To was passed already', () => {
  const block = scanHeader(
    Buffer.from(
      'Delivered-To: Ann@ONE.test\r\nDelivered-To: <b@xn--bcher-kva.test>\r\nDelivered-To: mailing list x\r\n\r\n',
    ),
  );
  assert.deepEqual(findDeliveredTo(block), [
    { localPart: 'Ann', domain: 'ONE.test' },
    { localPart: 'b', domain: 'xn--bcher-kva.test' },
  ]);
  assert.equal(wasDeliveredTo(block, { localPart: 'ann', domain: 'one.TEST' }), true);
  assert.equal(wasDeliveredTo(block, { localPart: 'B', domain: 'bücher.test' }), true);
  assert.equal(wasDeliveredTo(block, { localPart: 'c', domain: 'one.test' }), false);
});
