import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { SyntaxFault } from '../../base/errors/syntax-fault.ts';
import { formatPlainMessage, parsePlainMessage } from './plain-message.ts';
import {
  formatClientFinal,
  formatClientFinalWithoutProof,
  formatClientFirstBare,
  formatGs2Header,
  formatServerFinal,
  formatServerFirst,
  parseClientFinal,
  parseClientFirst,
  parseServerFinal,
  parseServerFirst,
  type Gs2Binding,
} from './scram-message.ts';

const text = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 60 }).map((s) => s.replaceAll('\0', '-'));
const octets = fc.uint8Array({ minLength: 1, maxLength: 80 }).map((bytes) => Buffer.from(bytes));
const nonce = fc.stringMatching(/^[!-+\--~]{1,60}$/);
const binding = fc.oneof(
  fc.constantFrom<Gs2Binding>({ kind: 'none' }, { kind: 'unoffered' }),
  fc.stringMatching(/^[A-Za-z0-9.-]{1,30}$/).map((type): Gs2Binding => ({ kind: 'used', type })),
);

const parsers = { parsePlainMessage, parseClientFirst, parseServerFirst, parseClientFinal, parseServerFinal };
const almost = fc
  .array(
    fc.constantFrom(
      'n',
      'y',
      'p=',
      ',',
      'a=',
      'n=',
      'r=',
      's=',
      'i=',
      'c=',
      'v=',
      'e=',
      'm=',
      'biws',
      '=2C',
      '4096',
      '\0',
      '=',
      'ä',
      ',p=',
    ),
    {
      maxLength: 24,
    },
  )
  .map((parts) => Buffer.from(parts.join('')));

for (const [name, parse] of Object.entries(parsers))
  test(`RFC 5802 §7 ${name} throws nothing but SyntaxFault`, () => {
    const survives = (message: Buffer): void => {
      try {
        parse(message);
      } catch (error) {
        assert.ok(error instanceof SyntaxFault);
      }
    };
    fc.assert(fc.property(almost, survives));
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => survives(Buffer.from(bytes))));
  });

test('RFC 4616 §2 what PLAIN formats it parses', () => {
  fc.assert(
    fc.property(fc.oneof(text, fc.constant('')), text, text, (authorizationId, name, password) => {
      const message = { authorizationId, name, password };
      assert.deepEqual(parsePlainMessage(formatPlainMessage(message)), message);
    }),
  );
});

test('RFC 5802 §7 what SCRAM formats it parses: client first', () => {
  fc.assert(
    fc.property(binding, fc.oneof(text, fc.constant('')), text, nonce, (binding, authorizationId, name, nonce) => {
      const gs2Header = formatGs2Header(binding, authorizationId);
      const bare = formatClientFirstBare(name, nonce);
      const expected = { binding, authorizationId, name, nonce, gs2Header, bare };
      assert.deepEqual(parseClientFirst(Buffer.from(gs2Header + bare)), expected);
    }),
  );
});

test('RFC 5802 §7 what SCRAM formats it parses: server first', () => {
  fc.assert(
    fc.property(nonce, octets, fc.integer({ min: 1, max: 9_999_999 }), (nonce, salt, iterations) => {
      const message = { nonce, salt, iterations };
      assert.deepEqual(parseServerFirst(Buffer.from(formatServerFirst(message))), message);
    }),
  );
});

test('RFC 5802 §7 what SCRAM formats it parses: the final messages', () => {
  fc.assert(
    fc.property(octets, nonce, octets, (channelBinding, nonce, proof) => {
      const withoutProof = formatClientFinalWithoutProof(channelBinding, nonce);
      const parsed = parseClientFinal(formatClientFinal(withoutProof, proof));
      assert.deepEqual(parsed, { channelBinding, nonce, proof, withoutProof });
      assert.deepEqual(parseServerFinal(formatServerFinal(proof)), { kind: 'verifier', signature: proof });
    }),
  );
});
