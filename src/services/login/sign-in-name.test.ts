import assert from 'node:assert/strict';
import { test } from 'node:test';
import { normalizeSignInName } from './sign-in-name.ts';

const names: [string, string | null, string | null][] = [
  ['ann@one.test', null, 'ann@one.test'],
  ['Ann@ONE.test', 'two.test', 'ann@one.test'],
  [' ann@one.test\n', null, 'ann@one.test'],
  ['ann', 'one.test', 'ann@one.test'],
  ['ANN', 'One.Test', 'ann@one.test'],
  ['ann', null, null],
  ['', 'one.test', null],
  ['@one.test', null, null],
  ['ann@', 'one.test', null],
  ['ann@one@test', null, null],
  ['"a b"@one.test', null, 'a b@one.test'],
  ['"a@b"@one.test', null, 'a@b@one.test'],
  ['ann smith', 'one.test', null],
  ['Jürgen@müller.test', null, 'jürgen@xn--mller-kva.test'],
  ['ju\u0308rgen@xn--mller-kva.test', null, 'jürgen@xn--mller-kva.test'],
  ['a\u0000b', 'one.test', null],
  ['n'.repeat(500), 'one.test', null],
];

for (const [name, defaultDomain, expected] of names)
  test(`RFC 8265 §3.5 the name ${JSON.stringify(name.slice(0, 40))} with default domain ${defaultDomain}`, () => {
    const normalized = normalizeSignInName(name, defaultDomain);
    const text = normalized === null ? null : `${normalized.localKey}@${normalized.domainKey}`;
    assert.equal(text, expected);
  });
