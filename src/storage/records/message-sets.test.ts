import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addTestAccount, deliverText, openScratchStore } from '../../../test/support/scratch-store.ts';
import { countNumbers, type NumberSet } from '../../formats/number-set.ts';
import { COPY_ACROSS_MAX, JOIN_RANGES_FROM, KEYWORDS_MAX, TRASH_QUOTA_FACTOR } from '../limits.ts';
import { CONSISTENCY_CHECKS } from './consistency.ts';
import { readUids } from './message-pages.ts';
import { joinRanges } from './message-sets.ts';

const INBOX = { accountId: 1, mailboxId: 1 };
const SENT = { accountId: 1, mailboxId: 3 };
const TRASH = { accountId: 1, mailboxId: 5 };
const odd: NumberSet = Array.from({ length: 100 }, (_, i) => [2 * i + 1, 2 * i + 1]).flat();

test('a set of many ranges is as few as its messages need, and means the same', async (t) => {
  const store = await openScratchStore(t);
  await addTestAccount(store, 'ann@one.test');
  await Promise.all(Array.from({ length: 200 }, () => deliverText(store, 1, 'A: b\r\n\r\n')));
  assert.ok(odd.length > JOIN_RANGES_FROM * 2);
  assert.deepEqual(await joinRanges(store.read, INBOX, odd), odd);
  const even = odd.map((uid) => uid + 1);
  await store.execute('message.remove-set', INBOX, even, { onlyDeleted: false });
  assert.deepEqual(await joinRanges(store.read, INBOX, odd), [1, 199]);
  assert.deepEqual(await joinRanges(store.read, INBOX, [...odd.slice(0, 100), ...odd.slice(104)]), [1, 99, 105, 199]);
  const change = { mode: 'add' as const, flags: ['\\Seen'], unchangedSince: null };
  const changed = await store.execute('message.flags', INBOX, odd, change);
  assert.equal(countNumbers(changed?.changed ?? []), 100);
  const copied = await store.execute('message.copy', INBOX, odd, SENT);
  assert.deepEqual([countNumbers(copied?.sourceUids ?? []), copied?.targetUids], [100, [1, 100]]);
  const moved = await store.execute('message.move', INBOX, odd.slice(0, 180), SENT);
  assert.equal(countNumbers(moved?.sourceUids ?? []), 90);
  assert.equal((await readUids(store.read, INBOX, 999)).length, 10);
  for (const check of CONSISTENCY_CHECKS) assert.deepEqual(await check(store.read, 9), []);
});

test('RFC 9051 §6.4.7 a full mailbox refuses copies, but Trash takes what is deleted', async (t) => {
  const store = await openScratchStore(t);
  await addTestAccount(store, 'ann@one.test');
  await deliverText(store, 1, 'A: b\r\n\r\n');
  const used = (
    await store.read.get<{ used_bytes: number }>('SELECT used_bytes FROM account_state WHERE account_id = 1')
  )?.used_bytes;
  await store.execute('account.change', 1, { quotaBytes: used ?? 0 });
  await assert.rejects(store.execute('message.copy', INBOX, [1, 1], SENT), { code: 'account-full' });
  for (let copies = 1; copies < TRASH_QUOTA_FACTOR; copies++) await store.execute('message.copy', INBOX, [1, 1], TRASH);
  await assert.rejects(store.execute('message.copy', INBOX, [1, 1], TRASH), { code: 'account-full' });
  const moved = await store.execute('message.move', INBOX, [1, 1], TRASH);
  assert.deepEqual(moved?.sourceUids, [1, 1]);
});

test('an account has a bounded number of keywords', async (t) => {
  const store = await openScratchStore(t);
  await addTestAccount(store, 'ann@one.test');
  await deliverText(store, 1, 'A: b\r\n\r\n');
  const add = async (names: readonly string[]): Promise<unknown> =>
    await store.execute('message.flags', INBOX, [1, 1], { mode: 'add', flags: names, unchangedSince: null });
  await add(Array.from({ length: KEYWORDS_MAX }, (_, i) => `k${i}`));
  await assert.rejects(add(['one-more']), { code: 'limit-reached' });
  await add(['K7']);
});

test('copies to another account are bounded, hold on to the octets and keep their flags', async (t) => {
  const store = await openScratchStore(t);
  await addTestAccount(store, 'ann@one.test');
  await addTestAccount(store, 'bob@one.test');
  await Promise.all(Array.from({ length: COPY_ACROSS_MAX + 1 }, () => deliverText(store, 1, 'A: b\r\n\r\n')));
  await store.execute('message.flags', INBOX, [1, 2], {
    mode: 'add',
    flags: ['\\Flagged', 'Blue'],
    unchangedSince: null,
  });
  const target = { accountId: 2, mailboxId: 1 };
  await assert.rejects(store.execute('message.copy', INBOX, [1, 99_999], target), { code: 'limit-reached' });
  const copied = await store.execute('message.move', INBOX, [2, 3], target);
  assert.deepEqual(copied?.targetUids, [1, 2]);
  const rows = await store.read.all<{ flags: number }>('SELECT flags FROM message WHERE account_id = 2 ORDER BY uid');
  assert.deepEqual(
    rows.map((row) => row.flags),
    [4 + 32, 0],
  );
  for (const check of CONSISTENCY_CHECKS) assert.deepEqual(await check(store.read, 9), []);
});
