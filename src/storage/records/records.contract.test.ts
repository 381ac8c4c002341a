import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openContractStore } from '../../../test/support/contract-store.ts';
import { addTestAccount, deliverText, makeUnit } from '../../../test/support/scratch-store.ts';
import { UIDL_MAX_OCTETS } from '../limits.ts';
import { countAccountsWithoutScram, findAccount, listAccounts } from './accounts.ts';
import { listAddresses } from './addresses.ts';
import { listChanges } from './changes.ts';
import { findDomain, listDomains } from './domains.ts';
import { listJourneys } from './journey.ts';
import { findMailbox, listMailboxes } from './mailboxes.ts';
import { keywordsOf, listKeywords, systemBits } from './keywords.ts';
import { readChanges } from './message-pages.ts';
import { findMessage, listMessages } from './messages.ts';

test('domains, accounts and addresses come in pages', async (t) => {
  const store = await openContractStore(t);
  for (const name of ['b.test', 'a.test', 'c.test']) await addTestAccount(store, `ann@${name}`);
  assert.deepEqual(
    (await listDomains(store.read, '', 2)).map((d) => d.name),
    ['a.test', 'b.test'],
  );
  assert.deepEqual(
    (await listDomains(store.read, 'b.test', 2)).map((d) => d.name),
    ['c.test'],
  );
  assert.deepEqual(
    (await listAccounts(store.read, 0, 2)).map((a) => a.address),
    ['ann@b.test', 'ann@a.test'],
  );
  assert.deepEqual(
    (await listAccounts(store.read, 2, 2)).map((a) => a.address),
    ['ann@c.test'],
  );
  const domain = await findDomain(store.read, 'A.test');
  assert.ok(domain);
  await store.execute('alias.add', { address: 'team@a.test', targets: ['ann@b.test'] });
  assert.deepEqual(
    (await listAddresses(store.read, domain.id, '', 9)).map((a) => a.localKey),
    ['ann', 'team'],
  );
});

test('a domain and an account change only in what is given', async (t) => {
  const store = await openContractStore(t);
  const id = await addTestAccount(store, 'ann@one.test');
  assert.equal(
    await store.execute('domain.change', 'one.test', { catchAll: 'ann@one.test', administratorId: id }),
    true,
  );
  assert.equal(await store.execute('domain.change', 'no.test', { enabled: false }), false);
  const domain = await findDomain(store.read, 'one.test');
  assert.deepEqual(
    [domain?.catchAll, domain?.administratorId, domain?.enabled, domain?.separators],
    ['ann@one.test', id, true, '+'],
  );
  assert.equal(await countAccountsWithoutScram(store.read), 0);
  await store.execute('account.change', id, { passwordHash: 'old' });
  assert.equal(await countAccountsWithoutScram(store.read), 1);
  const better = { passwordHash: 'new', scramSha256: 'verifier' };
  assert.equal(await store.execute('account.upgrade-password', id, 'other', better), false);
  assert.equal(await store.execute('account.upgrade-password', id, 'old', better), true);
  const account = await findAccount(store.read, id);
  assert.deepEqual([account?.passwordHash, account?.scramSha256, account?.enabled], ['new', 'verifier', true]);
  assert.equal(await countAccountsWithoutScram(store.read), 0);
});

test('RFC 9051 §2.3.1.1 UIDVALIDITY and folder ids are not given out twice', async (t) => {
  const store = await openContractStore(t);
  const ann = await addTestAccount(store, 'ann@one.test');
  const bob = await addTestAccount(store, 'bob@one.test');
  const boxes = [...(await listMailboxes(store.read, ann)), ...(await listMailboxes(store.read, bob))];
  assert.equal(new Set(boxes.map((box) => box.uidValidity)).size, boxes.length);
  assert.deepEqual(await store.execute('mailbox.add', ann, 'Junk'), { kind: 'exists' });
  assert.deepEqual(await store.execute('mailbox.add', ann, 'Work'), { kind: 'added', id: 7 });
  assert.equal((await findMailbox(store.read, ann, 'inbox'))?.id, 1);
  assert.equal((await findMailbox(store.read, ann, 'JUNK'))?.role, 'junk');
  assert.equal(await findMailbox(store.read, ann, 'Nowhere'), null);
});

