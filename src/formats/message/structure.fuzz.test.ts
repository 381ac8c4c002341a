import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { scanHeader } from '../header/scan.ts';
import { readStructure, type MimePart } from './structure.ts';

function read(text: string | Buffer) {
  return readStructure(scanHeader(Buffer.from(text)));
}

function checkNested(part: MimePart, from: number, to: number): void {
  assert.ok(part.start >= from && part.bodyStart >= part.start && part.end >= part.bodyStart && part.end <= to);
  let position = part.bodyStart;
  for (const child of part.children) {
    checkNested(child, position, part.end);
    position = child.end;
  }
}

test('parts lie inside each other and in order, whatever the octets', () => {
  const pieces = fc.constantFrom(
    'Content-Type: multipart/mixed; boundary=a\r\n',
    'Content-Type: multipart/digest; boundary=b\r\n',
    'Content-Type: message/rfc822\r\n',
    '--a\r\n',
    '--b\r\n',
    '--a--\r\n',
    '--b--',
    '\r\n',
    '\n',
    'text\r\n',
    '--',
  );
  fc.assert(
    fc.property(fc.array(pieces, { maxLength: 40 }), (list) => {
      const message = Buffer.from(list.join(''));
      checkNested(read(message).root, 0, message.length);
    }),
    { numRuns: 3000 },
  );
});
