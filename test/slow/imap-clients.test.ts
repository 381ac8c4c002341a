// IMAP as real programs speak it, against a whole server over TLS: curl reads and appends, fetchmail empties a mailbox,
// mbsync and offlineimap carry a mailbox to a Maildir and back. Programs that are not installed are named in one line.
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { ImapDialogClient } from '../support/imap-dialog.ts';
import { absent, run } from '../support/programs.ts';
import { PASSWORD, startServer, type TestServer } from '../support/running-server.ts';
import { TEST_CERTIFICATE } from '../support/test-certificate.ts';

const LETTERS = 20;
const letter = (n: number): string =>
  `From: bob@two.test\r\nTo: ann@one.test\r\nSubject: Letter ${n}\r\nMessage-ID: <${n}@two.test>\r\n\r\n.dot ${n}\r\n`;

interface Scene {
  readonly server: TestServer;
  readonly folder: string;
  readonly certificate: string;
  readonly client: ImapDialogClient;
}

async function openScene(t: TestContext): Promise<Scene> {
  const server = await startServer(t, { threads: 1 });
  await server.addAccount('ann@one.test');
  const client = await ImapDialogClient.open(server.port('imap'), 'ann@one.test', PASSWORD);
  t.after(() => client.close());
  const text = Array.from({ length: LETTERS }, (_, n) => ` {${letter(n).length}+}\r\n${letter(n)}`).join('');
  client.send(`a APPEND INBOX${text}\r\n`);
  assert.match((await client.until('a')).at(-1)!, /^a OK \[APPENDUID/u);
  const folder = mkdtempSync(join(tmpdir(), 'imap-clients-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const certificate = join(folder, 'certificate.pem');
  writeFileSync(certificate, TEST_CERTIFICATE);
  return { server, folder, certificate, client };
}

for (const service of ['imap', 'imaps'] as const) {
  test(`curl lists, reads, searches and appends (${service})`, { skip: absent('curl') }, async (t) => {
    const { server, certificate, folder, client } = await openScene(t);
    const words = [
      '--silent',
      '--show-error',
      '--ssl-reqd',
      '--cacert',
      certificate,
      '--user',
      `ann@one.test:${PASSWORD}`,
    ];
    const url = `${service}://localhost:${server.port(service)}`;
    assert.match(await run('curl', [...words, `${url}/`]), /\\Sent\) "\/" Sent/u);
    assert.equal(await run('curl', [...words, `${url}/INBOX;UID=3`]), letter(2));
    assert.match(await run('curl', [...words, `${url}/INBOX?SUBJECT%20%22letter%207%22`]), /^\* SEARCH 8\r\n/u);
    const file = join(folder, 'letter');
    writeFileSync(file, letter(99));
    await run('curl', [...words, '--upload-file', file, `${url}/Drafts`]);
    assert.match((await client.ok('STATUS Drafts (MESSAGES)'))[0]!, /MESSAGES 1/u);
  });
}

test('fetchmail fetches everything and removes it', { skip: absent('fetchmail') }, async (t) => {
  const { server, folder, certificate, client } = await openScene(t);
  const inbox = join(folder, 'inbox');
  const settings = join(folder, 'fetchmailrc');
  writeFileSync(
    settings,
    `poll localhost protocol imap port ${server.port('imaps')} timeout 20
     user "ann@one.test" password "${PASSWORD}" mda "cat >> ${inbox}" ssl sslcertck sslcertfile "${certificate}" fetchall\n`,
    { mode: 0o600 },
  );
  const files = ['--idfile', join(folder, 'ids'), '--pidfile', join(folder, 'pid')];
  await run('fetchmail', ['--fetchmailrc', settings, ...files]);
  assert.equal(readFileSync(inbox, 'utf8').match(/^\.dot [0-9]+$/gmu)?.length, LETTERS);
  assert.match((await client.ok('STATUS INBOX (MESSAGES)'))[0]!, /MESSAGES 0/u);
});

test('mbsync carries a mailbox to a Maildir and changes back', { skip: absent('mbsync') }, async (t) => {
  const { server, folder, certificate, client } = await openScene(t);
  mkdirSync(join(folder, 'mail'));
  const settings = join(folder, 'mbsyncrc');
  writeFileSync(
    settings,
    `IMAPAccount one
Host localhost
Port ${server.port('imaps')}
User ann@one.test
Pass "${PASSWORD}"
SSLType IMAPS
CertificateFile ${certificate}

IMAPStore far
Account one

MaildirStore near
Path ${folder}/mail/
Inbox ${folder}/mail/INBOX
SubFolders Verbatim

Channel all
Far :far:
Near :near:
Patterns *
Create Both
Expunge Both
SyncState *
`,
    { mode: 0o600 },
  );
  const sync = (): Promise<string> => run('mbsync', ['--config', settings, '--all']);
  await sync();
  const maildir = (name: string): string[] => readdirSync(join(folder, 'mail/INBOX', name));
  assert.equal(maildir('cur').length + maildir('new').length, LETTERS);
  await client.ok('SELECT INBOX');
  await client.ok('STORE 1:5 +FLAGS (\\Deleted)');
  await client.ok('EXPUNGE');
  writeFileSync(join(folder, 'mail/INBOX/cur/1.near:2,S'), letter(77).replaceAll('\r\n', '\n'));
  await sync();
  assert.equal(maildir('cur').length + maildir('new').length, LETTERS - 4);
  assert.match((await client.ok('STATUS INBOX (MESSAGES UNSEEN)'))[0]!, new RegExp(`MESSAGES ${LETTERS - 4} `, 'u'));
});

test('offlineimap carries a mailbox to a Maildir and changes back', { skip: absent('offlineimap') }, async (t) => {
  const { server, folder, certificate, client } = await openScene(t);
  const settings = join(folder, 'offlineimaprc');
  writeFileSync(
    settings,
    `[general]
accounts = one
metadata = ${folder}/metadata
[Account one]
localrepository = near
remoterepository = far
[Repository near]
type = Maildir
localfolders = ${folder}/mail
[Repository far]
type = IMAP
remotehost = localhost
remoteport = ${server.port('imaps')}
remoteuser = ann@one.test
remotepass = ${PASSWORD}
ssl = yes
sslcacertfile = ${certificate}
`,
    { mode: 0o600 },
  );
  const sync = (): Promise<string> => run('offlineimap', ['-c', settings, '-u', 'basic', '-o']);
  await sync();
  const count = (): number => ['cur', 'new'].flatMap((name) => readdirSync(join(folder, 'mail/INBOX', name))).length;
  assert.equal(count(), LETTERS);
  await client.ok('SELECT INBOX');
  await client.ok('STORE 1:5 +FLAGS (\\Deleted)');
  await client.ok('EXPUNGE');
  writeFileSync(join(folder, 'mail/INBOX/cur/1.near:2,S'), letter(77).replaceAll('\r\n', '\n'));
  await sync();
  assert.equal(count(), LETTERS - 4);
  assert.match((await client.ok('STATUS INBOX (MESSAGES)'))[0]!, new RegExp(`MESSAGES ${LETTERS - 4}\\)`, 'u'));
});
