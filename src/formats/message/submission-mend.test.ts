import assert from 'node:assert/strict';
import { test } from 'node:test';
import { getField, scanHeader } from '../header/scan.ts';
import { hasLongLine } from './octets.ts';
import { readStructure } from './structure.ts';
import { mendSubmission, type SubmissionStamp } from './submission-mend.ts';
import { decodeBody } from './transfer-encoding.ts';

const STAMP: SubmissionStamp = {
  atMs: Date.UTC(2026, 9, 7, 7, 5, 3),
  zoneMinutes: 0,
  idText: 'k3x9',
  defaultDomain: 'mx.one.test',
  isBinary: false,
};

function mend(text: string, stamp = STAMP): string {
  return Buffer.concat(mendSubmission(Buffer.from(text), stamp).slices).toString();
}

test('RFC 6409 §8 a message with nothing wrong is the same memory', () => {
  const message = Buffer.from(
    `Date: x\r\nMessage-ID: <1@a.test>\r\nFrom: a@a.test\r\n\r\n${'body ü\r\n'.repeat(100_000)}`,
  );
  const { slices, messageId } = mendSubmission(message, STAMP);
  assert.equal(slices.length, 1);
  assert.equal(slices[0], message);
  assert.equal(messageId, '<1@a.test>');
});

test('RFC 6409 §8.2 and §8.3 Date and Message-ID under the domain of From', () => {
  assert.equal(
    mend('From: Ann <ann@B\u00fccher.test>\r\n\r\nx\r\n'),
    'Date: Wed, 07 Oct 2026 07:05:03 +0000\r\nMessage-ID: <k3x9@xn--bcher-kva.test>\r\n' +
      'From: Ann <ann@Bücher.test>\r\n\r\nx\r\n',
  );
  for (const from of ['', 'From: root\r\n', 'From: a@[192.0.2.1]\r\n', 'From: a@b c\r\n']) {
    const result = mendSubmission(Buffer.from(`Date: x\r\n${from}\r\nx\r\n`), STAMP);
    assert.equal(result.messageId, '<k3x9@mx.one.test>', from);
  }
});

test('RFC 5322 §3.6.3 Bcc, Resent-Bcc and Return-Path do not travel', () => {
  const text =
    'Return-Path: <x@y.test>\r\nDate: x\r\nbcc: eve@one.test,\r\n mallory@one.test\r\nMessage-ID: <1@a>\r\nResent-Bcc: z\r\n\r\nBcc: stays\r\n';
  assert.equal(mend(text), 'Date: x\r\nMessage-ID: <1@a>\r\n\r\nBcc: stays\r\n');
  const message = Buffer.from(text);
  for (const slice of mendSubmission(message, STAMP).slices) assert.equal(slice.buffer, message.buffer);
});

test('RFC 5322 §2.1.1 long body lines are encoded, long header lines folded', () => {
  const line = '\u00fc'.repeat(700);
  const text = `Date: x\r\nMessage-ID: <1@a>\r\nBcc: ${'e@one.test, '.repeat(200)}x@one.test\r\nTo: ${'ann@one.test, '.repeat(200)}b@one.test\r\n\r\n${line}\r\n`;
  const result = Buffer.from(mend(text));
  assert.equal(hasLongLine(result), false);
  const block = scanHeader(result);
  assert.equal(getField(block, 'bcc'), null);
  assert.equal(getField(block, 'to')?.replaceAll(/\s/g, ''), `${'ann@one.test,'.repeat(200)}b@one.test`);
  assert.equal(getField(block, 'mime-version'), '1.0');
  const { root } = readStructure(block);
  assert.equal(root.encoding, 'quoted-printable');
  assert.equal(decodeBody(result.subarray(root.bodyStart), 'quoted-printable')?.toString(), `${line}\r\n`);
});

test('RFC 3030 §3 a binary body stays, its header is folded', () => {
  const text = `Date: x\r\nMessage-ID: <1@a>\r\nTo: ${'ann@one.test, '.repeat(200)}b@one.test\r\n\r\n${'x'.repeat(2000)}\n\0`;
  const result = Buffer.from(mend(text, { ...STAMP, isBinary: true }));
  const block = scanHeader(result);
  assert.equal(hasLongLine(result.subarray(0, block.bodyStart)), false);
  assert.equal(result.subarray(block.bodyStart).toString(), `${'x'.repeat(2000)}\n\0`);
});

test('a part in an encoding that nobody knows keeps its long lines, the header is mended all the same', () => {
  const result = mend(`Content-Transfer-Encoding: x-foo\r\n\r\n${'x'.repeat(1000)}\r\n`);
  assert.ok(result.startsWith('Date: '));
  assert.ok(result.endsWith(`${'x'.repeat(1000)}\r\n`));
});

test('a line that is no field ends the header for everybody', () => {
  assert.equal(
    mend('Date: x\r\nMessage-ID: <1@a>\r\nnonsense\r\nFrom: eve@two.test\r\nBcc: z\r\n\r\nbody\r\n'),
    'Date: x\r\nMessage-ID: <1@a>\r\n\r\nnonsense\r\nFrom: eve@two.test\r\nBcc: z\r\n\r\nbody\r\n',
  );
  assert.equal(
    mend('From ann Mon Jan  1\r\nDate: x\r\nMessage-ID: <1@a>\r\n\r\nx'),
    'Date: x\r\nMessage-ID: <1@a>\r\n\r\nx',
  );
  assert.match(mend('just text\r\n'), /^Date: .*\r\nMessage-ID: .*\r\n\r\njust text\r\n$/);
});
