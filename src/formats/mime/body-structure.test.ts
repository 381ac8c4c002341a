import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatBody, formatBodyStructure } from './body-structure.ts';
import { BODY_PARAMETERS_MAX, FIELD_VALUE_MAX_OCTETS } from './limits.ts';
import { parseMessage } from './parse-message.ts';

function structure(...lines: string[]): string {
  return formatBodyStructure(parseMessage(Buffer.from(lines.join('\r\n'), 'latin1')));
}

test('RFC 9051 §7.5.2 a text', () => {
  assert.equal(
    structure('Subject: x', '', 'a', 'b'),
    '("text" "plain" ("charset" "us-ascii") NIL NIL "7bit" 4 1 NIL NIL NIL NIL)',
  );
});

test('RFC 9051 §7.5.2 a multipart with everything in it', () => {
  const lines = [
    'Content-Type: multipart/mixed; boundary="b"',
    'Content-Language: en, de',
    '',
    '--b',
    'Content-Type: IMAGE/png; name="a b"',
    'Content-Transfer-Encoding: BASE64',
    'Content-ID: <x>',
    'Content-Description: a',
    ' b',
    'Content-MD5: Q2hlY2sgSW50ZWdyaXR5IQ==',
    'Content-Disposition: attachment; filename="c \\"d\\""; size=3',
    'Content-Location: http://one.test/',
    '',
    'aGk=',
    '--b',
    'Content-Type: message/rfc822',
    '',
    'Subject: in',
    '',
    'text',
    '--b--',
  ];
  const inner = '(NIL "in" NIL NIL NIL NIL NIL NIL NIL NIL)';
  const image = '"IMAGE" "png" ("name" "a b") "<x>" "a b" "BASE64" 4';
  const file = '("attachment" ("filename" "c \\"d\\"" "size" "3"))';
  const text = '"text" "plain" ("charset" "us-ascii") NIL NIL "7bit" 4 0';
  assert.equal(
    structure(...lines),
    `((${image} "Q2hlY2sgSW50ZWdyaXR5IQ==" ${file} NIL "http://one.test/")` +
      `("message" "rfc822" NIL NIL NIL "7bit" 19 ${inner} (${text} NIL NIL NIL NIL) 2 NIL NIL NIL NIL) ` +
      `"mixed" ("boundary" "b") NIL ("en" "de") NIL)`,
  );
  assert.equal(
    formatBody(parseMessage(Buffer.from(lines.join('\r\n')))),
    `((${image})("message" "rfc822" NIL NIL NIL "7bit" 19 ${inner} (${text}) 2) "mixed")`,
  );
});

const TYPES: [string, string, string][] = [
  ['RFC 2045 §5.2 no type at all', '', '"text" "plain" ("charset" "us-ascii")'],
  ['RFC 2045 §5.2 no type before the slash', '/x', '"text" "plain" ("charset" "us-ascii")'],
  ['RFC 2045 §5.1 comments', 'text (a) / html (b); (c) charset (d) = x', '"text" "html" ("charset" "x")'],
  ['a forgotten semicolon', 'text/plain\r\n charset=x', '"text" "plain" ("charset" "x")'],
  ['a value that is an encoded word', 'image/png; name==?utf-8?q?a?=', '"image" "png" ("name" "=?utf-8?q?a?=")'],
  ['RFC 5322 §2.2.3 a fold behind a backslash', 'image/png; a="b\\\r\n c"', '"image" "png" ("a" "b c")'],
  ['RFC 2231 §3 sections', 'image/png; a*1=y; a*0=x', '"image" "png" ("a" "xy")'],
  ['RFC 2231 §4.1 extended sections', "image/png; a*0*=u''x; a*1=%", `"image" "png" ("a*" "u''x%25")`],
  ['RFC 2231 §3 a section is missing', 'image/png; a*1=y', '"image" "png" ("a*1" "y")'],
  ['a multipart of no kind', 'multipart', '"application" "octet-stream" NIL'],
];

for (const [title, type, expected] of TYPES) {
  test(title, () => {
    const shown = structure(`Content-Type: ${type}`, '', '');
    assert.equal(shown.slice(1, shown.indexOf(' NIL NIL "7bit"')), expected);
  });
}

test('a multipart without parts has one empty text', () => {
  assert.match(
    structure('Content-Type: multipart/mixed', '', 'x'),
    /^\(\("text" "plain".*\) "mixed" NIL NIL NIL NIL\)$/u,
  );
});

test('parameters and the length of a field are limited', () => {
  const many = Array.from({ length: BODY_PARAMETERS_MAX + 5 }, (_, i) => `;p${i}=1`).join('');
  assert.ok(!structure(`Content-Type: image/png${many}`, '', '').includes(`"p${BODY_PARAMETERS_MAX}"`));
  const long = 'x'.repeat(FIELD_VALUE_MAX_OCTETS + 5);
  assert.ok(structure('MIME-Version: 1.0', `Content-ID: ${long}`, '', '').length < FIELD_VALUE_MAX_OCTETS + 200);
});