test('RFC 1939 §7 a given unique-id is kept when it may be', async (t) => {
  const store = await openContractStore(t);
  const accountId = await addTestAccount(store, 'ann@one.test');
  const longest = 'x'.repeat(UIDL_MAX_OCTETS);
  for (const uidl of ['abc', 'abc', longest, `${longest}x`, 'with space', '']) {
    const message = store.openMessage();
    await message.write(Buffer.from('x\r\n'));
    const delivery = { accountId, mailbox: 'INBOX', prefix: Buffer.alloc(0), uidl, internalDateMs: 5 };
    await message.commit(Buffer.alloc(0), makeUnit(store.newUnitId(), { deliveries: [delivery] }));
  }
  const found = await listMessages(store.read, { accountId, mailboxId: 1 }, 0, 9);
  const own = /^[0-9a-z]+\.[0-9a-z]+$/;
  assert.deepEqual(
    found.map((m) => (own.test(m.uidl) ? 'own' : m.uidl)),
    ['abc', 'own', longest, 'own', 'own', 'own'],
  );
  assert.equal(new Set(found.map((m) => m.uidl)).size, found.length);
  assert.equal(found[0]?.internalDateMs, 5);
});

test('mail for a folder that is not there goes to INBOX, by role or name where it is', async (t) => {
  const store = await openContractStore(t);
  const accountId = await addTestAccount(store, 'ann@one.test');
  for (const mailbox of ['junk', 'Archive', 'Nowhere']) {
    const message = store.openMessage();
    await message.write(Buffer.from('x\r\n'));
    const delivery = { accountId, mailbox, prefix: Buffer.alloc(0), flags: ['\\Seen', '$Junk'] };
    await message.commit(Buffer.alloc(0), makeUnit(store.newUnitId(), { deliveries: [delivery] }));
  }
  const places = await store.read.all<{ mailbox_id: number }>('SELECT mailbox_id FROM message ORDER BY mailbox_id');
  assert.deepEqual(
    places.map((place) => place.mailbox_id),
    [1, 4, 6],
  );
  const names = await listKeywords(store.read, accountId);
  const flags = await store.read.all<{ flags: number; keywords: number }>(
    'SELECT DISTINCT flags, keywords FROM message',
  );
  assert.deepEqual(
    flags.map((row) => [systemBits(row.flags), keywordsOf(row, names)]),
    [[1, ['$Junk']]],
  );
});

test('RFC 7162 the change log says what each modseq did', async (t) => {
  const store = await openContractStore(t);
  const accountId = await addTestAccount(store, 'ann@one.test');
  const ids: number[] = [];
  for (let i = 0; i < 4; i++) ids.push(await deliverText(store, accountId, 'x\r\n'));
  await store.execute('message.expunge', accountId, 1, [4, 1, 2]);
  const all = await listChanges(store.read, accountId, 0, 99);
  const changes = all.filter((change) => !change.kind.startsWith('folder'));
  assert.deepEqual(
    changes.map((c) => `${c.kind} ${c.uids}`),
    ['expunged 1:2,4'],
  );
  assert.deepEqual(
    (await readChanges(store.read, { accountId, mailboxId: 1 }, (changes[0]?.modSeq ?? 0) - 3)).arrived,
    [3, 3],
  );
  assert.equal((await findMessage(store.read, { accountId, mailboxId: 1 }, 3))?.place.id, ids[2]);
  assert.equal(await findMessage(store.read, { accountId, mailboxId: 1 }, 4), null);
  assert.deepEqual(await listJourneys(store.read, Number.MAX_SAFE_INTEGER, 2), [ids[3], ids[2]]);
});
