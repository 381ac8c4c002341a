import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeEncodedWords } from '../header/encoded-word.ts';
import { getField, scanHeader } from '../header/scan.ts';
import { fits } from './reencode.ts';
import { downgrade } from './seven-bit-downgrade.ts';
import { readStructure, type MimePart } from './structure.ts';
import { decodeBody } from './transfer-encoding.ts';

function leaves(part: MimePart): MimePart[] {
  return part.kind === 'leaf' ? [part] : part.children.flatMap(leaves);
}

/** The decoded content of each leaf. */
function contents(message: Buffer): string[] {
  return leaves(readStructure(scanHeader(message)).root).map((leaf) => {
    const octets = decodeBody(message.subarray(leaf.bodyStart, leaf.end), leaf.encoding);
    return octets?.toString('latin1') ?? '?';
  });
}

function down(text: string | Buffer, transport: '7bit' | '8bit'): Buffer {
  const slices = downgrade(Buffer.from(text), transport);
  assert.ok(slices !== null);
  return Buffer.concat(slices);
}

const MIXED = [
  'MIME-Version: 1.0',
  'Content-Type: multipart/mixed; boundary=b',
  'Content-Transfer-Encoding: 8bit',
  '',
  'pr\u00e9ambule',
  '--b',
  'Content-Type: text/plain; charset=utf-8',
  'Content-Transfer-Encoding: 8bit',
  '',
  'gr\u00fc\u00dfe',
  '--b',
  'Content-Type: image/png; name="\u00fcber uns.png"',
  'Content-Transfer-Encoding: binary',
  '',
  '\u00ff\u00fe',
  '--b',
  'Content-Type: text/plain',
  '',
  'plain',
  '--b--',
  '',
].join('\r\n');

test('RFC 6152 §3 a message without 8-bit octets is not touched', () => {
  const message = Buffer.from('A: b\r\n\r\nplain\r\n');
  assert.deepEqual(downgrade(message, '7bit'), [message]);
  assert.equal(downgrade(message, '7bit')?.[0], message);
  assert.equal(downgrade(Buffer.from('A: b\r\n\r\nü\r\n'), '8bit')?.length, 1);
});

test('RFC 6152 §3 8-bit parts become quoted-printable or base64, the others stay', () => {
  const result = down(MIXED, '7bit');
  assert.ok(fits(result, '7bit'));
  assert.deepEqual(contents(result), contents(Buffer.from(MIXED)));
  const structure = readStructure(scanHeader(result));
  assert.equal(structure.root.encoding, '7bit');
  assert.deepEqual(
    structure.root.children.map((part) => part.encoding),
    ['quoted-printable', 'base64', '7bit'],
  );
  const header = scanHeader(result.subarray(structure.root.children[1]!.start, structure.root.children[1]!.bodyStart));
  assert.equal(decodeEncodedWords(getField(header, 'content-type')!), 'image/png; name="über uns.png"');
});

test('RFC 2045 §4 a message without MIME fields gets them', () => {
  const result = down('Subject: x\r\n\r\nü\r\n', '7bit').toString();
  assert.equal(
    result,
    'Subject: x\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=unknown-8bit\r\n' +
      'Content-Transfer-Encoding: quoted-printable\r\n\r\n=C3=BC\r\n',
  );
});

test('RFC 2047 §5 8-bit header fields become encoded words', () => {
  const result = down('Subject: h\u00e9 l\u00e0 you\r\nFrom: J\u00fc <a@b.test>\r\n\r\nx\r\n', '7bit');
  assert.ok(fits(result, '7bit'));
  const block = scanHeader(result);
  assert.equal(decodeEncodedWords(getField(block, 'subject')!), 'hé là you');
  assert.equal(decodeEncodedWords(getField(block, 'from')!), 'Jü <a@b.test>');
});

test('RFC 3030 §3 binary content becomes base64, bare CR and LF are never left', () => {
  const text = 'Content-Type: application/x\r\nContent-Transfer-Encoding: binary\r\n\r\na\nb\rc\0\r\nd';
  const result = down(text, '8bit');
  assert.ok(fits(result, '8bit'));
  assert.deepEqual(contents(result), ['a\nb\rc\0\r\nd']);
  const header = down('A: b\nContent-Type: text/plain\r\n\nx\ny', '8bit');
  assert.ok(fits(header, '8bit'));
  assert.deepEqual(contents(header), ['x\ny']);
});

test('RFC 5322 §2.2 NUL and bare CR in a header begin no line and continue none', () => {
  assert.equal(down('A: b\rBcc: c\r\n\0X: y\r\n\r\nd', '8bit').toString(), 'A: b?Bcc: c\r\n?X: y\r\n\r\nd');
  const between = 'Content-Type: multipart/mixed; boundary=a\r\n\r\nx\r--a\r\n--a\r\n\r\n1\r\n--a--\r\n';
  assert.deepEqual(contents(down(between, '8bit')), ['1']);
});

test('an encoding that nobody knows, or a structure beyond the limits, cannot be fitted', () => {
  assert.equal(downgrade(Buffer.from('Content-Transfer-Encoding: x-foo\r\n\r\nü'), '7bit'), null);
  const deep = `${'Content-Type: message/rfc822\r\n\r\n'.repeat(60)}ü`;
  assert.equal(downgrade(Buffer.from(deep), '7bit'), null);
  const boundary = 'Content-Type: multipart/mixed; boundary="ü"\r\n\r\n--ü\r\n\r\nx\r\n--ü--\r\n';
  assert.equal(downgrade(Buffer.from(boundary), '7bit'), null);
});
