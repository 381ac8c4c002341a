import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import fc from 'fast-check';
import { systemClock } from '../../../base/clock.ts';
import { numbersOf } from '../../../formats/number-set.ts';
import { addTestAccount, openScratchStore } from '../../../../test/support/scratch-store.ts';
import { AccountMail } from '../account-mail.ts';
import { createChangeHub } from '../change-hub.ts';
import { KeywordTexts } from '../keyword-texts.ts';
import type { OpenFolder } from '../open-folder.ts';
import type { SearchKey } from './search-key.ts';
import type { SortField } from './sort-folder.ts';

const DAY = 86_400_000;
const NOW = Date.UTC(2026, 10, 20, 12);

interface Letter {
  readonly text: string;
  readonly flags?: number;
  readonly keywords?: string;
  readonly atMs?: number;
  readonly zoneMinutes?: number;
}

async function openFolderWith(t: TestContext, letters: readonly Letter[]): Promise<OpenFolder> {
  const store = await openScratchStore(t);
  const accountId = await addTestAccount(store, 'ann@one.test');
  const clock = { ...systemClock, now: () => NOW };
  const parts = {
    store,
    hub: createChangeHub(store),
    keywords: new KeywordTexts(store.read),
    clock,
    appendMaxOctets: 10_000_000,
  };
  const mail = new AccountMail(parts, { accountId, address: 'ann@one.test', administrator: false });
  const append = await mail.append('INBOX');
  for (const { text, flags = 0, keywords = '', atMs = NOW, zoneMinutes = 0 } of letters) {
    const message = await append.open({ flags, keywords, internalDate: { atMs, zoneMinutes }, octets: text.length });
    await message.write(Buffer.from(text));
  }
  await append.commit();
  return await mail.open('INBOX', true);
}

async function find(folder: OpenFolder, key: SearchKey): Promise<readonly number[]> {
  return [...numbersOf(await folder.search(key, { signal: new AbortController().signal }))];
}

const LETTERS: readonly Letter[] = [
  { text: 'From: Ann <ann@one.test>\r\nSubject: =?utf-8?q?Gr=C3=BC=C3=9Fe?= aus Berlin\r\n\r\nHello World\r\n' },
  {
    text: 'From: bob@two.test\r\nSubject: plain\r\nDate: Thu, 19 Nov 2026 23:30:00 -0500\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\nna=C3=AFve caf=C3=\r\n=A9\r\n',
    flags: 1,
    keywords: 'Blue',
  },
  {
    text: `Subject: parts\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/html\r\nContent-Transfer-Encoding: base64\r\n\r\n${Buffer.from('<p>inside <b>html</b></p>').toString('base64')}\r\n--b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n東京都の天気\r\n--b--\r\n`,
    atMs: NOW - 3 * DAY,
  },
  { text: 'Subject: old\r\nX-Mark: 7\r\nMessage-ID: <old@one.test>\r\n\r\nqx\r\n', flags: 8, atMs: NOW - 40 * DAY },
];

