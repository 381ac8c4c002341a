// A mailbox read and kept over IMAP, from the letter that comes in by SMTP to the one that is gone.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ImapDialogClient } from '../support/imap-dialog.ts';
import { PASSWORD, startServer, type TestServer } from '../support/running-server.ts';

const LETTER = 'From: bob@two.test\r\nTo: ann@one.test\r\nSubject: Lunch\r\nMessage-ID: <1@two.test>\r\n\r\nSoup?\r\n';

async function deliver(server: TestServer): Promise<void> {
  const client = await server.greet('smtp');
  assert.match(await client.deliver('bob@two.test', ['ann@one.test'], LETTER), /^250 /u);
  await client.quit();
}

const open = (server: TestServer): Promise<ImapDialogClient> =>
  ImapDialogClient.open(server.port('imap'), 'ann@one.test', PASSWORD);

test('a letter comes in while its reader waits, is read, filed, found and removed', async (t) => {
  const server = await startServer(t);
  await server.addAccount('ann@one.test');
  const client = await open(server);
  assert.deepEqual((await client.ok('LIST "" %')).slice(0, -1).sort(), [
    '* LIST (\\HasNoChildren \\Archive) "/" Archive',
    '* LIST (\\HasNoChildren \\Drafts) "/" Drafts',
    '* LIST (\\HasNoChildren \\Junk) "/" Junk',
    '* LIST (\\HasNoChildren \\Sent) "/" Sent',
    '* LIST (\\HasNoChildren \\Trash) "/" Trash',
    '* LIST (\\HasNoChildren) "/" INBOX',
  ]);
  await client.ok('SELECT INBOX');
  client.send('i IDLE\r\n');
  assert.equal(await client.line(), '+ Waiting for news');
  await deliver(server);
  assert.equal(await client.line(), '* 1 EXISTS');
  assert.equal(await client.line(), '* 1 RECENT');
  client.send('DONE\r\n');
  await client.until('i');
  const [fetched] = await client.ok('FETCH 1 (FLAGS ENVELOPE BODYSTRUCTURE BODY.PEEK[TEXT])');
  assert.match(
    fetched!,
    /^\* 1 FETCH \(FLAGS \(\\Recent\) ENVELOPE \(NIL "Lunch" .* BODY\[TEXT\] \{7\}\r\nSoup\?\r\n\)$/u,
  );
  assert.deepEqual(
    (await client.ok('FETCH 1 BODY[TEXT]'))[0],
    '* 1 FETCH (FLAGS (\\Seen \\Recent) BODY[TEXT] {7}\r\nSoup?\r\n)',
  );
  assert.deepEqual((await client.ok('STORE 1 +FLAGS ($Todo)')).slice(-2, -1), [
    '* 1 FETCH (FLAGS (\\Seen $Todo \\Recent))',
  ]);
  assert.equal((await client.ok('SEARCH SUBJECT lunch KEYWORD $todo')).at(-2), '* SEARCH 1');
  assert.match((await client.ok('COPY 1 Archive')).at(-1)!, /\[COPYUID [0-9]+ 1 1\]/u);
  assert.ok((await client.ok('MOVE 1 Trash')).includes('* 1 EXPUNGE'));
  await client.ok('SELECT Archive');
  await client.ok('STORE 1 +FLAGS.SILENT (\\Deleted)');
  assert.ok((await client.ok('EXPUNGE')).includes('* 1 EXPUNGE'));
  client.close();
});

test('APPEND, several at a time, and what the mailbox says of itself after a restart', async (t) => {
  const server = await startServer(t);
  await server.addAccount('ann@one.test');
  const client = await open(server);
  client.send(`a APPEND Drafts (\\Draft) " 5-Mar-2025 10:11:12 -0330" {${LETTER.length}+}\r\n${LETTER}`);
  client.send(` {${LETTER.length}+}\r\n${LETTER}\r\n`);
  assert.match((await client.until('a')).at(-1)!, /^a OK \[APPENDUID [0-9]+ 1:2\]/u);
  const before = (await client.ok('SELECT Drafts')).filter((line) => /UIDVALIDITY|UIDNEXT|MAILBOXID/u.test(line));
  client.close();
  await server.close();
  await server.start();
  const again = await open(server);
  const after = (await again.ok('SELECT Drafts')).filter((line) => /UIDVALIDITY|UIDNEXT|MAILBOXID/u.test(line));
  assert.deepEqual(after, before);
  const [first] = await again.ok('UID FETCH 1 (FLAGS INTERNALDATE RFC822.SIZE)');
  assert.equal(
    first,
    `* 1 FETCH (UID 1 FLAGS (\\Draft) INTERNALDATE " 5-Mar-2025 10:11:12 -0330" RFC822.SIZE ${LETTER.length})`,
  );
  again.close();
});

test('RFC 7162 a client that was away hears what vanished and what changed', async (t) => {
  const server = await startServer(t);
  await server.addAccount('ann@one.test');
  for (let i = 0; i < 4; i++) await deliver(server);
  const client = await open(server);
  await client.ok('ENABLE QRESYNC');
  const selected = (await client.ok('SELECT INBOX')).join('\n');
  const [, uidValidity] = /UIDVALIDITY ([0-9]+)/u.exec(selected)!;
  const [, modSeq] = /HIGHESTMODSEQ ([0-9]+)/u.exec(selected)!;
  await client.ok('UID STORE 1,3 +FLAGS.SILENT (\\Deleted)');
  await client.ok('EXPUNGE');
  await client.ok('UID STORE 4 +FLAGS.SILENT (\\Flagged)');
  const again = (await client.ok(`SELECT INBOX (QRESYNC (${uidValidity} ${modSeq}))`)).join('\n');
  assert.match(again, /\* VANISHED \(EARLIER\) 1,3\n\* 2 FETCH \(UID 4 FLAGS \(\\Flagged\) MODSEQ \([0-9]+\)\)\n/u);
  client.close();
});
