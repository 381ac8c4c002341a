import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseMessage } from './parse-message.ts';
import { decodePart, findPart, readSection, type Section } from './section.ts';

const INNER = 'Subject: in\r\nContent-Type: multipart/mixed; boundary=c\r\n\r\n--c\r\n\r\ndeep\r\n--c--\r\n';
const MESSAGE = Buffer.from(
  `Subject: out\r\nX-A: 1\r\n 2\r\nx-a : 3\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n` +
    `Content-Transfer-Encoding: BASE64 (x)\r\n\r\naGk=\r\n--b\r\nContent-Type: message/rfc822\r\n\r\n${INNER}\r\n--b--\r\n`,
);

function read(path: number[], what: Section['what'] = 'all', ...names: string[]): string | null {
  return readSection(parseMessage(MESSAGE), { path, what, names })?.toString() ?? null;
}

test('RFC 9051 §6.4.5.1 sections', () => {
  const header = MESSAGE.subarray(0, MESSAGE.indexOf('\r\n\r\n') + 4).toString();
  assert.equal(read([]), MESSAGE.toString());
  assert.equal(read([], 'header'), header);
  assert.equal(read([], 'text'), MESSAGE.subarray(header.length).toString());
  assert.equal(read([], 'mime'), null);
  assert.equal(read([1]), 'aGk=');
  assert.equal(read([1], 'mime'), 'Content-Transfer-Encoding: BASE64 (x)\r\n\r\n');
  assert.equal(read([1], 'header'), null);
  assert.equal(read([2]), INNER);
  assert.equal(read([2], 'mime'), 'Content-Type: message/rfc822\r\n\r\n');
  assert.equal(read([2], 'header'), INNER.slice(0, INNER.indexOf('--c')));
  assert.equal(read([2], 'text'), INNER.slice(INNER.indexOf('--c')));
  assert.equal(read([2, 1]), 'deep');
  for (const path of [[3], [1, 1], [2, 2], [2, 1, 1], [0]]) assert.equal(read(path), null);
});

test('RFC 9051 §6.4.5.1 part 1 of a message that is no multipart is its body', () => {
  const parsed = parseMessage(Buffer.from('Subject: x\r\n\r\nbody'));
  assert.equal(readSection(parsed, { path: [1], what: 'all', names: [] })?.toString(), 'body');
  assert.equal(readSection(parsed, { path: [2], what: 'all', names: [] }), null);
});

test('RFC 9051 §6.4.5.1 HEADER.FIELDS and HEADER.FIELDS.NOT', () => {
  assert.equal(read([], 'fields', 'x-a', 'subject'), 'Subject: out\r\nX-A: 1\r\n 2\r\nx-a : 3\r\n\r\n');
  assert.equal(read([], 'fields', 'none'), '\r\n');
  assert.equal(read([], 'fieldsNot', 'x-a', 'content-type'), 'Subject: out\r\n\r\n');
  assert.equal(read([2], 'fields', 'subject'), 'Subject: in\r\n\r\n');
  const odd = parseMessage(Buffer.from('A\r\n x: y\r\nB: 2\r\n\r\n'));
  assert.equal(readSection(odd, { path: [], what: 'fields', names: ['a'] })?.toString(), '\r\n');
  assert.equal(readSection(odd, { path: [], what: 'fieldsNot', names: ['a', 'b'] })?.toString(), 'A\r\n x: y\r\n\r\n');
  const cut = parseMessage(Buffer.from('A: 1\r\nB: 2'));
  assert.equal(readSection(cut, { path: [], what: 'fields', names: ['b'] })?.toString(), 'B: 2\r\n\r\n');
});

test('RFC 3516 §4.2 the octets of a part without its transfer encoding', () => {
  const decoded = (message: Buffer, path: number[]): string | undefined => {
    const parsed = parseMessage(message);
    return decodePart(parsed, findPart(parsed, path)!)?.toString();
  };
  assert.equal(decoded(MESSAGE, [1]), 'hi');
  assert.equal(decoded(MESSAGE, [2]), INNER);
  const behind = Buffer.from('MIME-Version: 1.0\r\nContent-Transfer-Encoding: base64;\r\n\r\naGk=');
  assert.equal(decoded(behind, [1]), 'hi');
  const unknown = Buffer.from('MIME-Version: 1.0\r\nContent-Transfer-Encoding: x-uuencode\r\n\r\nx');
  assert.equal(decoded(unknown, [1]), undefined);
});
