import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SyntaxFault } from '../../base/errors/syntax-fault.ts';
import { SMTP_EXTENSIONS } from './extensions.ts';
import { ENVID_MAX_CHARACTERS, ORCPT_MAX_CHARACTERS, SIZE_MAX } from './limits.ts';
import { parseBdatArgument, parseMailArgument, parseRcptArgument } from './parse.ts';

const NOW_MS = Date.UTC(2026, 0, 1);
const RULES = { extensions: new Set(SMTP_EXTENSIONS), nowMs: NOW_MS, futureReleaseMaxSeconds: 86_400 };
const mail = (parameters: string) => parseMailArgument(`<a@b.test> ${parameters}`, RULES).parameters;
const rcpt = (parameters: string) => parseRcptArgument(`<a@b.test> ${parameters}`, RULES, false).parameters;

test('RFC 4865 §3 HOLDFOR and HOLDUNTIL are a time on the clock', () => {
  assert.equal(mail('HOLDFOR=60').holdUntilMs, NOW_MS + 60_000);
  assert.equal(mail('HOLDUNTIL=2026-01-01T01:00:00+01:00').holdUntilMs, NOW_MS);
  assert.equal(mail('HOLDUNTIL=2026-01-01t12:00:00.5z').holdUntilMs, NOW_MS + 43_200_500);
  assert.equal(mail('HOLDFOR=86400').holdUntilMs, NOW_MS + 86_400_000);
  assert.throws(() => mail('HOLDFOR=86401'), SyntaxFault);
  assert.throws(() => mail('HOLDUNTIL=2026-13-01T00:00:00Z'), SyntaxFault);
});

test('RFC 2852 §4 BY', () => {
  assert.deepEqual(mail('BY=+120;rt').deliverBy, { seconds: 120, mode: 'R', trace: true });
  assert.deepEqual(mail('BY=-5;N').deliverBy, { seconds: -5, mode: 'N', trace: false });
  assert.throws(() => mail('BY=1234567890;N'), SyntaxFault);
});

test('RFC 1870 §4 a size beyond what numbers hold is the largest there is', () => {
  assert.equal(mail(`SIZE=${'9'.repeat(20)}`).size, SIZE_MAX);
  assert.throws(() => mail(`SIZE=${'9'.repeat(21)}`), SyntaxFault);
});

test('RFC 3461 §4.4 ENVID has a longest form', () => {
  assert.equal(mail(`ENVID=${'x'.repeat(ENVID_MAX_CHARACTERS)}`).envid?.length, ENVID_MAX_CHARACTERS);
  assert.throws(() => mail(`ENVID=${'x'.repeat(ENVID_MAX_CHARACTERS + 1)}`), SyntaxFault);
});

test('RFC 3461 §4.2 ORCPT has a longest form', () => {
  const longest = `ORCPT=rfc822;${'x'.repeat(ORCPT_MAX_CHARACTERS - 7)}`;
  assert.equal(rcpt(longest).orcpt?.type, 'rfc822');
  assert.throws(() => rcpt(`${longest}x`), SyntaxFault);
});

test('RFC 3461 §4.1 NOTIFY=NEVER is an empty list', () => {
  assert.deepEqual(rcpt('NOTIFY=never').notify, []);
});

test('RFC 3030 §2 BDAT', () => {
  assert.deepEqual(parseBdatArgument('0'), { octets: 0, last: false });
  assert.deepEqual(parseBdatArgument('12  last'), { octets: 12, last: true });
  for (const wrong of ['', 'x', '-1', '1 LASTLY', '1LAST', '9'.repeat(16)]) {
    assert.throws(() => parseBdatArgument(wrong), SyntaxFault);
  }
});
