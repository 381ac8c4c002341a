import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { SITE_TEXT_MAX_CHARACTERS } from './limits.ts';
import { mxSiteKey } from './site-key.ts';

const host = fc.record(
  {
    name: fc.oneof(fc.domain(), fc.string({ unit: fc.constantFrom('a', ',', ';', ':', '.', '~'), minLength: 1 })),
    preference: fc.nat(3),
  },
  { noNullPrototype: true },
);
const hosts = fc.array(host, { minLength: 1, maxLength: 12 });

/** The set that a key stands for, written so that nothing can be confused. */
function meaning(list: readonly { name: string; preference: number }[]): string {
  const preferences = [...new Set(list.map((h) => h.preference))].sort((a, b) => a - b);
  return JSON.stringify(
    preferences.map((p) => [...new Set(list.filter((h) => h.preference === p).map((h) => h.name))].sort()),
  );
}

test('the order of hosts and the numbers of preferences do not matter', () => {
  fc.assert(
    fc.property(hosts, fc.nat(100), (list, more) => {
      const other = list.toReversed().map((h) => ({ ...h, preference: h.preference * 2 + more }));
      assert.equal(mxSiteKey(other, 25), mxSiteKey(list, 25));
      assert.notEqual(mxSiteKey(list, 26), mxSiteKey(list, 25));
      assert.ok(mxSiteKey(list, 25).length <= SITE_TEXT_MAX_CHARACTERS + 200);
    }),
  );
});

test('different sets have different keys', () => {
  fc.assert(
    fc.property(hosts, hosts, (first, second) => {
      assert.equal(mxSiteKey(first, 25) === mxSiteKey(second, 25), meaning(first) === meaning(second));
    }),
  );
});

test('short sets are readable, long ones a fingerprint behind the first name', () => {
  const short = [
    { name: 'mx2.test', preference: 5 },
    { name: 'mx1.test', preference: 5 },
    { name: 'b.test', preference: 9 },
  ];
  assert.equal(mxSiteKey(short, 25), 'mx1.test,mx2.test;b.test:25');
  const long = Array.from({ length: 20 }, (_, i) => ({ name: `mx${i + 10}.two.test`, preference: 0 }));
  assert.match(mxSiteKey(long, 25), /^mx10\.two\.test\+~[\w-]{22}:25$/);
});