const CASES: readonly (readonly [SearchKey, readonly number[]])[] = [
  [{ kind: 'all' }, [1, 2, 3, 4]],
  [{ kind: 'subject', text: 'GRÜßE' }, [1]],
  [{ kind: 'subject', text: 'grüße AUS' }, [1]],
  [{ kind: 'from', text: 'ann@one' }, [1]],
  [{ kind: 'from', text: 'test' }, [1, 2]],
  [{ kind: 'body', text: 'NAÏVE CAFÉ' }, [2]],
  [{ kind: 'body', text: 'ïv' }, [2]],
  [{ kind: 'body', text: 'inside' }, [3]],
  [{ kind: 'body', text: '京' }, [3]],
  [{ kind: 'body', text: '天気' }, [3]],
  [{ kind: 'body', text: 'old' }, []],
  [{ kind: 'text', text: 'old' }, [4]],
  [{ kind: 'text', text: 'qx' }, [4]],
  [{ kind: 'header', field: 'X-Mark', text: '' }, [4]],
  [{ kind: 'header', field: 'Message-ID', text: '<old@' }, [4]],
  [{ kind: 'not', key: { kind: 'text', text: 'o' } }, []],
  [{ kind: 'not', key: { kind: 'body', text: 'hello' } }, [2, 3, 4]],
  [{ kind: 'flag', bit: 1 }, [2]],
  [{ kind: 'not', key: { kind: 'flag', bit: 8 } }, [1, 2, 3]],
  [{ kind: 'keyword', keyword: 'blue' }, [2]],
  [{ kind: 'keyword', keyword: 'nobody-has-it' }, []],
  [{ kind: 'younger', seconds: (5 * DAY) / 1000 }, [1, 2, 3]],
  [{ kind: 'older', seconds: (5 * DAY) / 1000 }, [4]],
  [{ kind: 'internal-date', test: 'on', day: Math.floor(NOW / DAY) - 3 }, [3]],
  [{ kind: 'internal-date', test: 'since', day: Math.floor(NOW / DAY) - 3 }, [1, 2, 3]],
  [{ kind: 'sent-date', test: 'on', day: Date.UTC(2026, 10, 19) / DAY }, [2]],
  [{ kind: 'sent-date', test: 'before', day: Date.UTC(2026, 10, 1) / DAY }, [4]],
  [{ kind: 'uids', set: [2, 3] }, [2, 3]],
  [
    {
      kind: 'and',
      keys: [
        { kind: 'uids', set: [1, 2] },
        { kind: 'from', text: 'test' },
        { kind: 'flag', bit: 1 },
      ],
    },
    [2],
  ],
  [
    {
      kind: 'or',
      keys: [
        { kind: 'flag', bit: 8 },
        { kind: 'body', text: 'world' },
      ],
    },
    [1, 4],
  ],
  [{ kind: 'smaller', octets: 90 }, [4]],
  [{ kind: 'email-id', id: 'nonsense' }, []],
  [{ kind: 'fuzzy', key: { kind: 'subject', text: 'plain' } }, [2]],
];

test('RFC 9051 §6.4.4 every key finds what it says, decoded and without case', async (t) => {
  const folder = await openFolderWith(t, LETTERS);
  for (const [key, expected] of CASES) assert.deepEqual(await find(folder, key), expected, JSON.stringify(key));
  const rows = await folder.fetch([1, 2], { emailId: true, threadId: true, flags: true });
  assert.deepEqual(await find(folder, { kind: 'email-id', id: rows[1]?.emailId ?? '' }), [2]);
  assert.deepEqual(await find(folder, { kind: 'thread-id', id: rows[0]?.threadId ?? '' }), [1]);
  assert.deepEqual(await find(folder, { kind: 'modseq', modSeq: rows[0]?.modSeq ?? 0 }), [1, 2, 3, 4]);
});

test('RFC 9051 §6.4.4 days are those of the internal date’s zone', async (t) => {
  const atMs = Date.UTC(2026, 10, 19, 23, 30);
  const text = 'Subject: x\r\n\r\n';
  const folder = await openFolderWith(t, [
    { text, atMs, zoneMinutes: 0 },
    { text, atMs, zoneMinutes: 60 },
    { text, atMs, zoneMinutes: -720 },
  ]);
  const day = Date.UTC(2026, 10, 19) / DAY;
  assert.deepEqual(await find(folder, { kind: 'internal-date', test: 'on', day }), [1, 3]);
  assert.deepEqual(await find(folder, { kind: 'internal-date', test: 'since', day: day + 1 }), [2]);
});

test('a search ends when its client is gone, and says how far it is', async (t) => {
  const folder = await openFolderWith(t, LETTERS);
  const gone = AbortSignal.abort();
  assert.deepEqual([...(await folder.search({ kind: 'body', text: 'hello' }, { signal: gone }))], []);
  const told: string[] = [];
  const onProgress = (done: number, of: number): void => void told.push(`${done} of ${of}`);
  await folder.search({ kind: 'body', text: 'hello' }, { signal: new AbortController().signal, onProgress });
  assert.deepEqual(told, ['4 of 4']);
});

