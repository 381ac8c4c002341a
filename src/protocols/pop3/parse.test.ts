import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SyntaxFault } from '../../base/errors/syntax-fault.ts';
import type { Pop3Command } from './commands.ts';
import { parseCommand, parseSaslResponse } from './parse.ts';

const VALID: [string, Pop3Command][] = [
  ['USER alice', { verb: 'USER', name: 'alice' }],
  ['user  Alice Example ', { verb: 'USER', name: 'Alice Example' }],
  ['PASS  two  spaces ', { verb: 'PASS', password: ' two  spaces ' }],
  ['PASS straße', { verb: 'PASS', password: 'straße' }],
  ['AUTH', { verb: 'AUTH', mechanism: null, initialResponse: null }],
  ['auth plain', { verb: 'AUTH', mechanism: 'PLAIN', initialResponse: null }],
  ['AUTH PLAIN =', { verb: 'AUTH', mechanism: 'PLAIN', initialResponse: '=' }],
  ['AUTH SCRAM-SHA-256 biws', { verb: 'AUTH', mechanism: 'SCRAM-SHA-256', initialResponse: 'biws' }],
  ['LIST', { verb: 'LIST', message: null }],
  ['LIST ', { verb: 'LIST', message: null }],
  ['UIDL 12', { verb: 'UIDL', message: 12 }],
  ['Retr 9999999999', { verb: 'RETR', message: 9_999_999_999 }],
  ['DELE 007', { verb: 'DELE', message: 7 }],
  ['TOP 1  0', { verb: 'TOP', message: 1, lines: 0 }],
  ['STAT ', { verb: 'STAT' }],
  ['LANG *', { verb: 'LANG', language: '*' }],
];

for (const [line, expected] of VALID) {
  test(`RFC 2449 §4 parses ${JSON.stringify(line)}`, () => {
    assert.deepEqual(parseCommand(Buffer.from(line)), expected);
  });
}

const INVALID = [
  '',
  ' ',
  ' STAT',
  'USER',
  'USER ',
  'PASS',
  'PASS   ',
  'STAT 1',
  'RETR',
  'RETR 1 2',
  'RETR +1',
  'RETR 1.0',
  'RETR ٣',
  'RETR 11111111111',
  'TOP 1',
  'TOP 1 2 3',
  'AUTH PLAIN a',
  'AUTH PLAIN ==',
  'AUTH PLAIN biws biws',
  'AUTH P/AIN',
  'LANG a b',
  'APOP a b',
  'PASS a\tb',
  'USER \u007f',
];

for (const line of INVALID) {
  test(`RFC 2449 §4 refuses ${JSON.stringify(line)}`, () => {
    assert.throws(() => parseCommand(Buffer.from(line)), SyntaxFault);
  });
}

test('RFC 5034 §4 a response is base64, empty, or the star that cancels', () => {
  assert.deepEqual(parseSaslResponse(Buffer.from('YWI=')), Buffer.from('ab'));
  assert.deepEqual(parseSaslResponse(Buffer.from('')), Buffer.alloc(0));
  assert.equal(parseSaslResponse(Buffer.from('*')), null);
  for (const text of ['=', '**', 'YWI', 'YW I=', 'Y===']) {
    assert.throws(() => parseSaslResponse(Buffer.from(text)), SyntaxFault, text);
  }
});
