import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { SyntaxFault } from '../../base/errors/syntax-fault.ts';
import { readDropEnvelope } from './drop-envelope.ts';
import { NO_WISHES, type DsnWishes } from './dsn-wishes.ts';
import { formatDropHead, parseDropFile, type DropFile } from './drop-file.ts';
import { DROP_HEAD_MAX_OCTETS, DROP_RECIPIENTS_MAX } from './limits.ts';

const text = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('ann@one.test', 'root', '', '<>', 'a,b@x.test'));
const dsn: fc.Arbitrary<DsnWishes> = fc.record({
  notify: fc.option(fc.uniqueArray(fc.constantFrom('SUCCESS', 'FAILURE', 'DELAY'))),
  ret: fc.option(fc.constantFrom('FULL', 'HDRS')),
  envid: fc.option(fc.string({ unit: 'grapheme-ascii', minLength: 1, maxLength: 33 })),
});
const head = fc.record({
  dsn,
  sender: fc.option(text),
  name: fc.option(text),
  recipients: fc.option(fc.array(text, { maxLength: 4 })),
  atMs: fc.maxSafeNat(),
});

test('what is written is read back', () => {
  fc.assert(
    fc.property(head, fc.uint8Array(), (given, message) => {
      const file = parseDropFile(Buffer.concat([formatDropHead(given), message]));
      assert.deepEqual(file.head, { ...given, dsn: { ...given.dsn } });
      assert.deepEqual(file.message, Buffer.from(message));
    }),
  );
});

function orFault<T>(read: () => T): T | null {
  try {
    return read();
  } catch (error) {
    assert.ok(error instanceof SyntaxFault, String(error));
    return null;
  }
}

test('nothing but SyntaxFault comes out of a file, and an envelope is one that SMTP can carry', () => {
  const message = fc.oneof(
    fc.uint8Array(),
    fc
      .array(fc.constantFrom('From: a@b.c', 'To: x', 'Bcc: y@z', 'From x', '', ' ', 'a', 'Resent-Cc: q@r'))
      .map((lines) => Buffer.from(lines.join('\n'))),
  );
  fc.assert(
    fc.property(
      fc.oneof(
        head.map(formatDropHead),
        fc.uint8Array(),
        fc.json().map((json) => Buffer.from(`${json}\n`)),
      ),
      message,
      (line, body) => {
        const file = orFault((): DropFile => parseDropFile(Buffer.concat([line, body])));
        const envelope = file === null ? null : orFault(() => readDropEnvelope(file, 'one.test'));
        if (envelope === null) return;
        assert.ok(envelope.recipients.length > 0);
        const path = [envelope.reversePath, ...envelope.recipients].map((each) => `${each?.localPart}@${each?.domain}`);
        assert.ok(path.every((each) => !/[\r\n]/u.test(each)));
        assert.doesNotMatch(envelope.message.toString('latin1').replaceAll('\r\n', ''), /[\r\n]/u);
      },
    ),
  );
});

test('limits of the first line', () => {
  const long = Buffer.alloc(DROP_HEAD_MAX_OCTETS + 1, 'x');
  assert.throws(() => parseDropFile(Buffer.concat([long, Buffer.from('\n')])), /a first line of at most/u);
  const recipients = Array.from({ length: DROP_RECIPIENTS_MAX + 1 }, (_, i) => `a${i}@b.c`);
  const given = { sender: 'a@b.c', name: null, atMs: 1, dsn: NO_WISHES };
  assert.throws(() => parseDropFile(formatDropHead({ ...given, recipients })), /at most 10000 recipients/u);
  const file = parseDropFile(formatDropHead({ ...given, recipients: [recipients.join(',')] }));
  assert.throws(() => readDropEnvelope(file, 'one.test'), SyntaxFault);
});

test('a line without wishes has none, and wishes that are none are refused', () => {
  const line = (wishes: unknown): Buffer =>
    Buffer.from(`${JSON.stringify({ version: 1, sender: 'a', recipients: null, at: 1, dsn: wishes })}\n`);
  assert.deepEqual(parseDropFile(line(undefined)).head.dsn, NO_WISHES);
  assert.deepEqual(parseDropFile(line(null)).head.dsn, NO_WISHES);
  for (const wrong of [
    { notify: 'SUCCESS' },
    { notify: ['NEVER'] },
    { ret: 'full' },
    { envid: '' },
    { envid: 'a\r\nb' },
  ]) {
    assert.throws(() => parseDropFile(line(wrong)), SyntaxFault, JSON.stringify(wrong));
  }
  assert.throws(() => parseDropFile(line({ envid: 'x'.repeat(34) })), /up to 33 printable characters/u);
});
