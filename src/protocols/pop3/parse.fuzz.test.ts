import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { SyntaxFault } from '../../base/errors/syntax-fault.ts';
import type { Pop3Command } from './commands.ts';
import { formatCommand } from './format.ts';
import { parseCommand, parseSaslResponse } from './parse.ts';

const VERBS = 'USER PASS AUTH LIST UIDL RETR DELE TOP LANG STAT NOOP RSET QUIT CAPA STLS UTF8'.split(' ');

const line = fc.oneof(
  fc.uint8Array({ maxLength: 300 }).map((octets) => Buffer.from(octets)),
  fc
    .tuple(fc.constantFrom(...VERBS), fc.string({ unit: 'grapheme', maxLength: 40 }))
    .map(([verb, rest]) => Buffer.from(`${verb} ${rest}`)),
);

test('any octets are a command or a SyntaxFault', () => {
  fc.assert(
    fc.property(line, (octets) => {
      for (const parse of [parseCommand, parseSaslResponse]) {
        try {
          parse(octets);
        } catch (error) {
          assert.ok(error instanceof SyntaxFault, String(error));
        }
      }
    }),
    { numRuns: 2_000 },
  );
});

const printable = fc
  .string({ unit: 'grapheme', minLength: 1, maxLength: 30 })
  .filter((text) => text.trim() !== '' && !/[\u0000-\u001f\u007f]/u.test(text) && text.isWellFormed());
const number = fc.integer({ min: 0, max: 9_999_999_999 });
const base64 = fc.uint8Array({ minLength: 1, maxLength: 50 }).map((octets) => Buffer.from(octets).toString('base64'));

const command: fc.Arbitrary<Pop3Command> = fc.oneof(
  fc.record({ verb: fc.constant('USER' as const), name: printable.map((name) => name.trim()) }),
  fc.record({ verb: fc.constant('PASS' as const), password: printable }),
  fc.record({
    verb: fc.constant('AUTH' as const),
    mechanism: fc.constantFrom('PLAIN', 'SCRAM-SHA-256-PLUS'),
    initialResponse: fc.oneof(fc.constant(null), fc.constant('='), base64),
  }),
  fc.record({ verb: fc.constantFrom('LIST' as const, 'UIDL' as const), message: fc.option(number) }),
  fc.record({ verb: fc.constantFrom('RETR' as const, 'DELE' as const), message: number }),
  fc.record({ verb: fc.constant('TOP' as const), message: number, lines: number }),
  fc.record({ verb: fc.constant('LANG' as const), language: fc.constantFrom(null, '*', 'en', 'i-default') }),
  fc.record({ verb: fc.constantFrom('STAT' as const, 'NOOP' as const, 'QUIT' as const, 'UTF8' as const) }),
);

test('parseCommand(formatCommand(x)) is x', () => {
  fc.assert(
    fc.property(command, (value) => {
      assert.deepEqual(parseCommand(Buffer.from(formatCommand(value))), { ...value });
    }),
  );
});
