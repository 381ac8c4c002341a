import assert from 'node:assert/strict';
import { test } from 'node:test';
import { editHeader, removeFields } from './edit.ts';
import { formatField, refoldField } from './fold.ts';
import { scanHeader } from './scan.ts';

const MESSAGE = 'A: 1\r\nBcc: x,\r\n y\r\nB: 2\r\nRETURN-PATH: <>\r\n\r\nBcc: body\r\n';

test('removeFields takes whole fields and shares the memory of the rest', () => {
  const message = Buffer.from(MESSAGE);
  const slices = removeFields(scanHeader(message), ['bcc', 'return-path']);
  assert.equal(Buffer.concat(slices).toString(), 'A: 1\r\nB: 2\r\n\r\nBcc: body\r\n');
  for (const slice of slices) assert.equal(slice.buffer, message.buffer);
});

test('nothing to change gives the message itself', () => {
  const message = Buffer.from(MESSAGE);
  const slices = removeFields(scanHeader(message), ['x']);
  assert.equal(slices.length, 1);
  assert.equal(slices[0], message);
});

test('editHeader adds on top and below, and replaces', () => {
  const block = scanHeader(Buffer.from(MESSAGE));
  const slices = editHeader(block, {
    prepend: Buffer.from('Top: 0\r\n'),
    append: Buffer.from('Z: 9\r\n'),
    remove: ['return-path', 'bcc'],
    replace: new Map([[block.fields[0]!, Buffer.from('A: one\r\n')]]),
  });
  assert.equal(Buffer.concat(slices).toString(), 'Top: 0\r\nA: one\r\nB: 2\r\nZ: 9\r\n\r\nBcc: body\r\n');
  const all = editHeader(scanHeader(Buffer.from('A: 1\r\n')), { remove: ['a'] });
  assert.equal(Buffer.concat(all).toString(), '');
  const bodyOnly = editHeader(scanHeader(Buffer.from('\r\nbody')), { append: Buffer.from('A: 1\r\n') });
  assert.equal(Buffer.concat(bodyOnly).toString(), 'A: 1\r\n\r\nbody');
});

test('RFC 5322 §2.1.1 formatField folds at 78 before white space', () => {
  assert.equal(formatField('Subject', 'short'), 'Subject: short\r\n');
  const words = Array.from({ length: 40 }, (_, i) => `word${i}`).join(' ');
  const folded = formatField('Subject', words);
  for (const line of folded.split('\r\n')) assert.ok(line.length <= 78, line);
  assert.equal(folded.replaceAll('\r\n', ''), `Subject: ${words}`);
  assert.equal(formatField('X', 'a\r\nBcc: eve@two.test'), 'X: a Bcc: eve@two.test\r\n');
  const first = formatField('Subject', 'a'.repeat(100));
  assert.equal(first, `Subject: ${'a'.repeat(100)}\r\n`);
});

test('RFC 5322 §2.1.1 refoldField keeps every line to 998 octets', () => {
  const short = Buffer.from(`A: ${'b '.repeat(300)}\r\n`);
  assert.equal(refoldField(short), null);
  const exact = Buffer.from(`A: ${'b'.repeat(995)}\r\n`);
  assert.equal(refoldField(exact), null);
  const cases = [
    `Subject: ${'word '.repeat(500)}end\r\n`,
    `To: ${'ann@one.test,'.repeat(300)}b@one.test\r\n`,
    `Subject: ${'x'.repeat(3000)}\r\n`,
    `Subject: ${'ü'.repeat(3000)}\r\n`,
    `Subject: a\r\n ${'y '.repeat(900)}\r\n`,
    `Subject:${' '.repeat(3000)}z\r\n`,
  ];
  for (const text of cases) {
    const folded = refoldField(Buffer.from(text));
    assert.ok(folded !== null);
    const lines = folded.toString('latin1').split('\r\n');
    assert.equal(lines.pop(), '');
    for (const line of lines) assert.ok(line.length <= 998, text.slice(0, 40));
    assert.ok(lines.slice(1).every((line) => /^[ \t]/.test(line)));
    assert.equal(folded.toString().replaceAll(/\s/g, ''), text.replaceAll(/\s/g, ''));
  }
  const spaced = refoldField(Buffer.from(cases[0]!));
  assert.equal(spaced?.toString().replaceAll('\r\n', ''), cases[0]!.replaceAll('\r\n', ''));
});
