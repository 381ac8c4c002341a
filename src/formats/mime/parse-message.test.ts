import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { BodyPart } from './body-part.ts';
import { BODY_DEPTH_MAX, BODY_PARTS_MAX } from './limits.ts';
import { parseMessage } from './parse-message.ts';

function crlf(...lines: string[]): Buffer {
  return Buffer.from(lines.join('\r\n'), 'latin1');
}

/** The tree with the text of each leaf's body. */
function shape(message: Buffer, part: BodyPart = parseMessage(message).root): unknown {
  const body = message.toString('latin1', part.bodyStart, part.end);
  return part.kind === 'leaf' ? body : { [part.kind]: part.children.map((child) => shape(message, child)) };
}

const MIXED = 'Content-Type: multipart/mixed; boundary=b';

test('RFC 2046 §5.1 parts with preamble and epilogue', () => {
  const message = crlf(
    MIXED,
    '',
    'preamble',
    '--b',
    '',
    'one',
    '--b',
    'Content-Type: text/html',
    '',
    '<p>',
    '',
    '--b--',
    'x',
  );
  assert.deepEqual(shape(message), { multipart: ['one', '<p>\r\n'] });
  const { root, partCount, exceeded } = parseMessage(message);
  assert.deepEqual([partCount, exceeded, root.start, root.end], [3, null, 0, message.length]);
  assert.deepEqual(
    root.children.map((part) => part.lines),
    [0, 1],
  );
});

const TREES: [string, string[], unknown][] = [
  ['RFC 5322 §2.1 a message of header fields only', ['Subject: x'], ''],
  ['RFC 5322 §2.1 an empty message', [], ''],
  ['no header section at all', ['', 'body'], 'body'],
  ['RFC 2046 §5.1 no delimiter: a multipart without parts', [MIXED, '', 'text'], { multipart: [] }],
  ['RFC 2046 §5.1 no boundary parameter', ['Content-Type: multipart/mixed', '', '--b', '', 'x'], { multipart: [] }],
  [
    'RFC 2046 §5.1.1 no closing delimiter',
    [MIXED, '', '--b', '', 'one', '--b', '', 'two'],
    { multipart: ['one', 'two'] },
  ],
  ['RFC 2046 §5.1.1 text behind the boundary', [MIXED, '', '--b xyz', '', 'one', '--b--'], { multipart: ['one'] }],
  [
    'a part of header fields only',
    [MIXED, '', '--b', 'Content-ID: <x>', '--b', '', 'two', '--b--'],
    { multipart: ['', 'two'] },
  ],
  ['an empty part', [MIXED, '', '--b', '--b', '', '--b--'], { multipart: ['', ''] }],
  [
    'RFC 2046 §5.1.2 an outer delimiter ends inner parts',
    [MIXED, '', '--b', 'Content-Type: multipart/mixed; boundary=c', '', '--c', '', 'in', '--b', '', 'out', '--b--'],
    { multipart: [{ multipart: ['in'] }, 'out'] },
  ],
  [
    'RFC 2046 §5.1.2 boundaries that begin alike: the longer one counts',
    [
      MIXED,
      '',
      '--b',
      'Content-Type: multipart/mixed; boundary=bc',
      '',
      '--bc',
      '',
      'in',
      '--bc--',
      '--b',
      '',
      'out',
      '--b--',
    ],
    { multipart: [{ multipart: ['in'] }, 'out'] },
  ],
  [
    'RFC 2046 §5.2.1 a message inside',
    [MIXED, '', '--b', 'Content-Type: message/rfc822', '', 'Subject: in', '', 'text', '--b--'],
    { multipart: [{ message: ['text'] }] },
  ],
  [
    'RFC 2046 §5.1.5 parts of a digest are messages',
    ['Content-Type: multipart/digest; boundary=b', '', '--b', '', 'Subject: in', '', 'text', '--b--'],
    { multipart: [{ message: ['text'] }] },
  ],
  ['RFC 2045 §4 without MIME-Version and Content-Type nothing is MIME', ['Content-ID: x', '', 'text'], 'text'],
];

