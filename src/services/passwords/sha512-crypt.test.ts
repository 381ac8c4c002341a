import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SHA512_CRYPT_ROUNDS_MAX } from './limits.ts';
import { isSha512Crypt, verifySha512Crypt } from './sha512-crypt.ts';

// The first two are the specification's own; the others were made by libxcrypt.
const known: [string, string][] = [
  [
    'Hello world!',
    '$6$saltstring$svn8UoSVapNtMuq1ukKS4tPQd8iKwSMHWjl/O817G3uBnIFNjnQJuesI68u4OTLiBFdcbYEdFCoEOfaS35inz1',
  ],
  [
    'Hello world!',
    '$6$rounds=10000$saltstringsaltst$OW1/O6BYHV6BcXZu8QVeXbDWra3Oeqh0sbHbbMCVNSnCM/UrjmM0Dp8vOuZeHBy/YTBmSK6H9qs/y3RnOaw5v.',
  ],
  ['', '$6$abc$mJP3a6FyA8uCnzRtlnNypPwjnvpi5TP9qOrInzrfDmwxUQG38PkpCPdqfTb8JQfAngapMxeim4AZ..hSdRRzD.'],
  [
    'pässwörd 🐎',
    '$6$rounds=1234$x$vH2KTVJYwBAHN/DE7rQ9bvbBYpCoYN14hrsKiTZbcO.CiYVzCxOFTe2.XMczbrAslji/Y5IcZgBKjyRnmvKUh.',
  ],
  [
    'x'.repeat(200),
    '$6$rounds=1000$0123456789abcdef$7DmgiDLZCfTc6NxYO4iWOBhs6PBzow6c1u6u8MmeQAswA0NsU0JsYsJLzMjAva.9iZwhyXXKhuHVO6C9MB1bt1',
  ],
  ['a', '$6$$ek/ucQg0IM8SQLyD2D66mpoW0vAF26eA0/pqoN95V.F0nZh1IFuENNo0OikacRkDBk5frNqziMYMdVVrQ0o.51'],
];

for (const [password, hash] of known)
  test(`sha512-crypt ${hash.slice(0, 24)}`, async () => {
    assert.equal(isSha512Crypt(hash), true);
    assert.equal(await verifySha512Crypt(hash, password), true);
    assert.equal(await verifySha512Crypt(hash, `${password}x`), false);
  });

test('sha512-crypt refuses rounds out of bounds, a long salt and broken text', async () => {
  const digest = 'a'.repeat(86);
  assert.equal(isSha512Crypt(`$6$rounds=${SHA512_CRYPT_ROUNDS_MAX}$salt$${digest}`), true);
  for (const text of [
    `$6$rounds=${SHA512_CRYPT_ROUNDS_MAX + 1}$salt$${digest}`,
    `$6$rounds=999$salt$${digest}`,
    `$6$rounds=x$salt$${digest}`,
    `$6$${'s'.repeat(17)}$${digest}`,
    `$6$sä$${digest}`,
    `$6$salt$${digest}a`,
    `$5$salt$${digest}`,
    `$6$salt$`,
    '',
  ]) {
    assert.equal(isSha512Crypt(text), false, text);
    assert.equal(await verifySha512Crypt(text, 'x'), false);
  }
});

test('sha512-crypt gives other work its turn', async () => {
  let turns = 0;
  const count = (): void => {
    turns++;
    timer = setImmediate(count);
  };
  let timer = setImmediate(count);
  await verifySha512Crypt(known[1]![1], 'x');
  clearImmediate(timer);
  assert.ok(turns >= 10);
});
