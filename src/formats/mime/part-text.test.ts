import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { decodeText } from './charset.ts';
import { htmlText } from './html-text.ts';
import { PREVIEW_MAX_CHARACTERS } from './limits.ts';
import { parseMessage } from './parse-message.ts';
import { readTexts } from './part-text.ts';
import { previewText } from './preview.ts';

function message(...lines: string[]): Buffer {
  return Buffer.from(lines.join('\r\n'), 'latin1');
}

const CHARSETS: [string, string, string][] = [
  ['', 'caf\xe9', 'café'],
  ['us-ascii', 'caf\xc3\xa9', 'café'],
  ['UTF-8', '\xc3\xa9', 'é'],
  ['iso-8859-1', '\x80\xe9', '€é'],
  ['ISO8859-15', '\xa4', '€'],
  ['cp1251', '\xff', 'я'],
  ['"windows-1251"', '\xff', 'я'],
  ['koi8_r', '\xc1', 'а'],
  ['gb2312', '\xc4\xe3', '你'],
  ['iso-2022-jp', '\x1b$B$"\x1b(B', 'あ'],
  ['shift-jis', '\x82\xa0', 'あ'],
  ['utf-16le', 'a\0', 'a'],
];

for (const [charset, octets, text] of CHARSETS) {
  test(`RFC 2046 §4.1.2 charset ${charset}`, () => {
    assert.deepEqual(decodeText(Buffer.from(octets, 'latin1'), charset), { kind: 'text', text });
  });
}

test('RFC 2046 §4.1.2 a charset that nobody knows is named as such', () => {
  assert.deepEqual(decodeText(Buffer.from('ü'), 'klingon'), { kind: 'charset-unknown', text: 'ü' });
});

const HTML: [string, string][] = [
  ['<p>a</p><p>b</p>', 'a\nb'],
  ['a<b>b</b>c<br>d', 'abc\nd'],
  ['a \r\n b &amp; &uuml;&#252;&#xFC;&Uuml; &nope; &', 'a b & üüüÜ &nope; &'],
  ['<head><title>t</title><style>x{}</style></head><body>y</body>', 'y'],
  ['<script>if (a<b) {}</script>x<!-- <p>no</p> -->y', 'xy'],
  ['1 < 2 <3', '1 < 2 <3'],
  ['<!DOCTYPE html><a href="x">y</a', 'y'],
  ['a<style>never closed', 'a'],
  ['&#0;&#xd800;&#99999999;', '\ufffd\ufffd\ufffd'],
];

for (const [html, text] of HTML) test(`HTML ${JSON.stringify(html)}`, () => assert.equal(htmlText(html), text));

test('HTML of any kind takes time in proportion', () => {
  for (const unit of ['<', '<a', '<a "', '<!--', '<style>', '&', '&#', '<p>', ' \n', '<script></script>']) {
    htmlText(unit.repeat(100_000));
  }
});

test('RFC 9051 §6.4.4 the texts of a message: headers, texts, and of attachments their headers', () => {
  const parsed = parseMessage(
    message(
      'Subject: =?utf-8?q?=C3=BC?=',
      'Content-Type: multipart/mixed; boundary=b',
      '',
      '--b',
      'Content-Transfer-Encoding: quoted-printable',
      'Content-Type: text/plain; charset=iso-8859-1',
      '',
      'gr=FC=',
      '=DFe',
      '--b',
      'Content-Type: image/png;',
      ' name=x.png',
      '',
      'x',
      '--b',
      'Content-Type: message/rfc822',
      '',
      'Subject: in',
      'Content-Type: text/html',
      '',
      '<p>deep',
      '--b--',
    ),
  );
  const texts = Array.from(readTexts(parsed), ({ kind, text }) => [kind, text.trim()]);
  assert.deepEqual(texts[0], ['header', 'Subject: ü\r\nContent-Type: multipart/mixed; boundary=b']);
  assert.deepEqual(texts[2], ['body', 'grüße']);
  assert.deepEqual(texts[3], ['header', 'Content-Type: image/png; name=x.png']);
  assert.deepEqual(texts.at(-1), ['body', 'deep']);
  assert.equal(texts.length, 7);
});

test('texts are limited', () => {
  const parsed = parseMessage(message('A: b', '', 'x'.repeat(100)));
  assert.equal([...readTexts(parsed, 28)].map(({ text }) => text).join(''), `A: b\r\n\r\n${'x'.repeat(20)}`);
});

test('RFC 8970 §3 previews', () => {
  const preview = (...lines: string[]): string => previewText(parseMessage(message(...lines)));
  assert.equal(preview('', 'Hello', '> quoted', '', '  there'), 'Hello there');
  assert.equal(preview('', '> only quoted'), '> only quoted');
  assert.equal(preview('Subject: x'), '');
  assert.equal(preview('Content-Type: image/png', '', 'x'), '');
  assert.equal(preview('Content-Type: text/html', '', '<style>x</style><p>Hi', '<b>you</b>'), 'Hi you');
  const alternative = [
    'Content-Type: multipart/alternative; boundary=b',
    '',
    '--b',
    'Content-Type: text/html',
    '',
    '<p>h',
  ];
  assert.equal(preview(...alternative, '--b', '', 'plain', '--b--'), 'plain');
  assert.equal(preview(...alternative, '--b', 'Content-Disposition: attachment', '', 'file', '--b--'), 'h');
  assert.equal(preview('', 'x'.repeat(500)), 'x'.repeat(PREVIEW_MAX_CHARACTERS));
  const emoji = previewText(parseMessage(Buffer.from(`\r\n${'😀'.repeat(300)}`)));
  assert.equal(emoji, '😀'.repeat(PREVIEW_MAX_CHARACTERS));
});

test('texts and previews of anything', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.constantFrom('plain', 'html'), (text, subtype) => {
      const parsed = parseMessage(Buffer.from(`Content-Type: text/${subtype}\r\n\r\n${text}`));
      for (const found of readTexts(parsed)) assert.equal(typeof found.text, 'string');
      const preview = previewText(parsed);
      assert.ok(Array.from(preview).length <= PREVIEW_MAX_CHARACTERS && !/[\r\n\0]/.test(preview));
    }),
  );
});
