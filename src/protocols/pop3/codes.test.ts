import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MailError } from '../../base/errors/mail-error.ts';
import { formatError, formatRefusal } from './codes.ts';
import { REPLY_LINE_MAX_OCTETS } from './limits.ts';

test('RFC 3206 §4 refusals carry their response code', () => {
  const inUse = new MailError('mailbox-in-use', 'Busy', { temporary: true });
  assert.equal(formatRefusal(inUse), '-ERR [IN-USE] Busy');
  assert.equal(formatRefusal(new MailError('syntax', 'What?', { temporary: false })), '-ERR What?');
});

test('RFC 2449 §4 an error is one short line of ASCII, whatever its text was', () => {
  const line = formatError('SYS/TEMP', `a\r\n+OK b\u00e9${'x'.repeat(2_000)}`);
  assert.match(line, /^-ERR \[SYS\/TEMP\] a \+OK b x+$/u);
  assert.ok(line.length + 2 <= REPLY_LINE_MAX_OCTETS);
});
