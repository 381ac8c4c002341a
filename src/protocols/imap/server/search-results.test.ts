import assert from 'node:assert/strict';
import { test } from 'node:test';
import { VirtualClock } from '../../../../test/support/virtual-clock.ts';
import { startImapLoopback } from '../../../../test/support/imap-loopback.ts';
import { ImapDialogClient } from '../../../../test/support/imap-dialog.ts';
import { IMAP_LIMITS, SORTED_CONTEXT_MESSAGES_MAX } from '../limits.ts';
import { MemoryHouse } from '../testing/memory-session.ts';
import { MemoryAccount } from '../testing/memory-account.ts';
import type { ImapDialog } from './dialog.ts';
import type { MailboxView } from './mailbox-view.ts';
import { keepResult } from './result-contexts.ts';
import { formatOrdered, searchOptions } from './search-results.ts';

interface FakeDialog {
  readonly dialog: ImapDialog;
  readonly lines: string[];
  readonly clock: VirtualClock;
}

function fakeDialog(): FakeDialog {
  const lines: string[] = [];
  const clock = new VirtualClock();
  const dialog = {
    tag: 'a1',
    view: { contexts: new Map() } as unknown as MailboxView,
    parts: { clock, limits: IMAP_LIMITS },
    transport: { closed: false },
    output: { flush: () => {} },
    closedSignal: () => new AbortController().signal,
    string: (text: string) => `"${text}"`,
    untagged: (text: string) => void lines.push(text),
  };
  return { dialog: dialog as unknown as ImapDialog, lines, clock };
}

test('RFC 9585 §3 a long search says now and then how far it is', async () => {
  const { dialog, lines, clock } = fakeDialog();
  const { onProgress } = searchOptions(dialog);
  onProgress?.(500, 2_000);
  await clock.advance(IMAP_LIMITS.progressEveryMs);
  onProgress?.(1_000, 2_000);
  onProgress?.(1_500, 2_000);
  await clock.advance(IMAP_LIMITS.progressEveryMs);
  onProgress?.(2_000, 2_000);
  assert.deepEqual(lines, ['OK [INPROGRESS ("a1" 1000 2000)] Still looking', 'OK [INPROGRESS] Still looking']);
});

test('RFC 5267 §4.3.1 the order of too many messages is not kept up to date', () => {
  const { dialog, lines } = fakeDialog();
  const context = { uid: true, key: { kind: 'all' } as const, sort: [] };
  const order = Array.from({ length: SORTED_CONTEXT_MESSAGES_MAX + 1 }, (_, i) => i + 1);
  keepResult(dialog, context, { uids: [1, order.length], order });
  assert.deepEqual(lines, ['NO [NOUPDATE "a1"] Too many messages']);
  keepResult(dialog, context, { uids: [1, order.length - 1], order: order.slice(1) });
  assert.equal(lines.length, 1);
  assert.equal(dialog.view.contexts.size, 1);
});

test('RFC 5267 §3.2 only neighbours that go up become a range', () => {
  assert.equal(formatOrdered([]), '');
  assert.equal(formatOrdered([5, 6, 7, 3, 2, 1, 9]), '5:7,3,2,1,9');
});

test('RFC 5267 §4.3 another session makes a message part of a result; an answer of any length arrives whole', async () => {
  const house = new MemoryHouse({ allowPlaintext: true });
  const inbox = house.store.find('INBOX');
  for (let i = 0; i < 30_000; i++) house.store.add(inbox, Buffer.from('Subject: x\r\n\r\n'), { flags: i % 2 });
  const server = await startImapLoopback({ openSession: () => house.openSession() });
  try {
    const client = await ImapDialogClient.open(server.port);
    await client.ok('SELECT INBOX');
    const found = await client.ok('UID SEARCH RETURN (ALL UPDATE) SEEN');
    const told = found.find((line) => line.startsWith('* ESEARCH')) ?? '';
    assert.equal(told.split(',').length, 15_000);
    const other = await new MemoryAccount(house.store, { slow: false, appendMaxOctets: 0 }).open('INBOX', false);
    await other.store([1, 1], { mode: 'add', flags: 1, keywords: '', unchangedSince: null });
    const news = await client.ok('NOOP');
    assert.ok(news.includes('* ESEARCH (TAG "t3") UID ADDTO (0 1)'), news.join('\n'));
  } finally {
    await server.close();
  }
});
