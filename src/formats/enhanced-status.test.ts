import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { enhancedStatusText, findEnhancedStatus, parseEnhancedStatus, statusOfReply } from './enhanced-status.ts';

test('RFC 3463 §2 parseEnhancedStatus', () => {
  assert.deepEqual(parseEnhancedStatus('5.1.1'), { class: 5, subject: 1, detail: 1 });
  assert.deepEqual(parseEnhancedStatus('4.7.999'), { class: 4, subject: 7, detail: 999 });
  for (const bad of ['', '5', '5.1', '3.1.1', '5.01.1', '5.1.1000', '5.1.1 ', '5.1.1.1']) {
    assert.equal(parseEnhancedStatus(bad), null, bad);
  }
});

test('RFC 2034 §4 findEnhancedStatus in a reply line', () => {
  const cases: [string, string | null][] = [
    ['550 5.1.1 No such user', '5.1.1'],
    ['550-5.7.26 Unauthenticated', '5.7.26'],
    ['5.1.1 No', '5.1.1'],
    ['452 4.2.2', '4.2.2'],
    ['550 No such user', null],
    ['550 5.1.1x', null],
    ['550 192.0.2.1 is listed', null],
    ['550 5.1.1.2 x', null],
    ['', null],
  ];
  for (const [line, expected] of cases) assert.equal(findEnhancedStatus(line), expected, line);
});

test('RFC 3463 §3 every reply code and status has a text', () => {
  assert.equal(enhancedStatusText('5.1.1'), 'no such mailbox');
  assert.equal(enhancedStatusText('4.7.99'), 'security problem');
  assert.equal(enhancedStatusText('5.9.9'), 'other status');
  assert.equal(enhancedStatusText('2.0.0'), 'done');
  assert.equal(enhancedStatusText('x'), 'other status');
  fc.assert(
    fc.property(fc.integer({ min: 200, max: 599 }), (code) => parseEnhancedStatus(statusOfReply(code)) !== null),
  );
  assert.equal(statusOfReply(450), '4.2.0');
  assert.equal(statusOfReply(599), '5.0.0');
  assert.equal(statusOfReply(499), '4.0.0');
});
