import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { MemoryDirectory } from '../../../test/support/memory-directory.ts';
import { silentLog } from '../../base/log.ts';
import type { AddrSpec } from '../../formats/address/addr-spec.ts';
import { localKey } from '../../formats/address/local-part.ts';
import { parseAddrSpec } from '../../formats/address/parse.ts';
import { createDirectory } from './directory.ts';

const NAMES = ['a', 'b', 'c', 'd', 'e', 'f'];
const ACCOUNTS = ['ann@one.test', 'bob@one.test'];
const target = fc.oneof(
  fc.constantFrom(...NAMES.map((name) => `${name}@one.test`)),
  fc.constantFrom(...ACCOUNTS, 'nobody@one.test', 'x@away.test', 'a+t@two.test'),
);
/** Any tangle of aliases, cycles included; some names are nothing. */
const tangle: fc.Arbitrary<Record<string, readonly string[]>> = fc
  .array(fc.tuple(fc.constantFrom(...NAMES), fc.array(target, { maxLength: 4 })))
  .map((entries) => Object.fromEntries(entries.map(([name, targets]) => [`${name}@one.test`, targets])));

function build(aliases: Record<string, readonly string[]>) {
  const reader = new MemoryDirectory({
    domains: { 'one.test': { administrator: 'ann@one.test' }, 'two.test': { kind: 'alias', target: 'one.test' } },
    accounts: ACCOUNTS,
    aliases,
  });
  return createDirectory({ reader, log: silentLog, isOwnHost: () => false, isRelayDomain: () => false });
}

test('any tangle of aliases ends, reaches everybody once, and nobody who is not behind it', () => {
  return fc.assert(
    fc.asyncProperty(tangle, fc.constantFrom(...NAMES), async (aliases, name) => {
      const reached = new Set<string>();
      const walk = (text: string): void => {
        const key = text.replace('a+t@two.test', 'a@one.test');
        if (reached.has(key)) return;
        reached.add(key);
        for (const next of aliases[key] ?? []) walk(next);
      };
      walk(`${name}@one.test`);
      const verdict = await build(aliases).resolve(parseAddrSpec(`${name}@one.test`)!);
      const behind = ACCOUNTS.filter((account) => reached.has(account));
      const got = verdict.kind === 'deliver' ? verdict.accounts.map(({ address }) => address).sort() : [];
      assert.deepEqual(got, behind);
      assert.equal(verdict.kind === 'deliver' && verdict.foreign.length === 1, reached.has('x@away.test'));
    }),
  );
});

test('a directory whose aliases were all checked for cycles has none', () => {
  return fc.assert(
    fc.asyncProperty(tangle, async (aliases) => {
      const kept: Record<string, readonly string[]> = {};
      for (const [address, targets] of Object.entries(aliases)) {
        const specs = targets.map((text) => parseAddrSpec(text)!);
        if ((await build(kept).findAliasCycle(parseAddrSpec(address)!, specs)) === null) kept[address] = targets;
      }
      for (const name of NAMES) {
        const verdict = await build(kept).resolve(parseAddrSpec(`${name}@one.test`)!);
        assert.notEqual(verdict.kind, 'loop');
      }
    }),
  );
});

const anyAddress: fc.Arbitrary<AddrSpec> = fc.record(
  {
    localPart: fc.string({ unit: 'grapheme', minLength: 1 }),
    domain: fc.constantFrom('one.test', 'two.test', '', 'away.test'),
  },
  { noNullPrototype: true },
);

test('any address gets a verdict, and the same one in capitals', () => {
  return fc.assert(
    fc.asyncProperty(anyAddress, fc.integer(), async (address, accountId) => {
      const directory = build({});
      const verdict = await directory.resolve(address);
      const shouted = { ...address, localPart: address.localPart.toUpperCase() };
      if (localKey(shouted.localPart) === localKey(address.localPart)) {
        assert.equal((await directory.resolve(shouted)).kind, verdict.kind);
      }
      assert.equal(await directory.senderAllowed(accountId + 10, address), 'not-owned');
    }),
  );
});
