import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { editHeader } from './edit.ts';
import { decodeEncodedWords, encodePhrase, encodeUnstructured } from './encoded-word.ts';
import { formatField, refoldField } from './fold.ts';
import { getField, scanHeader } from './scan.ts';

const headerText = fc
  .array(fc.constantFrom('A', ':', ' ', '\t', '\r\n', '\n', '\r', 'b', '\0', 'ü', 'Bcc'), { maxLength: 60 })
  .map((parts) => parts.join(''));

test('fields cover the header section without gaps, whatever the bytes', () => {
  fc.assert(
    fc.property(fc.oneof(headerText, fc.string({ unit: 'binary' })), (text) => {
      const message = Buffer.from(text);
      const block = scanHeader(message);
      let position = 0;
      for (const field of block.fields) {
        assert.equal(field.start, position);
        assert.ok(field.valueStart >= field.start && field.valueStart <= field.end && field.end > field.start);
        position = field.end;
      }
      assert.equal(position, block.headerEnd);
      assert.ok(block.bodyStart >= block.headerEnd && block.bodyStart <= block.headerEnd + 2);
      assert.deepEqual(Buffer.concat(editHeader(block, {})), message);
      const without = Buffer.concat(editHeader(block, { remove: ['bcc'] }));
      assert.equal(
        scanHeader(without).fields.some((field) => field.name === 'bcc' && without.length === 0),
        false,
      );
    }),
    { numRuns: 2000 },
  );
});

test('formatField gives back its value and keeps its lines short', () => {
  const word = fc.stringMatching(/^[!-~]{1,40}$/);
  fc.assert(
    fc.property(fc.array(word, { minLength: 1, maxLength: 60 }), (words) => {
      const value = words.join(' ');
      const field = formatField('Subject', value);
      assert.equal(getField(scanHeader(Buffer.from(`${field}\r\n`)), 'subject'), value);
      for (const line of field.split('\r\n')) assert.ok(line.length <= 78);
    }),
  );
});

test('refoldField never leaves a line over 998 octets and loses nothing but white space', () => {
  const piece = fc
    .tuple(fc.constantFrom(' ', '\t', ',', 'x', 'ü', '\r\n y'), fc.nat(1500))
    .map(([text, n]) => text.repeat(text.length > 2 ? 1 : n));
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 6 }), (pieces) => {
      const text = `A: ${pieces.join('')}z\r\n`;
      const folded = refoldField(Buffer.from(text)) ?? Buffer.from(text);
      for (const line of folded.toString('latin1').split('\r\n')) assert.ok(line.length <= 998);
      assert.equal(folded.toString().replaceAll(/[\r\n \t]/g, ''), text.replaceAll(/[\r\n \t]/g, ''));
    }),
    { numRuns: 300 },
  );
});

test('decodeEncodedWords gives back what encodeUnstructured and encodePhrase wrote', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'binary' }), (text, hostile) => {
      assert.equal(decodeEncodedWords(encodeUnstructured(text)), text.toWellFormed());
      if (/[^\x20-\x7e]/.test(text)) assert.equal(decodeEncodedWords(encodePhrase(text)), text.toWellFormed());
      decodeEncodedWords(`=?${hostile}?q?=`);
    }),
  );
});

test('a megabyte of hostile encoded words is read in one pass', () => {
  for (const unit of ['=?', '=?a?q?', '=?a?b?x', '=?utf-8?q?=C3?= ', '=?a*', '?=']) {
    assert.ok(decodeEncodedWords(unit.repeat(1_000_000 / unit.length)).length <= 1_100_000);
  }
});
