// What becomes of a letter is told to its sender, in words that a person understands, and to nobody who did not send it.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { formatDropHead } from '../../src/services/drop/drop-file.ts';
import { dropFolderPath } from '../../src/services/drop/prepare-drop-folder.ts';
import { writeDropFile } from '../../src/services/drop/write-drop-file.ts';
import { openWorld } from '../support/outside-world.ts';
import { startServer } from '../support/running-server.ts';

const LETTER = 'From: ann@one.test\r\nMessage-ID: <letter@one.test>\r\nSubject: s\r\n\r\nhello\r\n';

/** The text part for people. */
function words(report: string): string {
  return (
    report
      .split(/^--\S+\r?$/m)[1]
      ?.split('\r\n\r\n')
      .slice(1)
      .join('\n\n') ?? ''
  );
}

test('RFC 3464 a domain that is not there, a null MX and a refusal each come back, once', async (t) => {
  const { sink, settings } = await openWorld(t);
  const server = await startServer(t, { settings });
  await server.addAccount('ann@one.test');
  sink.script = ({ stage, line }) =>
    stage === 'rcpt' && line.includes('nobody') ? '550 5.1.1 there is no nobody here' : undefined;
  const client = await server.signedIn('ann@one.test');
  const cases = [
    ['bob@gone.test', /^Status: 5\.1\.2/m, /gone\.test/],
    ['bob@void.test', /^Status: 5\.1\.10|^Status: 5\.7\.27/m, /void\.test/],
    ['nobody@two.test', /^Status: 5\.1\.1/m, /there is no nobody here/],
  ] as const;
  for (const [count, [to, status, text]] of cases.entries()) {
    assert.match(await client.deliver('ann@one.test', [to], LETTER), /^250 /);
    const report = (await server.inboxOf(count + 1, 'ann@one.test'))[count] ?? '';
    assert.match(report, /^Return-Path: <>\r$/m);
    assert.match(report, /^From: .*<?MAILER-DAEMON@one\.test>?\r$/im);
    assert.match(report, /^To: .*ann@one\.test/m);
    assert.match(report, /^Auto-Submitted: auto-replied/m);
    assert.match(report, /^In-Reply-To: <letter@one\.test>/m);
    assert.match(report, /^Content-Type: multipart\/report; *(\r\n[ \t])?report-type="?delivery-status"?/m);
    assert.match(report, /^Action: failed/m);
    assert.match(report, status);
    assert.match(report, new RegExp(`^Final-Recipient: rfc822; ?${to}`, 'm'));
    assert.ok(words(report).includes(to), words(report));
    assert.match(words(report), text);
    assert.match(report, /^hello\r$/m);
  }
  await client.quit();
});

test('RFC 3461 §5.2.3 NOTIFY=SUCCESS into a mailbox, NOTIFY=NEVER, and RET', async (t) => {
  const { settings } = await openWorld(t);
  const server = await startServer(t, { settings });
  await server.addAccount('ann@one.test');
  await server.addAccount('bob@one.test');
  const client = await server.signedIn('ann@one.test');
  await client.say('MAIL FROM:<ann@one.test> RET=HDRS ENVID=env+2B1');
  await client.say('RCPT TO:<bob@one.test> NOTIFY=SUCCESS ORCPT=rfc822;bobby@one.test');
  assert.match(await client.data(LETTER), /^250 /);
  const [report = ''] = await server.inboxOf(1, 'ann@one.test');
  assert.match(report, /^Action: delivered/m);
  assert.match(report, /^Original-Envelope-Id: env\+1/m);
  assert.match(report, /^Original-Recipient: rfc822; ?bobby@one\.test/m);
  assert.doesNotMatch(report, /^hello\r$/m);

  await client.say('MAIL FROM:<ann@one.test>');
  await client.say('RCPT TO:<bob@gone.test> NOTIFY=NEVER');
  const said = await client.data(LETTER);
  await server.until(async () => (await server.trace(said.split(' ')[2] ?? ''))[0]?.steps.at(-1)?.kind === 'failed');
  assert.equal((await server.inbox('ann@one.test')).length, 1);
  await client.quit();
});

test('RFC 3461 §5.2.7 an address that stands for many: expanded, and the many do not report again', async (t) => {
  const { sink, settings } = await openWorld(t);
  const server = await startServer(t, { settings });
  await server.addAccount('ann@one.test');
  await server.addAccount('bob@one.test');
  await server.store.execute('alias.add', {
    address: 'team@one.test',
    kind: 'group',
    targets: ['bob@one.test', 'dan@two.test'],
  });
  await server.addAlias('dan@one.test', 'dan@two.test');
  const client = await server.signedIn('ann@one.test');
  await client.sayAll('MAIL FROM:<ann@one.test>', 'RCPT TO:<team@one.test> NOTIFY=SUCCESS,FAILURE');
  assert.match(await client.data(LETTER), /^250 /);
  const [report = ''] = await server.inboxOf(1, 'ann@one.test');
  assert.match(report, /^Action: expanded/m);
  assert.match(report, /^Final-Recipient: rfc822; ?team@one\.test/m);
  assert.doesNotMatch(report, /bob@one\.test|dan@two\.test/);
  await sink.until(() => sink.messages.length === 1);
  assert.match(sink.messages[0]?.rcpts[0] ?? '', /NOTIFY=FAILURE( |$)/);
  // One that stands for one passes the wish on.
  await client.sayAll('MAIL FROM:<ann@one.test>', 'RCPT TO:<dan@one.test> NOTIFY=SUCCESS');
  await client.data(LETTER);
  await sink.until(() => sink.messages.length === 2);
  assert.match(sink.messages[1]?.rcpts[0] ?? '', /NOTIFY=SUCCESS( |$)/);
  await client.quit();
  assert.equal((await server.inbox('ann@one.test')).length, 1);
});

