import assert from 'node:assert/strict';
import { test } from 'node:test';
import { unmatchedHash } from './argon2id.ts';
import { hashKind, readImportedPassword } from './hash-kind.ts';
import {
  ARGON2_LANES_MAX,
  ARGON2_MEMORY_MAX_KIB,
  ARGON2_WORK_MAX_KIB,
  BCRYPT_COST_MAX,
  HASH_TEXT_MAX_CHARACTERS,
} from './limits.ts';

const argon2 = (memory: number, passes: number, lanes: number): string =>
  `$argon2id$v=19$m=${memory},t=${passes},p=${lanes}$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc`;
const bcrypt = (version: string, cost: string): string => `$${version}$${cost}$${'C'.repeat(53)}`;
const SHA512_CRYPT = `$6$salt$${'a'.repeat(86)}`;
const SSHA = '{SSHA}awc/Cj0kafyFd5d8fGn07xoHBJJzYWx0c2FsdA==';

const kinds: [string, string, ReturnType<typeof hashKind>][] = [
  ['our own', unmatchedHash(Buffer.alloc(64)), 'argon2id'],
  ['argon2id of RFC 9106 §4', argon2(65_536, 3, 4), 'argon2id'],
  ['the most memory', argon2(ARGON2_MEMORY_MAX_KIB, 4, 1), 'argon2id'],
  ['more memory', argon2(ARGON2_MEMORY_MAX_KIB + 1, 1, 1), null],
  ['more work', argon2(ARGON2_MEMORY_MAX_KIB, ARGON2_WORK_MAX_KIB / ARGON2_MEMORY_MAX_KIB + 1, 1), null],
  ['more lanes', argon2(65_536, 1, ARGON2_LANES_MAX + 1), null],
  ['no lanes', argon2(65_536, 1, 0), null],
  ['no passes', argon2(65_536, 0, 1), null],
  ['too little memory', argon2(7, 1, 1), null],
  ['argon2i', argon2(65_536, 3, 4).replace('argon2id', 'argon2i'), null],
  ['bcrypt 2a', bcrypt('2a', '04'), 'bcrypt'],
  ['bcrypt 2b', bcrypt('2b', '12'), 'bcrypt'],
  ['bcrypt 2y', bcrypt('2y', String(BCRYPT_COST_MAX)), 'bcrypt'],
  ['costly bcrypt', bcrypt('2y', String(BCRYPT_COST_MAX + 1)), null],
  ['cheap bcrypt', bcrypt('2y', '03'), null],
  ['faulty bcrypt', bcrypt('2x', '10'), null],
  ['short bcrypt', bcrypt('2b', '10').slice(0, -1), null],
  ['sha512-crypt', SHA512_CRYPT, 'sha512-crypt'],
  ['{SSHA}', SSHA, 'ssha'],
  ['{ssha}', SSHA.replace('SSHA', 'ssha'), 'ssha'],
  ['{SSHA256}', `{SSHA256}${'A'.repeat(48)}`, 'ssha256'],
  ['{SSHA512}', `{SSHA512}${'A'.repeat(96)}`, 'ssha512'],
  ['{SSHA} without salt', `{SSHA}${Buffer.alloc(20).toString('base64')}`, null],
  ['{SSHA} with a huge salt', `{SSHA}${Buffer.alloc(85).toString('base64')}`, null],
  ['{SHA}', `{SHA}${Buffer.alloc(20).toString('base64')}`, null],
  ['md5-crypt', '$1$salt$qJH7.N4xYta3aEG/dfqo/0', null],
  ['a word', 'secret', null],
  ['nothing', '', null],
  ['a novel', `{SSHA}${'A'.repeat(HASH_TEXT_MAX_CHARACTERS)}`, null],
];

for (const [title, text, kind] of kinds) test(`the kind of ${title}`, () => assert.equal(hashKind(text), kind));

test('an import takes ready hashes, with the names that other servers put in front', () => {
  for (const [text, passwordHash, kind] of [
    [SHA512_CRYPT, SHA512_CRYPT, 'sha512-crypt'],
    [`{SHA512-CRYPT}${SHA512_CRYPT}`, SHA512_CRYPT, 'sha512-crypt'],
    [`{crypt}${SHA512_CRYPT}`, SHA512_CRYPT, 'sha512-crypt'],
    [`{BLF-CRYPT}${bcrypt('2y', '05')}`, bcrypt('2y', '05'), 'bcrypt'],
    [`{ARGON2ID}${argon2(65_536, 3, 1)}`, argon2(65_536, 3, 1), 'argon2id'],
    [SSHA, SSHA, 'ssha'],
  ] as const)
    assert.deepEqual(readImportedPassword(text), { kind: 'hash', passwordHash, hashKind: kind });
});

test('an import takes plain passwords', () => {
  for (const [text, password] of [
    ['secret', 'secret'],
    ['pa$$word', 'pa$$word'],
    ['{', '{'],
    ['{PLAIN}{SSHA}x', '{SSHA}x'],
    ['{plain}$1$x', '$1$x'],
    ['$ecret', '$ecret'],
  ])
    assert.deepEqual(readImportedPassword(text!), { kind: 'plain', password });
});

test('an import refuses hashes that nobody could sign in with, without repeating them', () => {
  for (const text of [
    '$1$salt$qJH7.N4xYta3aEG/dfqo/0',
    '{SHA}qJH7N4xYta3aEG',
    '{CRYPT}abJnggxhB/yWI',
    bcrypt('2y', '31'),
  ]) {
    const read = readImportedPassword(text);
    assert.ok(read.kind === 'refused');
    assert.match(read.reason, /looks like a password hash/);
    assert.doesNotMatch(read.reason, /qJH7|Jngg|CCC/);
  }
  assert.deepEqual(readImportedPassword(''), { kind: 'refused', reason: 'the password is empty' });
  assert.deepEqual(readImportedPassword('{PLAIN}'), { kind: 'refused', reason: 'the password is empty' });
});
