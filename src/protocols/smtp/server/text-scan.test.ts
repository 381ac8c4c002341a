import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DataScanner, TextChecker } from './text-scan.ts';

interface Outcome {
  content: string;
  fault: string | null;
  /** Where the message ended, counted from its start; null: it did not. */
  end: number | null;
}

export function scan(chunks: readonly Buffer[], lineMax = 1000): Outcome {
  const scanner = new DataScanner(lineMax);
  let content = '';
  let before = 0;
  for (const chunk of chunks) {
    let at = 0;
    while (at < chunk.length) {
      at = scanner.next(chunk, at);
      content += chunk.toString('latin1', scanner.from, scanner.to);
      if (scanner.done) return { content: scanner.fault ? '' : content, fault: scanner.fault, end: before + at };
    }
    before += chunk.length;
  }
  return { content: scanner.fault ? '' : content, fault: scanner.fault, end: null };
}

const scanText = (text: string, lineMax?: number): Outcome => scan([Buffer.from(text, 'latin1')], lineMax);

const clean: [title: string, wire: string, content: string][] = [
  ['an empty message', '.\r\n', ''],
  ['one line', 'a\r\n.\r\n', 'a\r\n'],
  ['a stuffed dot', '..\r\n.\r\n', '.\r\n'],
  ['a stuffed dot before text', 'x\r\n..y\r\n.\r\n', 'x\r\n.y\r\n'],
  ['a dot that nobody stuffed', 'x\r\n.y\r\n.\r\n', 'x\r\ny\r\n'],
  ['dots within lines', 'a.b\r\n...\r\n.\r\n', 'a.b\r\n..\r\n'],
  ['empty lines', '\r\n\r\n.\r\n', '\r\n\r\n'],
  ['octets above 127', '\x80\xff\r\n.\r\n', '\x80\xff\r\n'],
];
for (const [title, wire, content] of clean) {
  test(`RFC 5321 §4.5.2 takes ${title}`, () => {
    assert.deepEqual(scanText(`${wire}QUIT\r\n`), { content, fault: null, end: wire.length });
  });
}

const smuggling: [title: string, wire: string][] = [
  ['LF.LF', 'a\r\nx\n.\nMAIL FROM:<>\r\n'],
  ['LF.CRLF', 'a\r\nx\n.\r\nMAIL FROM:<>\r\n'],
  ['CRLF.LF', 'a\r\n.\nMAIL FROM:<>\r\n'],
  ['CRLF.CR', 'a\r\n.\rMAIL FROM:<>\r\n'],
  ['CR.CRLF', 'a\r.\r\nMAIL FROM:<>\r\n'],
  ['CR.CR', 'a\r.\rMAIL FROM:<>\r\n'],
  ['CRLF.CRCRLF', 'a\r\n.\r\r\nMAIL FROM:<>\r\n'],
  ['a lone LF', 'a\nb\r\n'],
  ['a lone CR', 'a\rb\r\n'],
  ['LF at the very start', '\n'],
  ['LF after a dot at the very start', '.\n'],
  ['CRCRLF', 'a\r\r\n'],
  ['CRLFLF', 'a\r\n\n'],
];
for (const [title, wire] of smuggling) {
  test(`RFC 5321 §2.3.8 ${title} ends nothing and is a fault`, () => {
    const found = scanText(`${wire}\r\n.\r\nQUIT\r\n`);
    assert.deepEqual(found, { content: '', fault: 'line-ending', end: wire.length + 5 });
  });
}

test('RFC 5321 §4.5.2 NUL is a fault', () => {
  assert.deepEqual(scanText('a\0b\r\n.\r\n'), { content: '', fault: 'nul', end: 8 });
});

test('a line of the longest length passes, one octet more is a fault', () => {
  assert.equal(scanText(`${'x'.repeat(98)}\r\n.\r\n`, 100).fault, null);
  assert.equal(scanText(`${'x'.repeat(99)}\r\n.\r\n`, 100).fault, 'line-too-long');
  assert.equal(scanText(`.${'x'.repeat(98)}\r\n.\r\n`, 100).fault, null);
  assert.equal(scanText('x'.repeat(500), 100).fault, 'line-too-long');
});

function check(chunks: readonly string[], lineMax = 100): string | null {
  const checker = new TextChecker(lineMax);
  for (const chunk of chunks) {
    const fault = checker.check(Buffer.from(chunk, 'latin1'));
    if (fault !== null) return fault;
  }
  return checker.finish();
}

const bdat: [chunks: string[], fault: string | null][] = [
  [['a\r\n', '.\r\n', 'b\r\n'], null],
  [['a\r', '\nb'], null],
  [['a\r', 'b'], 'line-ending'],
  [['a\r'], 'line-ending'],
  [['a', '\nb'], 'line-ending'],
  [['\n'], 'line-ending'],
  [['a\0'], 'nul'],
  [['x'.repeat(60), 'x'.repeat(38), '\r\n'], null],
  [['x'.repeat(60), 'x'.repeat(39), '\r\n'], 'line-too-long'],
  [['x'.repeat(101)], 'line-too-long'],
];
for (const [chunks, fault] of bdat) {
  const shown = JSON.stringify(chunks.map((c) => (c.length > 9 ? `${c.length} octets` : c)));
  test(`RFC 3030 §2 text in chunks ${shown}: ${fault ?? 'fine'}`, () => {
    assert.equal(check(chunks), fault);
  });
}
