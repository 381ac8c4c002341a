import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatMailbox } from '../address/format-mailbox.ts';
import { decodeCharset, decodeEncodedWords, encodePhrase, encodeUnstructured } from './encoded-word.ts';

test('RFC 2047 §8 decodeEncodedWords', () => {
  const cases: [string, string][] = [
    ['plain', 'plain'],
    ['=?ISO-8859-1?Q?a?=', 'a'],
    ['=?ISO-8859-1?Q?a?= b', 'a b'],
    ['=?ISO-8859-1?Q?a?= =?ISO-8859-1?Q?b?=', 'ab'],
    ['=?ISO-8859-1?Q?a?=  \r\n  =?ISO-8859-1?Q?b?=', 'ab'],
    ['=?ISO-8859-1?Q?a_b?=', 'a b'],
    ['=?ISO-8859-1?Q?a?= =?ISO-8859-2?Q?_b?=', 'a b'],
    ['x =?utf-8?b?w7w=?= y', 'x ü y'],
    ['=?utf-8?q?=C3?= =?UTF-8?q?=BC?=', 'ü'],
    ['=?utf-8*de?q?=C3=BC?=', 'ü'],
    ['=?iso-2022-jp?B?GyRCJCIbKEI=?=', 'あ'],
    ['=?no-such?q?=C3=BC?=', '=?no-such?q?=C3=BC?='],
    ['=?utf-8?x?abc?=', '=?utf-8?x?abc?='],
    ['=?utf-8?q?a b?=', '=?utf-8?q?a b?='],
    ['=?utf-8?q?unclosed', '=?utf-8?q?unclosed'],
    ['=?utf-8?q??=', ''],
    ['=?utf-8?q?=zz=4?=', '=zz=4'],
  ];
  for (const [text, expected] of cases) assert.equal(decodeEncodedWords(text), expected, text);
  assert.equal(decodeCharset(Buffer.from([0xfc]), 'windows-1252'), 'ü');
  assert.equal(decodeCharset(Buffer.from('x'), 'klingon'), null);
});

test('RFC 2047 §2 encoded words keep to 75 octets and never split a character', () => {
  for (const text of ['Grüße aus Köln '.repeat(20), '日本語テキスト'.repeat(30), '😀'.repeat(50), 'ä', '=?x', 'a\nb']) {
    const encoded = encodeUnstructured(text);
    for (const word of encoded.split(' ')) {
      assert.ok(word.length <= 75, word);
      assert.ok(!decodeEncodedWords(word).includes('\ufffd'));
    }
    assert.equal(decodeEncodedWords(encoded), text);
  }
  assert.equal(encodeUnstructured('plain text'), 'plain text');
});

test('RFC 5322 §3.2.5 phrases', () => {
  assert.equal(encodePhrase('Ann Lee'), 'Ann Lee');
  assert.equal(encodePhrase('Lee, Ann'), '"Lee, Ann"');
  assert.equal(encodePhrase('a"b\\'), String.raw`"a\"b\\"`);
  assert.equal(encodePhrase('Jürgen'), '=?UTF-8?Q?J=C3=BCrgen?=');
  assert.equal(formatMailbox('Ann Lee', { localPart: 'ann', domain: 'one.test' }), 'Ann Lee <ann@one.test>');
  assert.equal(formatMailbox('', { localPart: 'ann', domain: 'one.test' }), 'ann@one.test');
});
