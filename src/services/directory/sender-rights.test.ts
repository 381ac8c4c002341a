import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MemoryDirectory } from '../../../test/support/memory-directory.ts';
import { silentLog } from '../../base/log.ts';
import { parseAddrSpec } from '../../formats/address/parse.ts';
import { createDirectory } from './directory.ts';
import { matchesGrant } from './sender-rights.ts';

const READER = new MemoryDirectory({
  domains: {
    'one.test': { administrator: 'boss@one.test', catchAll: 'ann@one.test' },
    'other.test': { kind: 'alias', target: 'one.test' },
    'closed.test': { enabled: false },
  },
  accounts: ['boss@one.test', 'ann@one.test', 'bob@one.test', 'printer@one.test', 'eve@closed.test'],
  disabledAccounts: ['gone@one.test'],
  aliases: {
    'sales@one.test': ['ann@one.test', 'far@away.test'],
    'nested@one.test': ['team@one.test'],
    'loop@one.test': ['loop@one.test'],
  },
  groups: { 'team@one.test': ['ann@one.test', 'sales@one.test'] },
  sendAsGroups: { 'office@one.test': ['bob@one.test', 'sales@one.test'] },
  grants: {
    'printer@one.test': ['scan@two.test', '*@devices.test', 'not an address'],
    'gone@one.test': ['*@one.test'],
  },
});

const CASES: readonly [string, string, string, 'allowed' | 'not-owned'][] = [
  ['its own address', 'ann@one.test', 'ann@one.test', 'allowed'],
  ['in any spelling', 'ann@one.test', 'ANN@ONE.test', 'allowed'],
  ['through an alias domain', 'ann@one.test', 'ann@other.test', 'allowed'],
  ['a subaddress', 'ann@one.test', 'ann+shop@one.test', 'allowed'],
  ["somebody else's address", 'ann@one.test', 'bob@one.test', 'not-owned'],
  ["somebody else's subaddress", 'ann@one.test', 'bob+x@one.test', 'not-owned'],
  ['an alias that leads to it', 'ann@one.test', 'sales@one.test', 'allowed'],
  ['an alias that does not', 'bob@one.test', 'sales@one.test', 'not-owned'],
  ['a group without send-as', 'ann@one.test', 'team@one.test', 'not-owned'],
  ['an alias to a group without send-as', 'ann@one.test', 'nested@one.test', 'not-owned'],
  ['a group with send-as', 'bob@one.test', 'office@one.test', 'allowed'],
  ['a group with send-as, by an alias inside it', 'ann@one.test', 'office@one.test', 'allowed'],
  ['a group with send-as, not a member', 'printer@one.test', 'office@one.test', 'not-owned'],
  ['a catch-all grants nothing', 'ann@one.test', 'invented@one.test', 'not-owned'],
  ['an alias loop', 'ann@one.test', 'loop@one.test', 'not-owned'],
  ['a foreign address', 'ann@one.test', 'ann@away.test', 'not-owned'],
  ['a role address, by the administrator', 'boss@one.test', 'postmaster@one.test', 'allowed'],
  ['a role address, by anybody else', 'ann@one.test', 'postmaster@one.test', 'not-owned'],
  ['a granted address', 'printer@one.test', 'Scan@Two.test', 'allowed'],
  ['another address there', 'printer@one.test', 'scan2@two.test', 'not-owned'],
  ['a granted domain', 'printer@one.test', 'floor3@devices.test', 'allowed'],
  ['a domain below a granted one', 'printer@one.test', 'x@sub.devices.test', 'not-owned'],
  ['a disabled account, whatever is granted', 'gone@one.test', 'gone@one.test', 'not-owned'],
  ['an address in a disabled domain', 'eve@closed.test', 'eve@closed.test', 'not-owned'],
];

test('RFC 6409 §6.1 who may send as what', async () => {
  const directory = createDirectory({
    reader: READER,
    log: silentLog,
    isOwnHost: () => false,
    isRelayDomain: () => false,
  });
  for (const [title, account, sender, expected] of CASES) {
    assert.equal(await directory.senderAllowed(READER.idOf(account), parseAddrSpec(sender)), expected, title);
  }
  assert.equal(await directory.senderAllowed(1, null), 'allowed');
  assert.equal(await directory.senderAllowed(99, parseAddrSpec('ann@one.test')), 'not-owned');
  assert.equal(await directory.senderAllowed(1, { localPart: 'postmaster', domain: '' }), 'not-owned');
});

test('a grant covers one address or one domain', () => {
  const ann = parseAddrSpec('Ann@bücher.test')!;
  assert.equal(matchesGrant('ann@xn--bcher-kva.test', ann), true);
  assert.equal(matchesGrant('*@bücher.test', ann), true);
  for (const pattern of ['*', '*@*', 'a*@bücher.test', '@bücher.test', '', 'ann'])
    assert.equal(matchesGrant(pattern, ann), false, pattern);
});
