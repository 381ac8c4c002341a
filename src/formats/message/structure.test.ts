import assert from 'node:assert/strict';
import { test } from 'node:test';
import { scanHeader } from '../header/scan.ts';
import { BOUNDARY_MAX_OCTETS, MIME_DEPTH_MAX, MIME_PARTS_MAX } from './limits.ts';
import { readStructure, type MimePart } from './structure.ts';

function read(text: string | Buffer) {
  return readStructure(scanHeader(Buffer.from(text)));
}

/** `multipart/mixed(text/plain "body", …)` */
function draw(message: string, part: MimePart): string {
  const { value } = part.contentType;
  if (part.kind !== 'leaf') return `${value}(${part.children.map((child) => draw(message, child)).join(', ')})`;
  return `${value} ${JSON.stringify(Buffer.from(message).subarray(part.bodyStart, part.end).toString())}`;
}

const TWO = [
  'Content-Type: multipart/mixed; boundary=b',
  '',
  'preamble',
  '--b',
  '',
  'one',
  '--b',
  'Content-Type: text/html',
  'Content-Transfer-Encoding: QUOTED-PRINTABLE',
  '',
  'two',
  '',
  '--b--',
  'epilogue',
  '--b',
  'not a part',
  '',
].join('\r\n');

test('RFC 2046 §5.1.1 parts, preamble and epilogue', () => {
  for (const text of [TWO, TWO.replaceAll('\r\n', '\n')]) {
    const { root, depth, partCount, exceeded } = read(text);
    const ending = text.includes('\r') ? String.raw`\r\n` : String.raw`\n`;
    assert.equal(draw(text, root), `multipart/mixed(text/plain "one", text/html "two${ending}")`);
    assert.deepEqual([depth, partCount, exceeded], [2, 3, null]);
    assert.equal(root.children[1]?.encoding, 'quoted-printable');
  }
});

test('RFC 2046 §5.1.2 nested multiparts, unclosed ones and messages end with what is around them', () => {
  const cases: [string, string][] = [
    ['\r\nplain', 'text/plain "plain"'],
    ['Content-Type: image/png\r\n\r\nx', 'image/png "x"'],
    [
      'Content-Type: multipart/a; boundary=o\r\n\r\n--o\r\nContent-Type: multipart/b; boundary="i"\r\n\r\n--i\r\n\r\n1\r\n--o\r\n\r\n2\r\n--o--\r\n',
      'multipart/a(multipart/b(text/plain "1"), text/plain "2")',
    ],
    [
      'Content-Type: multipart/a; boundary=o\r\n\r\n--o\r\nContent-Type: message/rfc822\r\n\r\nSubject: x\r\nContent-Type: multipart/b; boundary=i\r\n\r\n--i\r\n\r\n1\r\n--i--\r\n--o\r\n\r\n2\r\n--o--\r\n',
      'multipart/a(message/rfc822(multipart/b(text/plain "1")), text/plain "2")',
    ],
    [
      'Content-Type: multipart/digest; boundary=o\r\n\r\n--o\r\n\r\nA: b\r\n\r\n1\r\n--o--',
      'multipart/digest(message/rfc822(text/plain "1"))',
    ],
    [
      'Content-Type: multipart/a; boundary=o\r\n\r\n--o  \t\r\n\r\n1\r\n--ox\r\n--o--',
      'multipart/a(text/plain "1\\r\\n--ox")',
    ],
    [
      'Content-Type: multipart/a; boundary=o\r\n\r\n--o\r\nA: b\r\n--o\r\n--o--',
      'multipart/a(text/plain "", text/plain "")',
    ],
    ['Content-Type: multipart/a; boundary=o\r\n\r\n--o\r\n\r\n--o--', 'multipart/a(text/plain "")'],
    ['Content-Type: multipart/a; boundary=o\r\n\r\nno parts', 'multipart/a()'],
    ['Content-Type: multipart/a; boundary=o\r\n\r\n--o', 'multipart/a(text/plain "")'],
    ['Content-Type: multipart/a\r\n\r\n--\r\n\r\n1', 'multipart/a "--\\r\\n\\r\\n1"'],
    ['Content-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n\r\nQTog', 'message/rfc822 "QTog"'],
    ['Content-Type: message/rfc822\r\n\r\n', 'message/rfc822(text/plain "")'],
    [
      'Content-Type: multipart/digest; boundary=b\r\n\r\n--b\r\n\r\nA: b\r\n--b--',
      'multipart/digest(message/rfc822(text/plain ""))',
    ],
  ];
  for (const [text, expected] of cases) assert.equal(draw(text, read(text).root), expected, text);
});

