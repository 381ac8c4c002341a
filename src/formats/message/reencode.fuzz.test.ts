import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { getField, scanHeader } from '../header/scan.ts';
import { toCrlf } from './octets.ts';
import { fits } from './reencode.ts';
import { downgrade } from './seven-bit-downgrade.ts';
import { readStructure, type MimePart } from './structure.ts';
import { mendSubmission, type SubmissionStamp } from './submission-mend.ts';
import { decodeBody } from './transfer-encoding.ts';

const STAMP: SubmissionStamp = { atMs: 0, zoneMinutes: 0, idText: 'x', defaultDomain: 'd.test', isBinary: false };

/** Lines of messages in an order that nobody meant. */
const messageText = fc
  .array(
    fc.constantFrom(
      'Content-Type: multipart/mixed; boundary=a\r\n',
      'Content-Type: multipart/digest; boundary="a b"\r\n',
      'Content-Type: text/plain\r\n',
      'Content-Type: message/rfc822\r\n',
      'Content-Transfer-Encoding: 8bit\r\n',
      'Content-Transfer-Encoding: base64\r\n',
      'Content-Transfer-Encoding: quoted-printable\r\n',
      'Content-Transfer-Encoding: x-foo\r\n',
      'Bcc: x\r\n',
      'From ann\r\n',
      'Date: x\r\n',
      'X: \u00fc y \u00fc\r\n',
      'Subject: y\0\r\n z\r\n',
      '--a\r\n',
      '--a b\r\n',
      '--a--\r\n',
      '--a\r',
      '\0--a\r\n',
      '\r\n',
      '\n',
      '\r',
      '\0',
      ' ',
      '=3D',
      '\u00fc text\r\n',
      'w'.repeat(1200),
      ', '.repeat(600),
    ),
    { maxLength: 30 },
  )
  .map((pieces) => pieces.join(''));

function leaves(part: MimePart): MimePart[] {
  return part.kind === 'leaf' ? [part] : part.children.flatMap(leaves);
}

/** What each leaf says; a line ending before a delimiter may come and go with an encoding. */
function contents(message: Buffer): string[] {
  return leaves(readStructure(scanHeader(message)).root).map((leaf) => {
    const body = message.subarray(leaf.bodyStart, leaf.end);
    return (decodeBody(body, leaf.encoding) ?? body).toString('latin1').trimEnd();
  });
}

test('RFC 6152 §3 whatever comes out fits, stays as it is the next time, and every leaf says what it said', () => {
  fc.assert(
    fc.property(messageText, fc.boolean(), fc.constantFrom('7bit', '8bit'), (text, clean, transport) => {
      const message = clean ? toCrlf(Buffer.from(text)) : Buffer.from(text);
      const slices = downgrade(message, transport);
      if (slices === null) return;
      const result = Buffer.concat(slices);
      assert.ok(fits(result, transport), JSON.stringify(result.toString()));
      assert.equal(downgrade(result, transport)?.[0], result);
      if (clean) assert.deepEqual(contents(result), contents(message));
    }),
    { numRuns: 3000 },
  );
});

test('RFC 6409 §8 a mended submission has its fields, hides its Bcc and needs no second mending', () => {
  fc.assert(
    fc.property(messageText, (text) => {
      const mended = Buffer.concat(mendSubmission(toCrlf(Buffer.from(text)), STAMP).slices);
      const block = scanHeader(mended);
      assert.equal(getField(block, 'bcc'), null);
      for (const name of ['date', 'message-id']) assert.ok(getField(block, name) !== null);
      assert.ok(block.fields.every((field) => field.name !== ''));
      assert.equal(mendSubmission(mended, STAMP).slices[0], mended);
    }),
    { numRuns: 3000 },
  );
});
