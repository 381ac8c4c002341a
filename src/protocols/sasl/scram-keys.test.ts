import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deriveScramKeys, fakeScramVerifier, isScramProof, scramHmac, scramProof } from './scram-keys.ts';

test('RFC 5802 §5 the example of SCRAM-SHA-1', async () => {
  const salt = Buffer.from('QSXCR+Q6sek8bf92', 'base64');
  const keys = await deriveScramKeys({ password: 'pencil', salt, iterations: 4096, hash: 'sha1' });
  const nonce = 'fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j';
  const authMessage = `n=user,r=fyko+d2lbbFgONRv9qkxdawL,r=${nonce},s=QSXCR+Q6sek8bf92,i=4096,c=biws,r=${nonce}`;
  assert.equal(scramProof('sha1', keys, authMessage).toString('base64'), 'v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=');
  assert.equal(scramHmac('sha1', keys.serverKey, authMessage).toString('base64'), 'rmF9pqV8S7suAoZWja4dJRkFsKQ=');
});

test('RFC 5802 §3 a proof fits the verifier of its password only, and its message only', async () => {
  const salt = Buffer.from('0123456789abcdef');
  const right = await deriveScramKeys({ password: 'right', salt, iterations: 4096, hash: 'sha256' });
  const wrong = await deriveScramKeys({ password: 'wrong', salt, iterations: 4096, hash: 'sha256' });
  const verifier = { salt, iterations: 4096, ...right };
  const proof = scramProof('sha256', right, 'one');
  assert.equal(isScramProof(verifier, 'one', proof), true);
  assert.equal(isScramProof(verifier, 'two', proof), false);
  assert.equal(isScramProof(verifier, 'one', scramProof('sha256', wrong, 'one')), false);
  assert.equal(isScramProof(verifier, 'one', proof.subarray(1)), false);
  assert.equal(isScramProof(verifier, 'one', Buffer.alloc(0)), false);
});

test('RFC 5802 §5.1 an unknown name has a stable salt that depends on the secret', () => {
  const shape = { saltOctets: 16, iterations: 20_000 };
  const secret = Buffer.alloc(32, 1);
  const first = fakeScramVerifier(secret, 'nobody@one.test', shape);
  assert.deepEqual(fakeScramVerifier(secret, 'nobody@one.test', shape), first);
  assert.equal(first.salt.length, 16);
  assert.equal(first.storedKey.length, 32);
  assert.notDeepEqual(fakeScramVerifier(secret, 'other@one.test', shape).salt, first.salt);
  assert.notDeepEqual(fakeScramVerifier(Buffer.alloc(32, 2), 'nobody@one.test', shape).salt, first.salt);
});
