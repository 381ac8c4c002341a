import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatEnvelope } from './envelope.ts';
import { ADDRESS_FIELDS_MAX, ENVELOPE_ADDRESSES_MAX } from './limits.ts';
import { parseMessage } from './parse-message.ts';

function envelope(...lines: string[]): string {
  return formatEnvelope(parseMessage(Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1')));
}

/** How ENVELOPE shows the value of To. */
function to(value: string): string {
  const shown = envelope(`To: ${value}`);
  return shown.slice('(NIL NIL NIL NIL NIL '.length, -' NIL NIL NIL NIL)'.length);
}

test('RFC 9051 §7.5.2 ENVELOPE', () => {
  assert.equal(
    envelope(
      'Date: Mon, 7 Feb 1994 21:52:25 -0800',
      'From: Fred Foobar <foobar@blurdybloop.example>',
      'Subject: afternoon meeting',
      'To: mooch@owatagu.siam.edu.example',
      'Message-Id: <B27397-0100000@blurdybloop.example>',
    ),
    '("Mon, 7 Feb 1994 21:52:25 -0800" "afternoon meeting" (("Fred Foobar" NIL "foobar" "blurdybloop.example")) ' +
      '(("Fred Foobar" NIL "foobar" "blurdybloop.example")) (("Fred Foobar" NIL "foobar" "blurdybloop.example")) ' +
      '((NIL NIL "mooch" "owatagu.siam.edu.example")) NIL NIL NIL "<B27397-0100000@blurdybloop.example>")',
  );
  assert.equal(envelope('X: y'), '(NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL)');
});

const ADDRESSES: [string, string][] = [
  ['a@b', '((NIL NIL "a" "b"))'],
  ['a@b, "c d" <e@f>', '((NIL NIL "a" "b")("c d" NIL "e" "f"))'],
  ['a@b (c \\) d)', '(("c ) d" NIL "a" "b"))'],
  ['g: a@b, c@d;, e@f', '((NIL NIL "g" NIL)(NIL NIL "a" "b")(NIL NIL "c" "d")(NIL NIL NIL NIL)(NIL NIL "e" "f"))'],
  ['undisclosed-recipients:;', '((NIL NIL "undisclosed-recipients" NIL)(NIL NIL NIL NIL))'],
  ['<@r,@s:a@b>', '((NIL "@r,@s" "a" "b"))'],
  ['"a\\"b" <c@d>', '(("a\\"b" NIL "c" "d"))'],
  ['caf\xe9 <a@b>', '(({4}\r\ncaf\xe9 NIL "a" "b"))'],
  ['=?utf-8?q?x=2C?= <a@b>', '(("=?utf-8?q?x=2C?=" NIL "a" "b"))'],
  ['a . b @ c . d', '((NIL NIL "a.b" "c.d"))'],
  ['.a..b.@c', '((NIL NIL ".a..b." "c"))'],
  ['a@[1.2.3.4]', '((NIL NIL "a" "[1.2.3.4]"))'],
  ['a', '((NIL NIL "a" "MISSING_DOMAIN"))'],
  ['Mr. X', '(("Mr. X" NIL "MISSING_MAILBOX" "MISSING_DOMAIN"))'],
  ['x <a@b', '(("x" NIL "a" "SYNTAX_ERROR"))'],
  ['<>', '((NIL NIL "MISSING_MAILBOX" "MISSING_DOMAIN"))'],
  ['(nobody)', 'NIL'],
  ['', 'NIL'],
];

for (const [value, shown] of ADDRESSES) {
  test(`RFC 9051 §7.5.2 the address ${JSON.stringify(value)}`, () => assert.equal(to(value), shown));
}

test('RFC 9051 §7.5.2 an empty Sender says what From says', () => {
  assert.equal(
    envelope('From: a@b', 'Sender:', 'Reply-To: c@d'),
    '(NIL NIL ((NIL NIL "a" "b")) ((NIL NIL "a" "b")) ((NIL NIL "c" "d")) NIL NIL NIL NIL NIL)',
  );
});

test('addresses of several fields of one name come together, up to a limit', () => {
  assert.equal(to('a@b\r\nTo: c@d'), '((NIL NIL "a" "b")(NIL NIL "c" "d"))');
  const fields = Array.from({ length: ADDRESS_FIELDS_MAX + 5 }, () => 'To: a@b');
  assert.equal(envelope(...fields).split('"a"').length - 1, ADDRESS_FIELDS_MAX);
  assert.equal(to('a@b,'.repeat(ENVELOPE_ADDRESSES_MAX + 5)).split('"a"').length - 1, ENVELOPE_ADDRESSES_MAX);
});

test('RFC 9051 §4.3 texts: folds and runs of white space go, what cannot be quoted is a literal', () => {
  const subject = (value: string): string =>
    envelope(`Subject: ${value}`).slice('(NIL '.length, -' NIL'.length * 8 - 1);
  assert.equal(subject(' a\r\n\t b  c '), '"a b c"');
  assert.equal(subject('"q" \\'), '"\\"q\\" \\\\"');
  assert.equal(subject('\xfc\0'), '{4}\r\n\xfc\xef\xbf\xbd');
  assert.equal(subject(' '), '""');
});
