// The directory over the embedded store: what the store holds is what resolution finds.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addTestAccount, openScratchStore } from '../../../test/support/scratch-store.ts';
import { silentLog } from '../../base/log.ts';
import { formatAddrSpec, parseAddrSpec } from '../../formats/address/parse.ts';
import { readDirectory } from '../../storage/stored-directory.ts';
import { createDirectory } from './directory.ts';
import type { DirectoryReader } from './directory-reader.ts';

test('mail finds its mailboxes over the store', async (t) => {
  const store = await openScratchStore(t);
  const boss = await addTestAccount(store, 'boss@one.test');
  const ann = await addTestAccount(store, 'Jürgen@bücher.test');
  await store.execute('account.change', boss, { role: 'administrator' });
  await store.execute('domain.add', { name: 'other.test', kind: 'alias', target: 'one.test' });
  await store.execute('domain.add', { name: 'relay.test', kind: 'relay' });
  await store.execute('domain.change', 'bücher.test', { catchAll: 'boss@one.test' });
  const targets = ['boss+team@one.test', 'jürgen@xn--bcher-kva.test', 'far@away.test'];
  await store.execute('alias.add', { address: 'team@one.test', kind: 'group', targets });
  const reader: DirectoryReader = readDirectory(store.read);
  const directory = createDirectory({ reader, log: silentLog, isOwnHost: () => false, isRelayDomain: () => false });

  const reached = async (text: string): Promise<unknown> => {
    const verdict = await directory.resolve(parseAddrSpec(text)!);
    if (verdict.kind !== 'deliver') return verdict.kind;
    return [...verdict.accounts.map(({ accountId }) => accountId), ...verdict.foreign.map(formatAddrSpec)];
  };
  assert.deepEqual(await reached('JÜRGEN+x@xn--bcher-kva.test'), [ann]);
  assert.deepEqual(await reached('whoever@bücher.test'), [boss]);
  assert.deepEqual(await reached('abuse@bücher.test'), [boss]);
  assert.deepEqual(await reached('team@other.test'), [boss, ann, 'far@away.test']);
  assert.deepEqual(await reached('nobody@one.test'), 'unknown-mailbox');
  assert.deepEqual(await reached('x@relay.test'), 'relay');
  assert.equal(await directory.senderAllowed(ann, parseAddrSpec('team@one.test')), 'not-owned');
  await store.execute('alias.change', 'team@one.test', { sendAs: true });
  assert.equal(await directory.senderAllowed(ann, parseAddrSpec('team@one.test')), 'allowed');
});