for (const [title, lines, expected] of TREES) test(title, () => assert.deepEqual(shape(crlf(...lines)), expected));

test('lines that end in LF alone', () => {
  const message = Buffer.from(`${MIXED}\n\n--b\n\none\n\n--b\n\ntwo\n--b--\n`);
  assert.deepEqual(shape(message), { multipart: ['one\n', 'two'] });
});

test('a header section longer than one look', () => {
  const long = `X: ${'y'.repeat(70)}`;
  const lines = [...Array.from({ length: 500 }, () => long), MIXED, '', '--b', '', 'one', '--b--'];
  assert.deepEqual(shape(crlf(...lines)), { multipart: ['one'] });
});

test('RFC 2046 §5.1.1 the line ending in front of a delimiter is of no part without a body, but of those around it', () => {
  const digest = 'Content-Type: message/rfc822';
  const cases: [string[], string, [number, number]][] = [
    // An empty line only; a header section cut short; a message inside that is cut short.
    [[MIXED, '', '--b', '', '--b--'], '', [0, 0]],
    [[MIXED, '', '--b', 'A: b', '--b--'], 'A: b', [0, 0]],
    [[MIXED, '', '--b', digest, '', 'A: b', '--b--'], `${digest}\r\n\r\n`, [6, 1]],
    [[MIXED, '', '--b', digest, '--b--'], digest, [0, 0]],
  ];
  for (const [lines, header, [octets, count]] of cases) {
    const message = crlf(...lines);
    const part = parseMessage(message).root.children[0]!;
    assert.equal(message.toString('latin1', part.start, part.bodyStart), header);
    assert.deepEqual([part.end - part.bodyStart, part.lines], [octets, count]);
  }
  const inner = crlf(
    MIXED,
    '',
    '--b',
    'Content-Type: multipart/mixed; boundary=c',
    '',
    '--c',
    '',
    'x',
    '--c--',
    '--b--',
  );
  const part = parseMessage(inner).root.children[0]!;
  assert.ok(inner.toString('latin1', part.bodyStart, part.end).endsWith('--c--\r\n'));
});

test('RFC 2045 §4 of several content fields of one name the first counts', () => {
  const { root } = parseMessage(
    crlf('Content-Type: text/html', 'Content-Type: image/png', 'Content-ID:', ' <a>', '', ''),
  );
  assert.deepEqual([root.type, root.subtype, root.content.id], ['text', 'html', '\r\n <a>']);
});

test('more parts than the limit: the last one keeps the rest', () => {
  const count = BODY_PARTS_MAX * 2;
  const message = crlf(MIXED, '', ...Array.from({ length: count }, (_, i) => `--b\r\n\r\n${i}`), '--b--');
  const parsed = parseMessage(message);
  assert.deepEqual([parsed.partCount, parsed.exceeded], [BODY_PARTS_MAX, 'parts']);
  const last = parsed.root.children.at(-1)!;
  assert.ok(message.toString('latin1', last.bodyStart, last.end).includes(`\r\n${count - 1}\r\n`));
});

test('deeper than the limit: one opaque part', () => {
  const depth = BODY_DEPTH_MAX + 5;
  const lines = Array.from(
    { length: depth },
    (_, i) => `Content-Type: multipart/mixed; boundary=b${i}x\r\n\r\n--b${i}x`,
  );
  const messages = 'Content-Type: message/rfc822\r\n\r\n'.repeat(depth);
  for (const message of [crlf(...lines, '', 'text'), Buffer.from(`${messages}text`)]) {
    const parsed = parseMessage(message);
    assert.equal(parsed.exceeded, 'depth');
    let part = parsed.root;
    let seen = 1;
    while (part.children.length > 0) {
      part = part.children[0]!;
      seen++;
    }
    assert.equal(seen, BODY_DEPTH_MAX);
    assert.deepEqual([part.type, part.subtype], ['application', 'octet-stream']);
    assert.ok(message.toString('latin1', part.bodyStart, part.end).endsWith('text'));
  }
});
