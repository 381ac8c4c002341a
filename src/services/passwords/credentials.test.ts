import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deriveScramKeys } from '../../protocols/sasl/index.ts';
import { isCurrentHash, unmatchedHash } from './argon2id.ts';
import { areCurrent, deriveCredentials, verifyPassword } from './credentials.ts';
import { SCRAM_ITERATIONS, SCRAM_SALT_OCTETS } from './limits.ts';
import { formatScramVerifier, parseScramVerifier } from './scram-verifier.ts';

test('a password gets an argon2id hash and a SCRAM verifier, each with its own salt', async () => {
  const [one, two] = await Promise.all([deriveCredentials('secret'), deriveCredentials('secret')]);
  assert.match(one.passwordHash, /^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
  assert.notEqual(one.passwordHash, two.passwordHash);
  assert.notDeepEqual(one.scram.salt, two.scram.salt);
  assert.equal(one.scram.salt.length, SCRAM_SALT_OCTETS);
  const { salt, iterations } = one.scram;
  const keys = await deriveScramKeys({ password: 'secret', salt, iterations, hash: 'sha256' });
  assert.deepEqual([keys.storedKey, keys.serverKey], [one.scram.storedKey, one.scram.serverKey]);
  assert.equal(await verifyPassword(one.passwordHash, 'secret'), true);
  assert.equal(await verifyPassword(one.passwordHash, 'Secret'), false);
});

test('RFC 4013 §2 passwords that SASLprep makes equal are equal', async () => {
  const { passwordHash } = await deriveCredentials('u\u0308ber');
  assert.equal(await verifyPassword(passwordHash, '\u00fcber'), true);
  assert.equal(await verifyPassword(passwordHash, 'uber'), false);
});

// Made by other programs: the argon2 and bcrypt authors' own examples, and Python.
const imported: [string, string, string][] = [
  ['argon2id', '$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4', 'password'],
  ['bcrypt', '$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW', 'U*U'],
  ['sha512-crypt', '$6$$ek/ucQg0IM8SQLyD2D66mpoW0vAF26eA0/pqoN95V.F0nZh1IFuENNo0OikacRkDBk5frNqziMYMdVVrQ0o.51', 'a'],
  ['{SSHA}', '{SSHA}awc/Cj0kafyFd5d8fGn07xoHBJJzYWx0c2FsdA==', 'correct horse'],
  ['{SSHA256}', '{SSHA256}YflVcOMs6k7tbGkQbQNVn6/ehAnUAVltiLPKHBWGi2tzYWx0c2FsdA==', 'correct horse'],
  [
    '{SSHA512}',
    '{SSHA512}50rsRNBf8j3I5xE+QwaHdFyMhOzITssZ8BB3UxwQ+SI1JKygYm6ZeRYTDuUyFZIIqDonoTuXwB0Z/MAPhgQCFHNhbHRzYWx0',
    'correct horse',
  ],
];

for (const [kind, hash, password] of imported)
  test(`an imported ${kind} hash is verified and is due for our own`, async () => {
    assert.equal(await verifyPassword(hash, password), true);
    assert.equal(await verifyPassword(hash, `${password}.`), false);
    assert.equal(areCurrent(hash, null), false);
  });

test('an imported hash of unprepared text is verified', async () => {
  // {SSHA} of 'I', soft hyphen, 'X' with the salt 'salt'.
  const hash = '{SSHA}TEX6ruW5ZWHepPrInP2LQUHxpXBzYWx0';
  assert.equal(await verifyPassword(hash, 'I\u00adX'), true);
  assert.equal(await verifyPassword(hash, 'IX'), false);
});

test('nobody’s hash looks like one of ours and fits no password', async () => {
  assert.ok(isCurrentHash(unmatchedHash(Buffer.alloc(64, 7))));
  assert.notEqual(unmatchedHash(Buffer.alloc(64, 7)), unmatchedHash(Buffer.alloc(64, 8)));
  assert.equal(await verifyPassword(unmatchedHash(Buffer.alloc(64, 7)), 'secret'), false);
});

test('a stored hash of an unknown kind is our fault, not the client’s', async () => {
  await assert.rejects(verifyPassword('$1$x$y', 'secret'), { code: 'auth-temporary', temporary: true });
});

test('credentials of our making are current; weaker ones are not', async () => {
  const { passwordHash, scram } = await deriveCredentials('secret');
  assert.equal(areCurrent(passwordHash, scram), true);
  assert.equal(areCurrent(passwordHash, null), false);
  assert.equal(areCurrent(passwordHash, { ...scram, iterations: SCRAM_ITERATIONS - 1 }), false);
  assert.equal(areCurrent(passwordHash.replace('t=2', 't=1'), scram), false);
});

test('RFC 5803 §4 a verifier is stored as text', async () => {
  const { scram } = await deriveCredentials('secret');
  const text = formatScramVerifier(scram);
  assert.match(text, /^SCRAM-SHA-256\$20000:[^$:]+\$[^$:]+:[^$:]+$/);
  assert.deepEqual(parseScramVerifier(text), scram);
  for (const broken of ['', text.slice(0, -1), text.replace('256', '1'), text.replace('20000', '0'), `${text}x`])
    assert.equal(parseScramVerifier(broken), null, broken);
});
