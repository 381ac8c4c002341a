import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { SCAN_MAX_OCTETS } from './limits.ts';
import { DataScanner, TextChecker } from './text-scan.ts';

const LINE_MAX = 12;

/** The same rules, octet by octet, as slowly and plainly as can be. */
function reference(bytes: Buffer): { content: number[]; fault: boolean; end: number } {
  const content: number[] = [];
  let fault = false;
  let line: number[] = [];
  for (let i = 0; i < bytes.length; i++) {
    line.push(bytes[i]!);
    const endsLine = bytes[i] === 10 && bytes[i - 1] === 13 && line.length > 1;
    const isLone = (bytes[i] === 10 && !endsLine) || (bytes[i - 1] === 13 && bytes[i] !== 10 && i > 0);
    if (bytes[i] === 0 || isLone) fault = true;
    if (!endsLine) continue;
    if (line.length === 3 && line[0] === 46) return { content, fault, end: i + 1 };
    const kept = line[0] === 46 ? line.slice(1) : line;
    if (kept.length > LINE_MAX) fault = true;
    content.push(...kept);
    line = [];
  }
  return { content, fault, end: -1 };
}

function scanInPieces(bytes: Buffer, cuts: readonly number[]) {
  const scanner = new DataScanner(LINE_MAX);
  const content: number[] = [];
  const edges = [...new Set([0, ...cuts.map((c) => c % (bytes.length + 1)), bytes.length])].sort((a, b) => a - b);
  for (let e = 0; e + 1 < edges.length; e++) {
    const chunk = bytes.subarray(edges[e], edges[e + 1]);
    let at = 0;
    while (at < chunk.length) {
      at = scanner.next(chunk, at);
      assert.ok(scanner.to - scanner.from <= LINE_MAX);
      content.push(...chunk.subarray(scanner.from, scanner.to));
      if (scanner.done) return { content, fault: scanner.fault, end: edges[e]! + at };
    }
  }
  return { content, fault: scanner.fault, end: -1 };
}

const wireBytes = fc
  .array(fc.constantFrom('\r\n', '\r\n', '.', '.', 'a', 'bcd', '\r', '\n', '\0', '\x80', 'x'.repeat(LINE_MAX - 2)), {
    maxLength: 30,
  })
  .map((parts) => Buffer.from(parts.join(''), 'latin1'));

test('RFC 5321 §4.5.2 wherever the octets are cut, the content, the fault and the end are the same', () => {
  fc.assert(
    fc.property(wireBytes, fc.array(fc.nat(200), { maxLength: 8 }), (bytes, cuts) => {
      const whole = scanInPieces(bytes, []);
      const pieces = scanInPieces(bytes, cuts);
      assert.equal(pieces.end, whole.end);
      assert.equal(pieces.fault, whole.fault);
      if (whole.fault === null) assert.deepEqual(pieces.content, whole.content);
    }),
    { numRuns: 5_000 },
  );
});

/** The content as the dialog gets it: one piece for each chunk, and the end. */
function unstuffInPieces(bytes: Buffer, cuts: readonly number[]) {
  const scanner = new DataScanner(LINE_MAX);
  const content: Buffer[] = [];
  const edges = [...new Set([0, ...cuts.map((c) => c % (bytes.length + 1)), bytes.length])].sort((a, b) => a - b);
  for (let e = 0; e + 1 < edges.length && !scanner.done; e++) {
    // Unused octets around it must not matter and must not change.
    const start = e % 3;
    const chunk = Buffer.concat([Buffer.alloc(start, '.'), bytes.subarray(edges[e], edges[e + 1])]);
    const next = scanner.unstuff(chunk, start);
    content.push(Buffer.from(chunk.subarray(scanner.from, scanner.to)));
    if (scanner.done) return { content: Buffer.concat(content), fault: scanner.fault, end: edges[e]! + next - start };
    assert.equal(next, chunk.length);
  }
  return { content: Buffer.concat(content), fault: scanner.fault, end: -1 };
}

test('RFC 5321 §4.5.2 the content of a chunk, moved together, is the same as that of its runs', () => {
  fc.assert(
    fc.property(wireBytes, fc.array(fc.nat(200), { maxLength: 8 }), (bytes, cuts) => {
      const whole = scanInPieces(bytes, []);
      const pieces = unstuffInPieces(bytes, cuts);
      assert.equal(pieces.end, whole.end);
      assert.equal(pieces.fault, whole.fault);
      if (whole.fault === null) assert.deepEqual([...pieces.content], whole.content);
    }),
    { numRuns: 5_000 },
  );
});

test('RFC 5321 §4.5.2 a chunk larger than what is looked at in one go is read to its end', () => {
  const lines = '..dot\r\n.\u00e9\r\nplain text\r\n'.repeat(3 * (SCAN_MAX_OCTETS / 20));
  const bytes = Buffer.from(`${lines}.\r\nQUIT\r\n`, 'latin1');
  const scanner = new DataScanner(LINE_MAX);
  const next = scanner.unstuff(bytes, 0);
  assert.equal(bytes.toString('latin1', next), 'QUIT\r\n');
  assert.equal(bytes.toString('latin1', scanner.from, scanner.to), lines.replaceAll(/^\./gm, ''));
  assert.deepEqual([scanner.done, scanner.fault], [true, null]);
});

test('RFC 5321 §4.5.2 the scan agrees with the plain reading of the rules', () => {
  fc.assert(
    fc.property(wireBytes, (bytes) => {
      const expected = reference(bytes);
      const found = scanInPieces(bytes, []);
      assert.equal(found.end, expected.end);
      if (expected.end === -1) return;
      assert.equal(found.fault !== null, expected.fault);
      if (!expected.fault) assert.deepEqual(found.content, expected.content);
    }),
    { numRuns: 5_000 },
  );
});

function checkInPieces(bytes: Buffer, cuts: readonly number[]): string | null {
  const checker = new TextChecker(LINE_MAX);
  const edges = [...new Set([0, ...cuts.map((c) => c % (bytes.length + 1)), bytes.length])].sort((a, b) => a - b);
  for (let e = 0; e + 1 < edges.length; e++) {
    const fault = checker.check(bytes.subarray(edges[e], edges[e + 1]));
    if (fault !== null) return fault;
  }
  return checker.finish();
}

test('RFC 3030 §2 wherever chunks of text are cut, the verdict is the same', () => {
  fc.assert(
    fc.property(wireBytes, fc.array(fc.nat(200), { maxLength: 8 }), (bytes, cuts) => {
      const text = bytes.toString('latin1');
      const whole = checkInPieces(bytes, []);
      assert.equal(checkInPieces(bytes, cuts), whole);
      const lone = /\r(?!\n)|(?<!\r)\n|\0/.test(text);
      const long = text.split('\r\n').some((line, i, all) => line.length + (i < all.length - 1 ? 2 : 0) > LINE_MAX);
      if (!lone) assert.equal(whole !== null, long);
      else assert.notEqual(whole, null);
    }),
    { numRuns: 5_000 },
  );
});
