import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { ResponseReader } from '../client/response-reader.ts';
import { DotStuffer } from './dot-stuffing.ts';
import { TopLines } from './top-lines.ts';

const octets = fc
  .array(fc.constantFrom('\r\n', '\n', '\r', '.', '..', 'a', 'Subject: x', '\r\n.\r\n', '\r\n\r\n', '\u00e9', '\0'), {
    maxLength: 30,
  })
  .map((parts) => Buffer.from(parts.join('')));

/** Cuts a Buffer where the numbers say. */
function cut(buffer: Buffer, places: number[]): Buffer[] {
  const marks = [0, ...places.map((place) => place % (buffer.length + 1)).sort((a, b) => a - b), buffer.length];
  return marks.slice(1).map((mark, i) => buffer.subarray(marks[i], mark));
}

function stuff(pieces: Buffer[]): Buffer {
  const written: Buffer[] = [];
  const stuffer = new DotStuffer({ octets: (chunk, start, end) => written.push(chunk.subarray(start, end)) });
  for (const piece of pieces) stuffer.write(piece);
  stuffer.end();
  return Buffer.concat(written);
}

test('RFC 1939 §3 what was stuffed comes back, however it was cut on the way', () => {
  fc.assert(
    fc.property(octets, fc.array(fc.nat(500)), fc.array(fc.nat(500)), (message, cutsThere, cutsBack) => {
      const response = stuff(cut(message, cutsThere));
      const reader = new ResponseReader(10_000);
      let lines: Buffer | null = null;
      for (const chunk of cut(response, cutsBack)) {
        if (chunk.length === 0) continue;
        assert.equal(lines, null, 'the response ended early');
        reader.push(chunk);
        lines = reader.takeLines();
      }
      const whole = message.length === 0 || message.toString('latin1').endsWith('\r\n');
      assert.deepEqual(lines, whole ? message : Buffer.concat([message, Buffer.from('\r\n')]));
    }),
    { numRuns: 1_000 },
  );
});

test('no client that takes LF for a line end sees the end early', () => {
  fc.assert(
    fc.property(octets, (message) => {
      const lines = stuff([message]).toString('latin1').split('\n');
      const firstEnd = lines.findIndex((line) => line === '.' || line === '.\r');
      assert.equal(firstEnd, lines.length - 2);
    }),
  );
});

test('RFC 1939 §7 TOP gives the header, the blank line and the lines asked for, however the message is cut', () => {
  const lines = fc.array(fc.constantFrom('', 'a', '.', 'long line', '\r'), { maxLength: 12 });
  fc.assert(
    fc.property(lines, lines, fc.nat(15), fc.array(fc.nat(200)), (header, body, wanted, cuts) => {
      const fields = header.filter((line) => line !== '' && line !== '\r').map((line) => `${line}\r\n`);
      const text = body.map((line) => `${line}\r\n`);
      const message = Buffer.from([...fields, '\r\n', ...text].join(''));
      const top = new TopLines(wanted);
      const taken = cut(message, cuts).map((piece) => piece.subarray(0, top.take(piece)));
      assert.equal(Buffer.concat(taken).toString(), [...fields, '\r\n', ...text.slice(0, wanted)].join(''));
      assert.equal(top.done, text.length >= wanted);
    }),
    { numRuns: 500 },
  );
});
