import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MemoryDirectory } from '../../../test/support/memory-directory.ts';
import { silentLog } from '../../base/log.ts';
import { formatAddrSpec, parseAddrSpec } from '../../formats/address/parse.ts';
import { createDirectory } from './directory.ts';

const READER = new MemoryDirectory({
  domains: {
    'one.test': {},
    'other.test': { kind: 'alias', target: 'one.test' },
    'catch.test': { catchAll: 'c@one.test' },
  },
  accounts: ['ann@one.test'],
  aliases: {
    'a@one.test': ['b@one.test', 'ann@one.test'],
    'b@one.test': ['New@other.test'],
    'c@one.test': ['x+tag@one.test'],
    'wild@one.test': ['wild2@one.test'],
    'wild2@one.test': ['wild@one.test'],
  },
});

const CASES: readonly [string, string, readonly string[], string | null][] = [
  ['no cycle', 'new@one.test', ['ann@one.test', 'far@away.test'], null],
  ['to itself', 'new@one.test', ['ann@one.test', 'NEW@one.test'], 'new@one.test > new@one.test'],
  [
    'over two others and an alias domain',
    'new@one.test',
    ['a@one.test'],
    'new@one.test > a@one.test > b@one.test > new@one.test',
  ],
  [
    'over a catch-all and a subaddress',
    'x@one.test',
    ['any@catch.test'],
    'x@one.test > any@catch.test > c@one.test > x+tag@one.test > x@one.test',
  ],
  ['a subaddress of itself', 'a@one.test', ['a+x@one.test'], 'a@one.test > a+x@one.test > a@one.test'],
  ['a cycle of others is not its own', 'new@one.test', ['wild@one.test'], null],
  ['a foreign address of the same name', 'ann@away.test', ['ann@one.test'], null],
];

test('a cycle is found before an alias is stored', async () => {
  const directory = createDirectory({
    reader: READER,
    log: silentLog,
    isOwnHost: () => false,
    isRelayDomain: () => false,
  });
  for (const [title, address, targets, expected] of CASES) {
    const way = await directory.findAliasCycle(
      parseAddrSpec(address)!,
      targets.map((t) => parseAddrSpec(t)!),
    );
    assert.equal(way === null ? null : way.map(formatAddrSpec).join(' > '), expected, title);
  }
});
