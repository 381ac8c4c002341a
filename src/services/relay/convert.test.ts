import assert from 'node:assert/strict';
import { test } from 'node:test';
import { convertMessage } from './convert.ts';

const need = { from: '8BITMIME', eightBitMime: false, smtputf8: false, bareLineEndings: false } as const;

test('RFC 6152 §3 8-bit text is re-encoded for a next hop without 8BITMIME', () => {
  const header =
    'Subject: x\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n';
  const converted = convertMessage(Buffer.from(`${header}\r\nGrüße\r\n`), need);
  assert.ok(converted.kind === 'converted');
  assert.match(converted.octets.toString(), /Content-Transfer-Encoding: quoted-printable\r\n/i);
  assert.match(converted.octets.toString(), /Gr=C3=BC=C3=9Fe/);
});

test('RFC 6531 §3.4 header fields in UTF-8 cannot be taken back', () => {
  const result = convertMessage(Buffer.from('Subject: Grüße\r\n\r\nx\r\n'), need);
  assert.ok(result.kind === 'impossible');
  assert.equal(result.enhanced, '5.6.7');
});

test('what cannot be re-encoded is refused with 5.6.3', () => {
  const header = 'MIME-Version: 1.0\r\nContent-Type: text/plain\r\nContent-Transfer-Encoding: x-own\r\n';
  const result = convertMessage(Buffer.from(`${header}\r\nGrüße\r\n`), need);
  assert.ok(result.kind === 'impossible');
  assert.equal(result.enhanced, '5.6.3');
});