test('keys inside each other are what logic says of their parts', async (t) => {
  const folder = await openFolderWith(t, LETTERS);
  const leaves = CASES.map(([key, expected]) => ({ key, expected: new Set(expected) }));
  type Tree = { readonly key: SearchKey; readonly expected: ReadonlySet<number> };
  const all = [1, 2, 3, 4];
  const { tree } = fc.letrec<{ tree: Tree }>((tie) => ({
    tree: fc.oneof(
      { maxDepth: 3 },
      fc.constantFrom(...leaves),
      tie('tree').map(({ key, expected }): Tree => ({
        key: { kind: 'not', key },
        expected: new Set(all.filter((uid) => !expected.has(uid))),
      })),
      fc
        .tuple(fc.constantFrom('and' as const, 'or' as const), fc.array(tie('tree'), { minLength: 1, maxLength: 3 }))
        .map(([kind, trees]): Tree => ({
          key: { kind, keys: trees.map((each) => each.key) },
          expected: new Set(
            all.filter((uid) =>
              kind === 'and' ? trees.every((e) => e.expected.has(uid)) : trees.some((e) => e.expected.has(uid)),
            ),
          ),
        })),
    ),
  }));
  await fc.assert(
    fc.asyncProperty(tree, async ({ key, expected }) => {
      assert.deepEqual(
        await find(folder, key),
        [...expected].sort((a, b) => a - b),
      );
    }),
    { numRuns: 150 },
  );
});

const SIGNAL = new AbortController().signal;

test('RFC 5256 §3 and RFC 5957 §3 messages in the order of their keys, then of their uids', async (t) => {
  const folder = await openFolderWith(t, [
    {
      text: 'From: Zoe <ann@x.test>\r\nTo: b@x.test\r\nSubject: Re: beta\r\nDate: 2 Nov 2026 10:00:00 +0000\r\n\r\nlonger than others\r\n',
    },
    { text: 'From: bob@x.test\r\nCc: c@x.test\r\nSubject: Alpha\r\nDate: 2 Nov 2026 10:30:00 +0200\r\n\r\n' },
    { text: 'From: =?utf-8?q?=C3=81gnes?= <carl@x.test>\r\nSubject: alpha\r\n\r\n', atMs: NOW - 90 * DAY },
  ]);
  const sorted = async (...fields: (readonly [SortField, boolean])[]): Promise<readonly number[]> =>
    await folder.sort(
      { kind: 'all' },
      fields.map(([field, reverse]) => ({ field, reverse })),
      { signal: SIGNAL },
    );
  assert.deepEqual(await sorted(['subject', false]), [2, 3, 1]);
  assert.deepEqual(await sorted(['subject', true]), [1, 2, 3]);
  assert.deepEqual(await sorted(['subject', false], ['from', true]), [3, 2, 1]);
  assert.deepEqual(await sorted(['date', false]), [3, 2, 1]);
  assert.deepEqual(await sorted(['arrival', false]), [3, 1, 2]);
  assert.deepEqual(await sorted(['size', true]), [1, 2, 3]);
  assert.deepEqual(await sorted(['from', false]), [1, 2, 3]);
  assert.deepEqual(await sorted(['display-from', false]), [3, 2, 1]);
  assert.deepEqual(await sorted(['to', true]), [1, 2, 3]);
  assert.deepEqual(await sorted(['cc', true]), [2, 1, 3]);
  assert.deepEqual(await sorted(['display-to', true]), [1, 2, 3]);
});

test('RFC 5256 §3 and RFC 8621 §3 answers are one conversation, for THREAD and as THREADID', async (t) => {
  const letter = (id: string, subject: string, references: string): Letter => ({
    text: `Message-ID: <${id}@x.test>\r\n${references === '' ? '' : `References: ${references}\r\n`}Subject: ${subject}\r\n\r\n`,
  });
  const folder = await openFolderWith(t, [
    letter('a', 'Plan', ''),
    letter('b', 'Re: Plan', '<a@x.test>'),
    letter('c', 'Another', '<a@x.test>'),
    letter('d', 'RE: plan', '<a@x.test> <b@x.test>'),
  ]);
  const threads = await folder.thread({ kind: 'all' }, 'references', { signal: SIGNAL });
  assert.deepEqual(JSON.parse(JSON.stringify(threads, ['uid', 'children'])) as unknown, [
    {
      uid: 1,
      children: [
        { uid: 2, children: [{ uid: 4, children: [] }] },
        { uid: 3, children: [] },
      ],
    },
  ]);
  const ids = (await folder.fetch([1, 4], { threadId: true })).map((row) => row.threadId);
  assert.deepEqual([ids[1] === ids[0], ids[2] === ids[0], ids[3] === ids[0]], [true, false, true]);
});
