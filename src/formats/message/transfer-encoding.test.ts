import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeBody, decodeQuotedPrintable, encodeBase64, encodeQuotedPrintable } from './transfer-encoding.ts';

test('RFC 2045 §6.7 quoted-printable', () => {
  const cases: [string, string][] = [
    ['plain\r\n', 'plain\r\n'],
    ['a=b', 'a=3Db'],
    ['ü', '=C3=BC'],
    ['a \r\nb\t\r\n', 'a=20\r\nb=09\r\n'],
    ['a ', 'a=20'],
    ['a\nb\rc', 'a=0Ab=0Dc'],
    ['.\r\n.x', '=2E\r\n=2Ex'],
    ['From ann\r\nFromage', '=46rom ann\r\nFromage'],
  ];
  for (const [plain, encoded] of cases)
    assert.equal(encodeQuotedPrintable(Buffer.from(plain)).toString(), encoded, plain);
  const decode: [string, string][] = [
    ['a=\r\nb', 'ab'],
    ['a= \t\r\nb', 'ab'],
    ['a  \r\nb', 'a\r\nb'],
    ['a=20 \r\nb', 'a \r\nb'],
    ['=c3=bC', 'ü'],
    ['a=zzb=4', 'a=zzb=4'],
    ['a=', 'a'],
    ['a \t', 'a'],
    ['a=\nb \n', 'ab\n'],
  ];
  for (const [encoded, plain] of decode)
    assert.equal(decodeQuotedPrintable(Buffer.from(encoded)).toString(), plain, encoded);
});

test('encodeBase64 is right over many chunks', () => {
  const octets = Buffer.alloc(1_500_001, 'postroad');
  const encoded = encodeBase64(octets);
  assert.equal(encoded.toString('latin1').replaceAll('\r\n', ''), octets.toString('base64'));
});

test('decodeBody knows five encodings', () => {
  const octets = Buffer.from('x');
  for (const encoding of ['7bit', '8bit', 'binary']) assert.equal(decodeBody(octets, encoding), octets);
  assert.equal(decodeBody(octets, 'x-uuencode'), null);
});
