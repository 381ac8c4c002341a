import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { decodeImapUtf7, encodeImapUtf7 } from './imap-utf7.ts';

test('RFC 3501 §5.1.3 names travel as modified UTF-7', () => {
  const cases: [string, string][] = [
    ['INBOX', 'INBOX'],
    ['~peter/mail/台北/日本語', '~peter/mail/&U,BTFw-/&ZeVnLIqe-'],
    ['Tom & Jerry', 'Tom &- Jerry'],
    ['Entwürfe', 'Entw&APw-rfe'],
    ['☺', '&Jjo-'],
    ['😀', '&2D3eAA-'],
    ['', ''],
  ];
  for (const [name, text] of cases) {
    assert.equal(encodeImapUtf7(name), text);
    assert.equal(decodeImapUtf7(text), name);
  }
});

test('RFC 3501 §5.1.3 what the encoder would not write is no name', () => {
  for (const text of ['a&', '&AGE-', '&Jjo', '&Jjo-&Jjo-', '&AA-', 'ü', '&2D0-', '&Jjo!-', '&ZeVnLIqf=-']) {
    assert.equal(decodeImapUtf7(text), null, text);
  }
});

test('any name survives the journey; any text decodes or is refused', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (name) => {
      if (name.isWellFormed()) assert.equal(decodeImapUtf7(encodeImapUtf7(name)), name);
      const decoded = decodeImapUtf7(name);
      if (decoded !== null) assert.equal(encodeImapUtf7(decoded), name);
    }),
  );
});