test('RFC 2046 §5.1.1 what follows white space on a delimiter line is ignored, of two types the first counts', () => {
  const text =
    'Content-Type: multipart/a; boundary=o\r\nContent-Type: text/x\r\n\r\n--o ignored\r\n\r\n1\r\n--o-- ignored\r\nrest';
  assert.equal(draw(text, read(text).root), 'multipart/a(text/plain "1")');
});

test('a boundary that is too long is none', () => {
  const text = (length: number) =>
    `Content-Type: multipart/a; boundary=${'b'.repeat(length)}\r\n\r\n--${'b'.repeat(length)}\r\n\r\n1`;
  assert.equal(read(text(BOUNDARY_MAX_OCTETS)).root.kind, 'multipart');
  assert.equal(read(text(BOUNDARY_MAX_OCTETS + 1)).root.kind, 'leaf');
});

test('depth and parts are limited', () => {
  const nested = (levels: number) =>
    Array.from({ length: levels }, (_, i) => `Content-Type: multipart/mixed; boundary=b${i}\r\n\r\n--b${i}\r\n`).join(
      '',
    );
  assert.deepEqual(
    [read(nested(MIME_DEPTH_MAX - 1)).depth, read(nested(MIME_DEPTH_MAX - 1)).exceeded],
    [MIME_DEPTH_MAX, null],
  );
  assert.equal(read(nested(MIME_DEPTH_MAX)).exceeded, 'depth');
  assert.equal(read(nested(20_000)).depth, MIME_DEPTH_MAX);
  const messages = 'Content-Type: message/rfc822\r\n\r\n'.repeat(20_000);
  assert.deepEqual([read(messages).depth, read(messages).exceeded], [MIME_DEPTH_MAX, 'depth']);
  const parts = (count: number) => `Content-Type: multipart/mixed; boundary=b\r\n\r\n${'--b\r\n\r\n'.repeat(count)}`;
  assert.equal(read(parts(MIME_PARTS_MAX - 1)).exceeded, null);
  assert.equal(read(parts(MIME_PARTS_MAX)).exceeded, 'parts');
  assert.equal(read(parts(100_000)).partCount, MIME_PARTS_MAX);
});

test('RFC 6532 §3 and RFC 6152 §1 8-bit octets are told apart by place', () => {
  const plain = read('A: b\r\n\r\nc');
  assert.deepEqual([plain.eightBitHeader, plain.eightBitBody], [false, false]);
  const header = read('A: ü\r\n\r\nc');
  assert.deepEqual([header.eightBitHeader, header.eightBitBody], [true, false]);
  const body = read('A: b\r\n\r\nü');
  assert.deepEqual([body.eightBitHeader, body.eightBitBody], [false, true]);
});

test('a megabyte of delimiters, headers without end and nested boundaries is walked in one pass', () => {
  const head = Array.from(
    { length: 49 },
    (_, i) => `Content-Type: multipart/mixed; boundary=b${i}\r\n\r\n--b${i}\r\n`,
  ).join('');
  for (const unit of ['\n--', '--b0\r\nA: b\r\n', '--b48\r\n', '--x\r\n', '--b1--\r\n', 'A: b\r\n', '--b0 ']) {
    const text = head + unit.repeat(1_000_000 / unit.length);
    assert.ok(read(text).partCount <= MIME_PARTS_MAX);
  }
});
