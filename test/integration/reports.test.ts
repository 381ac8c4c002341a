// What becomes of a letter is told to its sender, in words that a person understands, and to nobody who did not send it.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { formatDropHead } from '../../src/services/drop/drop-file.ts';
import { dropFolderPath } from '../../src/services/drop/prepare-drop-folder.ts';
import { writeDropFile } from '../../src/services/drop/write-drop-file.ts';
import { openWorld } from '../support/outside-world.ts';
import { startServer } from '../support/running-server.ts';

const { sink, settings } = await openWorld({ after });
const server = await startServer({ after }, { settings, threads: 2 });

function letterFrom(address: string): string {
  return `From: ${address}\r\nMessage-ID: <letter@one.test>\r\nSubject: s\r\n\r\nhello\r\n`;
}

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

test('RFC 3464 a domain that is not there, a null MX and a refusal each come back, once', async () => {
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
    assert.match(await client.deliver('ann@one.test', [to], letterFrom('ann@one.test')), /^250 /);
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

test('RFC 3461 §5.2.3 NOTIFY=SUCCESS into a mailbox, NOTIFY=NEVER, and RET', async () => {
  await server.addAccount('ann@success.test');
  await server.addAccount('bob@success.test');
  const client = await server.signedIn('ann@success.test');
  await client.say('MAIL FROM:<ann@success.test> RET=HDRS ENVID=env+2B1');
  await client.say('RCPT TO:<bob@success.test> NOTIFY=SUCCESS ORCPT=rfc822;bobby@success.test');
  assert.match(await client.data(letterFrom('ann@success.test')), /^250 /);
  const [report = ''] = await server.inboxOf(1, 'ann@success.test');
  assert.match(report, /^Action: delivered/m);
  assert.match(report, /^Original-Envelope-Id: env\+1/m);
  assert.match(report, /^Original-Recipient: rfc822; ?bobby@success\.test/m);
  assert.doesNotMatch(report, /^hello\r$/m);

  await client.say('MAIL FROM:<ann@success.test>');
  await client.say('RCPT TO:<bob@gone.test> NOTIFY=NEVER');
  const said = await client.data(letterFrom('ann@success.test'));
  await server.until(async () => (await server.trace(said.split(' ')[2] ?? ''))[0]?.steps.at(-1)?.kind === 'failed');
  assert.equal((await server.inbox('ann@success.test')).length, 1);
  await client.quit();
});

test('RFC 3461 §5.2.7 an address that stands for many: expanded, and the many do not report again', async () => {
  await server.addAccount('ann@many.test');
  await server.addAccount('bob@many.test');
  await server.store.execute('alias.add', {
    address: 'team@many.test',
    kind: 'group',
    targets: ['bob@many.test', 'dan@two.test'],
  });
  await server.addAlias('dan@many.test', 'dan@two.test');
  const client = await server.signedIn('ann@many.test');
  await client.sayAll('MAIL FROM:<ann@many.test>', 'RCPT TO:<team@many.test> NOTIFY=SUCCESS,FAILURE');
  assert.match(await client.data(letterFrom('ann@many.test')), /^250 /);
  const [report = ''] = await server.inboxOf(1, 'ann@many.test');
  assert.match(report, /^Action: expanded/m);
  assert.match(report, /^Final-Recipient: rfc822; ?team@many\.test/m);
  assert.doesNotMatch(report, /bob@many\.test|dan@two\.test/);
  await sink.until(() => sink.messages.length === 1);
  assert.match(sink.messages[0]?.rcpts[0] ?? '', /NOTIFY=FAILURE( |$)/);
  // One that stands for one passes the wish on.
  await client.sayAll('MAIL FROM:<ann@many.test>', 'RCPT TO:<dan@many.test> NOTIFY=SUCCESS');
  await client.data(letterFrom('ann@many.test'));
  await sink.until(() => sink.messages.length === 2);
  assert.match(sink.messages[1]?.rcpts[0] ?? '', /NOTIFY=SUCCESS( |$)/);
  await client.quit();
  assert.equal((await server.inbox('ann@many.test')).length, 1);
});

test('a bounce is never bounced: the postmaster hears of it once', async () => {
  await server.addAccount('admin@double.test', { role: 'administrator' });
  await server.addAlias('away@double.test', 'ann@gone.test');
  const client = await server.greet('smtp');
  // Mail for an alias that leads nowhere: its sender is told, elsewhere; that too cannot be delivered.
  assert.match(await client.deliver('', ['away@double.test'], letterFrom('ann@double.test')), /^250 /);
  const [double = ''] = await server.inboxOf(1, 'admin@double.test');
  assert.match(double, /^Action: failed/m);
  assert.match(double, /ann@gone\.test/);
  await client.quit();
});

test('a report to a full mailbox reaches the postmaster, once', async (t) => {
  // The postmaster of a server is one of its first domain.
  const own = await startServer(t, { settings });
  await own.addAccount('admin@one.test', { role: 'administrator' });
  await own.addAccount('ann@one.test', { quotaBytes: 10 });
  const client = await own.signedIn('ann@one.test');
  const said = await client.deliver('ann@one.test', ['bob@gone.test'], letterFrom('ann@one.test'));
  assert.match(said, /^250 /);
  const [double = ''] = await own.inboxOf(1, 'admin@one.test');
  assert.match(double, /^Final-Recipient: rfc822; ?ann@one\.test/m);
  assert.match(double, /^Status: 5\.2\.2/m);
  assert.match(double, /bob@gone\.test/);
  assert.equal((await own.inbox('ann@one.test')).length, 0);
  const steps = (await own.trace(said.split(' ')[2] ?? ''))[0]?.steps ?? [];
  assert.deepEqual(
    steps.slice(-3).map(({ kind }) => kind),
    ['failed', 'reported', 'reported'],
  );
  await client.quit();
});

test('RFC 3461 §5.2.3 NOTIFY=SUCCESS of a stranger: delivery here is reported, and the next hop is told the wish', async (t) => {
  const { sink, settings } = await openWorld(t);
  const server = await startServer(t, { settings });
  await server.addAccount('ann@one.test');
  await server.addAlias('dan@one.test', 'dan@two.test');
  const stranger = await server.greet('smtp');
  await stranger.say('MAIL FROM:<eve@two.test>');
  await stranger.say('RCPT TO:<ann@one.test> NOTIFY=SUCCESS');
  await stranger.say('RCPT TO:<dan@one.test> NOTIFY=SUCCESS');
  const said = await stranger.data(letterFrom('ann@one.test'));
  assert.match(said, /^250 /);
  await sink.until(() => sink.messages.length === 2);
  const rcpts = sink.messages.map(({ rcpts: [rcpt = ''] }) => rcpt).sort();
  assert.match(rcpts[0] ?? '', /^RCPT TO:<dan@two\.test> NOTIFY=SUCCESS/);
  assert.match(rcpts[1] ?? '', /^RCPT TO:<eve@two\.test>/);
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
    writeDropFile(
      dropFolderPath(join(server.folder, 'data')),
      [head, Buffer.from(letterFrom('ann@one.test'))],
      Date.now(),
    );
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
