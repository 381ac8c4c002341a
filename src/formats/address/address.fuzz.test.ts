import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { SyntaxFault } from '../../base/errors/syntax-fault.ts';
import { mailboxesOf, parseAddressList } from './address-list.ts';
import { domainKey, domainToAscii, domainToUnicode } from './domain.ts';
import { localKey } from './local-part.ts';
import { formatAddrSpec, formatPath, parseAddrSpec, parsePath } from './parse.ts';

const localPart = fc
  .oneof(fc.stringMatching(/^[ -~]{0,20}$/), fc.string({ unit: 'grapheme', maxLength: 12 }))
  .filter((text) => !/[\x00-\x1f\x7f\ufffd]/.test(text));
const domain = fc.oneof(
  fc.domain(),
  fc.ipV4().map((ip) => `[${ip}]`),
  fc.ipV6().map((ip) => `[IPv6:${ip}]`),
);
const mailSyntax = fc
  .array(
    fc.constantFrom(
      '<',
      '>',
      '@',
      '"',
      '\\',
      '(',
      ')',
      ',',
      ';',
      ':',
      '.',
      ' ',
      '\r\n ',
      '[',
      ']',
      'a',
      'ü',
      '=?',
      '?=',
    ),
    { maxLength: 40 },
  )
  .map((parts) => parts.join(''));
const hostile = fc.oneof(fc.string({ unit: 'binary' }), mailSyntax);

test('parse(format(address)) is the address', () => {
  fc.assert(
    fc.property(fc.record({ localPart, domain }, { noNullPrototype: true }), (address) => {
      assert.deepEqual(parseAddrSpec(formatAddrSpec(address)), address);
      assert.deepEqual(parsePath(`${formatPath(address)} X=1`, { allowUtf8: true }).path, address);
      const list = parseAddressList(formatPath(address));
      assert.equal(list.complete, true);
      assert.deepEqual(mailboxesOf(list)[0]?.address, address);
    }),
  );
});

test('parsePath throws nothing but SyntaxFault, parseAddrSpec and parseAddressList nothing', () => {
  fc.assert(
    fc.property(hostile, fc.boolean(), (text, allowUtf8) => {
      parseAddrSpec(text);
      parseAddressList(text);
      try {
        parsePath(text, { allowUtf8 });
      } catch (error) {
        assert.ok(error instanceof SyntaxFault);
      }
    }),
    { numRuns: 3000 },
  );
});

test('keys are idempotent, whatever the text', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      assert.equal(localKey(localKey(text)), localKey(text));
      assert.equal(localKey(text.normalize('NFD')), localKey(text));
      const ascii = domainToAscii(text);
      if (ascii !== null) assert.equal(domainKey(domainToUnicode(text) ?? text), ascii);
    }),
    { numRuns: 2000 },
  );
});

test('a megabyte of hostile list is read in one pass', () => {
  for (const unit of ['(', '"', '<', '@', 'a ', '=?a?q?,', 'a:', '\\', '<@', '[', 'a.', '(\\', 'a@b,', '<a@b>', ',;']) {
    const text = unit.repeat(1_000_000 / unit.length);
    const list = parseAddressList(text);
    assert.ok(list.entries.length <= 10_000, unit);
  }
});