test('a bounce is never bounced: the postmaster hears of it once', async (t) => {
  const { settings } = await openWorld(t);
  const server = await startServer(t, { settings });
  await server.addAccount('admin@one.test', { role: 'administrator' });
  await server.addAlias('away@one.test', 'ann@gone.test');
  const client = await server.greet('smtp');
  // Mail for an alias that leads nowhere: its sender is told, elsewhere; that too cannot be delivered.
  assert.match(await client.deliver('', ['away@one.test'], LETTER), /^250 /);
  const [double = ''] = await server.inboxOf(1, 'admin@one.test');
  assert.match(double, /^Action: failed/m);
  assert.match(double, /ann@gone\.test/);
  await client.quit();
});

test('a report to a full mailbox reaches the postmaster, once', async (t) => {
  const { settings } = await openWorld(t);
  const server = await startServer(t, { settings });
  await server.addAccount('admin@one.test', { role: 'administrator' });
  await server.addAccount('ann@one.test', { quotaBytes: 10 });
  const client = await server.signedIn('ann@one.test');
  const said = await client.deliver('ann@one.test', ['bob@gone.test'], LETTER);
  assert.match(said, /^250 /);
  const [double = ''] = await server.inboxOf(1, 'admin@one.test');
  assert.match(double, /^Final-Recipient: rfc822; ?ann@one\.test/m);
  assert.match(double, /^Status: 5\.2\.2/m);
  assert.match(double, /bob@gone\.test/);
  assert.equal((await server.inbox('ann@one.test')).length, 0);
  const steps = (await server.trace(said.split(' ')[2] ?? ''))[0]?.steps ?? [];
  assert.deepEqual(
    steps.slice(-3).map(({ kind }) => kind),
    ['failed', 'reported', 'reported'],
  );
  await client.quit();
});

test('RFC 3461 §5.2.3 NOTIFY=SUCCESS of a stranger: no report from here, and the next hop is told the wish', async (t) => {
  const { sink, settings } = await openWorld(t);
  const server = await startServer(t, { settings });
  await server.addAccount('ann@one.test');
  await server.addAlias('dan@one.test', 'dan@two.test');
  const stranger = await server.greet('smtp');
  await stranger.say('MAIL FROM:<eve@three.test>');
  await stranger.say('RCPT TO:<ann@one.test> NOTIFY=SUCCESS');
  await stranger.say('RCPT TO:<dan@one.test> NOTIFY=SUCCESS');
  const said = await stranger.data(LETTER);
  assert.match(said, /^250 /);
  await sink.until(() => sink.messages.length === 1);
  assert.match(sink.messages[0]?.rcpts[0] ?? '', /^RCPT TO:<dan@two\.test> NOTIFY=SUCCESS/);
  assert.equal((await server.inbox('ann@one.test')).length, 1);
  await stranger.quit();
});

test('RFC 3461 §4 what a local program wants to hear: success here, and NOTIFY, RET and ENVID go along', async (t) => {
  const { sink, settings } = await openWorld(t);
  const server = await startServer(t, { settings });
  await server.addAccount('ann@one.test');
  await server.addAccount('bob@one.test');
  const drop = (recipients: readonly string[]): void => {
    const dsn = { notify: ['SUCCESS'], ret: 'HDRS', envid: 'job+1' } as const;
    const head = formatDropHead({ sender: 'ann@one.test', name: null, recipients, atMs: Date.now(), dsn });
    writeDropFile(dropFolderPath(join(server.folder, 'data')), [head, Buffer.from(LETTER)], Date.now());
  };
  drop(['bob@one.test', 'nobody@one.test', 'dan@two.test']);
  const [report = ''] = await server.inboxOf(1, 'ann@one.test');
  assert.match(report, /^Action: delivered/m);
  assert.match(report, /^Original-Envelope-Id: job\+1/m);
  assert.doesNotMatch(report, /^hello\r$/m);
  await sink.until(() => sink.messages.length === 1);
  assert.match(sink.messages[0]?.mail ?? '', /RET=HDRS ENVID=job\+2B1/);
  assert.match(sink.messages[0]?.rcpts[0] ?? '', /NOTIFY=SUCCESS/);
  // Failure was not asked for.
  assert.equal((await server.inbox('ann@one.test')).length, 1);
});
