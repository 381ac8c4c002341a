import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openContractStore } from '../../test/support/contract-store.ts';
import { addTestAccount } from '../../test/support/scratch-store.ts';
import { readDirectory } from './stored-directory.ts';

test('domains, accounts and aliases are found by their keys', async (t) => {
  const store = await openContractStore(t);
  const ann = await addTestAccount(store, 'Ann@One.test');
  const directory = readDirectory(store.read);
  const domain = await directory.findDomain('one.test');
  assert.equal(domain?.kind, 'local');
  assert.deepEqual(await directory.findAdministrator(domain.id), {
    id: ann,
    address: 'Ann@One.test',
    enabled: true,
    quotaBytes: null,
  });
  assert.deepEqual(await directory.findFirstDomain(), domain);
  assert.deepEqual(await directory.findAddress(domain.id, 'ann'), {
    kind: 'account',
    account: { id: ann, address: 'Ann@One.test', enabled: true, quotaBytes: null },
  });
  assert.equal(
    await store.execute('alias.add', {
      address: 'team@one.test',
      kind: 'group',
      targets: ['ann@one.test', 'x@far.test'],
    }),
    'done',
  );
  assert.deepEqual(await directory.findAddress(domain.id, 'team'), {
    kind: 'group',
    enabled: true,
    targets: ['ann@one.test', 'x@far.test'],
    sendAs: false,
  });
  assert.equal(await directory.findAddress(domain.id, 'nobody'), null);
  assert.equal(await directory.findDomain('far.test'), null);
});

test('one address is one thing, in any case and through an alias domain', async (t) => {
  const store = await openContractStore(t);
  await addTestAccount(store, 'ann@one.test');
  assert.deepEqual(await store.execute('account.add', { address: 'ANN@ONE.TEST' }), { kind: 'exists' });
  assert.equal(await store.execute('alias.add', { address: 'Ann@one.test', targets: ['x@far.test'] }), 'exists');
  assert.deepEqual(await store.execute('domain.add', { name: 'uno.test', kind: 'alias', target: 'nowhere.test' }), {
    kind: 'target-unknown',
  });
  const added = await store.execute('domain.add', { name: 'uno.test', kind: 'alias', target: 'one.test' });
  assert.equal(added.kind, 'added');
  assert.equal(await store.execute('alias.add', { address: 'ann@uno.test', targets: ['x@far.test'] }), 'exists');
  assert.equal(await store.execute('alias.add', { address: 'a@no.test', targets: ['x@far.test'] }), 'domain-unknown');
  assert.equal(await store.execute('domain.remove', 'one.test'), 'in-use');
});

test('alias cycles are refused when they are made', async (t) => {
  const store = await openContractStore(t);
  await addTestAccount(store, 'ann@one.test');
  assert.equal(await store.execute('alias.add', { address: 'a@one.test', targets: ['A@one.test'] }), 'cycle');
  assert.equal(await store.execute('alias.add', { address: 'a@one.test', targets: ['b@one.test'] }), 'done');
  assert.equal(await store.execute('alias.add', { address: 'b@one.test', targets: ['c@one.test'] }), 'done');
  assert.equal(await store.execute('alias.add', { address: 'c@one.test', targets: ['a@one.test'] }), 'cycle');
  assert.equal(await store.execute('alias.add', { address: 'c@one.test', targets: ['ann@one.test'] }), 'done');
  assert.equal(await store.execute('alias.change', 'c@one.test', { targets: ['a@one.test'] }), 'cycle');
  assert.equal(await store.execute('alias.remove', 'c@one.test'), 'removed');
  assert.equal(await store.execute('alias.remove', 'ann@one.test'), 'unknown');
});

test('an account goes with everything that is its own', async (t) => {
  const store = await openContractStore(t);
  const ann = await addTestAccount(store, 'ann@one.test');
  await store.execute('grant.add', ann, '*@one.test');
  assert.deepEqual(await readDirectory(store.read).listSendGrants(ann), ['*@one.test']);
  assert.equal(await store.execute('account.remove', ann), 'removed');
  assert.equal(await readDirectory(store.read).findAccount(ann), null);
  const again = await store.execute('account.add', { address: 'ann@one.test' });
  assert.ok(again.kind === 'added' && again.id > ann, 'its id is not given out again');
});

test("a domain's administrator is its own while enabled, else the server's first, never a disabled one", async (t) => {
  const store = await openContractStore(t);
  const directory = readDirectory(store.read);
  const ann = await addTestAccount(store, 'ann@one.test');
  const bob = await addTestAccount(store, 'bob@one.test');
  const cid = await addTestAccount(store, 'cid@one.test');
  const { id = 0 } = (await directory.findDomain('one.test')) ?? {};
  const administrator = async (): Promise<number | null> => (await directory.findAdministrator(id))?.id ?? null;
  assert.equal(await administrator(), ann);
  await store.execute('account.change', bob, { role: 'administrator' });
  assert.equal(await administrator(), bob);
  await store.execute('domain.change', 'one.test', { administratorId: cid });
  assert.equal(await administrator(), cid);
  await store.execute('account.change', cid, { enabled: false });
  assert.equal(await administrator(), bob);
  await store.execute('account.change', bob, { enabled: false });
  assert.equal(await administrator(), ann);
  await store.execute('account.change', ann, { enabled: false });
  assert.equal(await administrator(), null);
});
