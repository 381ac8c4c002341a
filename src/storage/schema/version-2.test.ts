import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { test } from 'node:test';
import { scratchFolder } from '../../../test/support/scratch-store.ts';
import { databasePath, segmentsFolder } from '../data-folder.ts';
import { openEmbedded } from '../embedded.ts';
import { keywordsOf, listKeywords } from '../records/keywords.ts';
import { listMailboxes, listSubscriptions } from '../records/mailboxes.ts';
import { listMessages } from '../records/messages.ts';
import { openWriterDatabase } from '../sql/sqlite-dialect.ts';
import { verify } from '../verify.ts';
import { migrate } from './migrate.ts';
import { version1 } from './version-1.ts';

/** What version 1 wrote for two accounts: one with all folders, one from before there were any but INBOX. */
const ROWS = `
  INSERT INTO domain VALUES (1, 'one.test', 'local', NULL, 1, '+', NULL, NULL, 0);
  INSERT INTO account VALUES (1, 'ann@one.test', '', 'user', 1, NULL, NULL, NULL, 0), (2, 'bob@one.test', '', 'user', 1, NULL, NULL, NULL, 0);
  INSERT INTO account_state VALUES (1, 35, 3, 6, 3), (2, 10, 1, 2, 2);
  INSERT INTO counter VALUES ('uid-validity', 500);
  INSERT INTO mailbox VALUES (1, 1, 'INBOX', 'inbox', 400, 4, 1), (1, 2, 'Sent', NULL, 401, 2, 0), (2, 1, 'INBOX', 'inbox', 402, 2, 1);
  INSERT INTO blob VALUES (77, 1, 0, 9, 1, x'00', 3), (78, 1, 9, 14, 1, x'00', 2);
  INSERT INTO segment VALUES (1, 'open', 0, 23);
  INSERT INTO message VALUES (1, 1, 1, 77, 10, 1000, 'a.b', 0, x'41'), (1, 1, 3, 77, 10, 2000, 'own', 1, x'42'),
    (1, 2, 1, 78, 15, 3000, 'own', 1, x'43'), (2, 1, 1, 77, 10, 1000, 'x.y', 0, x'44');
  INSERT INTO message_flag VALUES (1, 1, 1, 1, '$Junk foo', 4), (1, 1, 3, 8, 'FOO', 5), (1, 2, 1, 0, '', 3), (2, 1, 1, 0, '', 2);
  INSERT INTO change_log VALUES (1, 4, 1, 'added', '1'), (1, 6, 1, 'expunged', '2');
  INSERT INTO queue_message VALUES (78, NULL, '', '{}', 0)`;

test('what version 1 has stored is there in version 2, and every count is right', async (t) => {
  const dataDir = scratchFolder(t);
  mkdirSync(segmentsFolder(dataDir), { recursive: true });
  const database = openWriterDatabase(databasePath(dataDir));
  migrate(database, dataDir, 0, [version1]);
  database.exec(ROWS);
  database.close();
  const store = await openEmbedded(dataDir);
  const { read } = store;
  const inbox = await listMessages(read, { accountId: 1, mailboxId: 1 }, 0, 9);
  assert.deepEqual(
    inbox.map((m) => [m.uid, m.size, m.internalDateMs, m.uidl, m.place.id]),
    [
      [1, 10, 1000, `${(77).toString(36)}.1`, 77],
      [3, 10, 2000, 'own', 77],
    ],
  );
  const names = await listKeywords(read, 1);
  const flags = await read.all<{ flags: number; keywords: number; modseq: number }>(
    'SELECT flags, keywords, modseq FROM message WHERE account_id = 1 ORDER BY mailbox_id, uid',
  );
  assert.deepEqual(
    flags.map((row) => [row.flags % 32, keywordsOf(row, names).join(' ').toLowerCase(), row.modseq]),
    [
      [1, '$junk foo', 4],
      [8, 'foo', 5],
      [0, '', 3],
    ],
  );
  const boxes = await listMailboxes(read, 1);
  assert.deepEqual(
    boxes.map((box) => `${box.name} ${box.role} ${box.uidValidity} ${box.messages} ${box.unseen} ${box.highestModSeq}`),
    [
      'INBOX inbox 400 2 1 6',
      'Sent sent 401 1 1 3',
      'Drafts drafts 501 0 0 1',
      'Junk junk 502 0 0 1',
      'Trash trash 503 0 0 1',
      'Archive archive 504 0 0 1',
    ],
  );
  assert.equal((await listMailboxes(read, 2)).length, 6);
  assert.deepEqual(await listSubscriptions(read, 1), ['Archive', 'Drafts', 'INBOX', 'Junk', 'Trash']);
  const faults: string[] = [];
  await verify({ dataDir, read, onFault: (fault) => faults.push(fault) });
  // The segment's octets were never written here; all rows agree with each other.
  assert.deepEqual(
    faults.filter((fault) => !fault.includes('cannot be read')),
    [],
  );
  const added = await store.execute('mailbox.add', 2, 'Work');
  assert.ok(added.kind === 'added');
  assert.ok((await listMailboxes(read, 2)).every((box) => box.id !== added.id || box.uidValidity > 509));
  await store.close();
});
