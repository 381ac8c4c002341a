import assert from 'node:assert/strict';
import { test } from 'node:test';
import { preparePassword } from './prepare-password.ts';

const cases: [string, string, string][] = [
  ['a soft hyphen is mapped to nothing', 'I\u00adX', 'IX'],
  ['ASCII stays', 'user', 'user'],
  ['case is kept', 'USER', 'USER'],
  ['NFKC of a feminine ordinal', '\u00aa', 'a'],
  ['NFKC of a Roman numeral', '\u2168', 'IX'],
  ['a space of another kind is a space', 'a\u00a0b', 'a b'],
  ['composed and decomposed are the same', 'u\u0308', '\u00fc'],
  ['unassigned in Unicode 3.2', '🐎🔋', '🐎🔋'],
  ['a prohibited character leaves it as it is', 'a\u0007b', 'a\u0007b'],
  ['mixed directions leave it as it is', '\u06271', '\u06271'],
  ['nothing left leaves it as it is', '\u00ad', '\u00ad'],
];

for (const [title, password, prepared] of cases)
  test(`RFC 4013 §3 ${title}`, () => assert.equal(preparePassword(password), prepared));
