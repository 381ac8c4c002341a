// Postfix before and behind a whole Postroad, both ways over STARTTLS: delivery status notifications across the two,
// 8BITMIME, SMTPUTF8, CHUNKING, signing in, refusals and deferrals.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import {
  ATTACHMENT_DIGEST,
  attachmentLetter,
  headerOf,
  readLetter,
  readReport,
  sendLetter,
} from '../support/letters.ts';
import { absentServer, startPostfix, takeMaildir, type MailServer } from '../support/mail-servers.ts';
import { PASSWORD, PostroadServer } from '../support/postroad-server.ts';
import { absent, freePort, run, until } from '../support/programs.ts';

const ANN = 'ann@one.test';
const BEN = 'ben@four.test';

describe('Postfix and Postroad', { skip: absentServer('postfix', 'curl', 'python3') }, () => {
  let postfix: MailServer;
  let postroad: PostroadServer;

  before(async () => {
    const port = await freePort();
    postfix = await startPostfix({
      settings: () => ({
        transport_maps: `inline:{one.test=smtp:[127.0.0.1]:${port}}`,
        message_size_limit: '60000',
        smtpd_recipient_restrictions:
          'check_recipient_access inline:{{later@four.test=450 4.2.1 Come back later}}, permit_mynetworks, reject',
      }),
    });
    postroad = await PostroadServer.start({
      hostname: 'mx.one.test',
      domains: ['one.test'],
      accounts: [ANN, 'jürgen@one.test'],
      listeners: [`smtp:${port}`, 'submission'],
      settings: `[[route]]\ndomain = "four.test"\nvia = "smtp://127.0.0.1:${postfix.port}"\n`,
    });
  });
  after(async () => {
    await postroad?.stop();
    await postfix?.stop();
  });

  const ben = (): string => join(postfix.mail, 'ben');
  const submit = (letter: Buffer, to: string): Promise<void> =>
    sendLetter(letter, {
      port: postroad.port('submission'),
      host: 'localhost',
      from: ANN,
      to: [to],
      login: `${ANN}:${PASSWORD}`,
      certificate: postroad.certificate,
    });
  const short = (from: string, to: string, subject: string): Buffer =>
    Buffer.from(`From: <${from}>\r\nTo: <${to}>\r\nSubject: ${subject}\r\n\r\nShort.\r\n`);

  test('RFC 5321 Postfix hands over a letter with an attachment, octet for octet', async () => {
    const letter = attachmentLetter({ from: BEN, to: ANN });
    await sendLetter(letter, { port: postfix.port, from: BEN, to: [ANN] });
    const [message] = await postroad.receive(ANN);
    assert.ok(message!.subarray(-letter.length).equals(letter));
    assert.match(headerOf(message!), /^Received: from mx\.four\.test .*by mx\.one\.test .*with ESMTPS /mu);
    assert.deepEqual((await readLetter(message!)).attachments, [{ name: 'Grüße.bin', digest: ATTACHMENT_DIGEST }]);
  });

  test('RFC 6531 Postfix hands over an internationalised letter', async () => {
    await postfix.sendmail(short(BEN, 'jürgen@one.test', 'Grüße'), '-f', BEN, 'jürgen@one.test');
    const [message] = await postroad.receive('jürgen@one.test');
    assert.match(headerOf(message!), /with UTF8SMTPS /u);
    assert.equal((await readLetter(message!)).subject, 'Grüße');
  });

  test('RFC 3461 Postroad reports what Postfix passed on: NOTIFY, RET, ENVID and ORCPT', async () => {
    await postfix.sendmail(
      short(BEN, ANN, 'tell me'),
      '-f',
      BEN,
      '-N',
      'success,failure',
      '-R',
      'hdrs',
      '-V',
      'QQ314',
      ANN,
    );
    await postroad.receive(ANN);
    const [message] = await takeMaildir(ben());
    const report = await readReport(message!);
    assert.deepEqual(report.defects, []);
    assert.deepEqual(report.parts, ['text/plain', 'message/delivery-status', 'text/rfc822-headers']);
    assert.equal(report.groups[0]!['reporting-mta'], 'dns; mx.one.test');
    assert.equal(report.groups[0]!['original-envelope-id'], 'QQ314');
    assert.equal(report.groups[1]!['action'], 'delivered');
    assert.match(report.groups[1]!['original-recipient'] ?? '', /^rfc822; ?ann@one\.test$/u);
  });

  test('Postfix hears why Postroad refuses', async () => {
    await postfix.sendmail(short(BEN, 'nobody@one.test', 'lost'), '-f', BEN, 'nobody@one.test');
    const [message] = await takeMaildir(ben());
    const report = await readReport(message!);
    assert.equal(report.groups[1]!['status'], '5.1.1');
    assert.match(report.groups[1]!['diagnostic-code'] ?? '', /550 5\.1\.1/u);
  });

  test('Postfix hands over 200 messages', { skip: absent('smtp-source') }, async () => {
    const words = `-s 10 -m 200 -l 4096 -f ${BEN} -t ${ANN} 127.0.0.1:${postfix.port}`;
    await run('smtp-source', words.split(' '));
    assert.equal((await postroad.receive(ANN, 200)).length, 200);
  });

  test('RFC 3030 Postroad hands a letter with an attachment to Postfix, octet for octet', async () => {
    const letter = attachmentLetter({ from: ANN, to: BEN, subject: 'by BDAT' });
    await submit(letter, BEN);
    const [message] = await takeMaildir(ben());
    assert.ok(message!.subarray(-letter.length).equals(letter));
    assert.match(headerOf(message!), /^Received: from mx\.one\.test .*by mx\.four\.test .*with ESMTPS /mu);
  });

  test('RFC 6531 Postroad hands an internationalised letter to Postfix', async () => {
    await submit(short(ANN, 'jürgen@four.test', 'Grüße'), 'jürgen@four.test');
    const [message] = await takeMaildir(join(postfix.mail, 'juergen'));
    assert.match(headerOf(message!), /with UTF8SMTPS /u);
  });

  test('RFC 3461 Postfix reports what Postroad passed on', { skip: absent('msmtp') }, async () => {
    const login = ['--auth=plain', `--user=${ANN}`, `--passwordeval=echo ${PASSWORD}`, `--from=${ANN}`];
    const target = ['--file=/dev/null', '--host=localhost', `--port=${postroad.port('submission')}`, '--tls=on'];
    const dsn = ['--dsn-notify=success', '--dsn-return=headers', `--tls-trust-file=${postroad.certificate}`];
    await run('msmtp', [...target, ...login, ...dsn, '--', BEN], { input: short(ANN, BEN, 'tell me') });
    await takeMaildir(ben());
    const [message, ...more] = await postroad.receive(ANN);
    assert.equal(more.length, 0, 'one report, not one of each server');
    const report = await readReport(message!);
    assert.equal(report.groups[0]!['reporting-mta'], 'dns; mx.four.test');
    assert.equal(report.groups[1]!['action'], 'delivered');
  });

  const refused: [what: string, to: string, letter: (to: string) => Buffer, status: string, words: RegExp][] = [
    ['an unknown user', 'nobody@four.test', (to) => short(ANN, to, 'lost'), '5.1.1', /no mailbox with this address/u],
    [
      'a message that is too large',
      BEN,
      (to) =>
        Buffer.concat([attachmentLetter({ from: ANN, to, subject: 'lost' }), Buffer.alloc(20_000, 'filling\r\n')]),
      '5.3.4',
      /larger/u,
    ],
  ];
  for (const [what, to, letter, status, words] of refused) {
    test(`RFC 3464 the sender hears that Postfix refuses ${what}`, async () => {
      await submit(letter(to), to);
      const [message] = await postroad.receive(ANN);
      const report = await readReport(message!);
      assert.deepEqual(report.defects, []);
      assert.deepEqual(
        [report.groups[1]!['final-recipient'], report.groups[1]!['action'], report.groups[1]!['status']],
        [`rfc822;${to}`, 'failed', status],
      );
      assert.match(report.text, words);
      assert.match(report.original, /Subject: lost/u);
    });
  }

  test('what Postfix defers waits, with its words; giving up tells the sender', async () => {
    await submit(short(ANN, 'later@four.test', 'lost'), 'later@four.test');
    const line = await until('the deferral', async () => {
      const { lines } = JSON.parse(await postroad.command('queue', 'list', '--json')) as { lines: { id: string }[] };
      return lines[0] ?? null;
    });
    await until('the words of Postfix', async () =>
      (await postroad.command('queue', 'show', line.id)).includes('Come back later') ? true : null,
    );
    await postroad.command('queue', 'expire', line.id);
    const [message] = await postroad.receive(ANN);
    const report = await readReport(message!);
    assert.equal(report.groups[1]!['action'], 'failed');
    assert.match(report.text, /Come back later/u);
    await postroad.drained();
  });

  test('RFC 3030 Postroad sent with BDAT', async () => {
    // Postfix counts the commands of a connection when it ends; an idle one ends after seconds.
    await until('the counts', () => (/disconnect from .* bdat=[1-9]/u.test(postfix.log()) ? true : null));
  });
});
