import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isWhole, receivedLines, writeLetter } from './letter.ts';

const LETTER = writeLetter('token', Date.UTC(2026, 0, 2), Buffer.from('a picture'.repeat(100)));

test('the letter that arrives is compared with the one that was sent', () => {
  const text = LETTER.octets.toString();
  assert.equal(LETTER.messageId, '<token@one.test>');
  assert.ok(text.includes('\r\nMessage-ID: <token@one.test>\r\n'));
  assert.ok(text.split('\r\n').every((line) => line.length <= 78 && !line.includes('\n')));
  assert.ok(isWhole(Buffer.concat([Buffer.from('Received: a\r\n'), LETTER.octets]), LETTER));
  assert.ok(!isWhole(Buffer.from(text.replace('YSBwaWN0', 'YSBwaWN1')), LETTER));
  assert.ok(!isWhole(Buffer.from('Subject: no attachment\r\n\r\nx\r\n'), LETTER));
});

test('its Received lines are told in one line each', () => {
  const octets = Buffer.concat([Buffer.from('Received: by two;\r\n\tnow\r\nReceived: by one\r\n'), LETTER.octets]);
  assert.deepEqual(receivedLines(octets), ['by two; now', 'by one']);
});
