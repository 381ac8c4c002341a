import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseAddrSpec } from '../../formats/address/parse.ts';
import { receptionRig } from '../../../test/support/reception-rig.ts';
import { addTestAccount } from '../../../test/support/scratch-store.ts';
import { createRecipientJudge, type RelayRight } from './recipient-judge.ts';

test('RFC 5321 §3.3 RCPT is answered from the directory, by what the client may', async (t) => {
  const rig = await receptionRig(t);
  await addTestAccount(rig.store, 'ann@one.test');
  const off = await addTestAccount(rig.store, 'off@one.test');
  await rig.store.execute('account.change', off, { enabled: false });
  await rig.store.execute('account.add', { address: 'full@one.test', quotaBytes: 0 });
  await rig.store.execute('alias.add', { address: 'away@one.test', targets: ['ann@two.test'] });
  await rig.store.execute('alias.add', { address: 'half@one.test', targets: ['full@one.test', 'ann@one.test'] });
  await rig.store.execute('domain.add', { name: 'behind.test', kind: 'relay' });
  const judge = createRecipientJudge(rig.directory, rig.store.read);
  const cases: [string, RelayRight, string][] = [
    ['ann@one.test', 'nowhere', 'taken'],
    ['away@one.test', 'nowhere', 'taken'],
    ['nobody@one.test', 'anywhere', 'account-unknown'],
    ['off@one.test', 'anywhere', 'account-disabled'],
    ['full@one.test', 'anywhere', 'account-full'],
    ['half@one.test', 'nowhere', 'taken'],
    ['postmaster@one.test', 'nowhere', 'taken'],
    ['x@behind.test', 'nowhere', 'relay-denied'],
    ['x@behind.test', 'relay-domains', 'taken'],
    ['x@two.test', 'nowhere', 'relay-denied'],
    ['x@two.test', 'relay-domains', 'relay-denied'],
    ['x@[192.0.2.1]', 'relay-domains', 'relay-denied'],
    ['x@two.test', 'anywhere', 'taken'],
  ];
  for (const [address, right, expected] of cases) {
    const judgement = await judge.judge(parseAddrSpec(address)!, right);
    assert.equal(judgement.kind === 'taken' ? 'taken' : judgement.error.code, expected, `${address} ${right}`);
  }
});

test('a directory that cannot be read is our fault, never an unknown mailbox', async (t) => {
  const rig = await receptionRig(t);
  const directory = { resolve: async () => ({ kind: 'temporary', reason: 'directory-unavailable' }) as const };
  const judgement = await createRecipientJudge(directory, rig.store.read).judge(parseAddrSpec('a@b.test')!, 'anywhere');
  assert.ok(judgement.kind === 'refused' && judgement.error.temporary);
});
