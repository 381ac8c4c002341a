// Exim before and behind a whole Postroad, both ways over STARTTLS and with BDAT: letters, delivery status notifications,
// refusals and deferrals.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { attachmentLetter, headerOf, readReport, sendLetter } from '../support/letters.ts';
import { absentServer, eximProgram, startExim, takeMaildir, type MailServer } from '../support/mail-servers.ts';
import { PASSWORD, PostroadServer } from '../support/postroad-server.ts';
import { absent, freePort, run, until } from '../support/programs.ts';

const ANN = 'ann@one.test';
const BEN = 'ben@five.test';

describe('Exim and Postroad', { skip: absentServer(eximProgram(), 'curl', 'python3') }, () => {
  let exim: MailServer;
  let postroad: PostroadServer;

  before(async () => {
    const port = await freePort();
    exim = await startExim({ nextPort: port });
    postroad = await PostroadServer.start({
      hostname: 'mx.one.test',
      domains: ['one.test'],
      accounts: [ANN],
      listeners: [`smtp:${port}`, 'submission'],
      settings: `[[route]]\ndomain = "five.test"\nvia = "smtp://127.0.0.1:${exim.port}"\n`,
    });
  });
  after(async () => {
    await postroad?.stop();
    await exim?.stop();
  });

  const ben = (): string => join(exim.mail, 'ben');
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
  /** Hands a letter to a server's port with DSN parameters; signs in where there is a login. */
  const sendWithDsn = (port: number, from: string, to: string, login: readonly string[]): Promise<string> => {
    const target = ['--file=/dev/null', '--host=localhost', `--port=${port}`, '--domain=client.test', `--from=${from}`];
    const dsn = ['--dsn-notify=success,failure', '--dsn-return=headers'];
    return run('msmtp', [...target, ...dsn, ...login, '--', to], { input: short(from, to, 'tell me') });
  };

  test('RFC 3030 Exim hands over a letter with an attachment by BDAT, octet for octet', async () => {
    const letter = attachmentLetter({ from: BEN, to: ANN });
    await sendLetter(letter, { port: exim.port, from: BEN, to: [ANN] });
    const [message] = await postroad.receive(ANN);
    assert.ok(message!.subarray(-letter.length).equals(letter));
    assert.match(headerOf(message!), /^Received: from mx\.five\.test .*by mx\.one\.test .*with ESMTPS /mu);
    // Exim marks a delivery by BDAT with K.
    await until('the delivery in the log of Exim', () =>
      /=> ann@one\.test .* X=TLS\S* .*K C=/u.test(exim.log()) ? true : null,
    );
  });

  test('RFC 3461 Postroad reports what Exim passed on', { skip: absent('msmtp') }, async () => {
    await sendWithDsn(exim.port, BEN, ANN, []);
    await postroad.receive(ANN);
    const [message] = await takeMaildir(ben());
    const report = await readReport(message!);
    assert.deepEqual(report.defects, []);
    assert.equal(report.groups[0]!['reporting-mta'], 'dns; mx.one.test');
    assert.equal(report.groups[1]!['action'], 'delivered');
  });

  test('Exim hears why Postroad refuses', async () => {
    await exim.sendmail(short(BEN, 'nobody@one.test', 'lost'), '-f', BEN, 'nobody@one.test');
    const [message] = await takeMaildir(ben());
    const report = await readReport(message!);
    assert.match(report.groups[1]!['diagnostic-code'] ?? '', /550 5\.1\.1/u);
  });

  test('Exim hands over 40 messages', { skip: absent('smtp-source') }, async () => {
    await run('smtp-source', `-s 5 -m 40 -l 4096 -f ${BEN} -t ${ANN} 127.0.0.1:${exim.port}`.split(' '));
    assert.equal((await postroad.receive(ANN, 40)).length, 40);
  });

  test('RFC 3030 Postroad hands a letter with an attachment to Exim, octet for octet', async () => {
    const letter = attachmentLetter({ from: ANN, to: BEN, subject: 'by BDAT' });
    await submit(letter, BEN);
    const [message] = await takeMaildir(ben());
    assert.ok(message!.subarray(-letter.length).equals(letter));
    assert.match(headerOf(message!), /^Received: from \S+ \(helo=mx\.one\.test\) by mx\.five\.test with esmtps /mu);
  });

  test('RFC 3461 Exim reports what Postroad passed on', { skip: absent('msmtp') }, async () => {
    const login = ['--auth=plain', `--user=${ANN}`, `--passwordeval=echo ${PASSWORD}`];
    const tls = ['--tls=on', `--tls-trust-file=${postroad.certificate}`];
    await sendWithDsn(postroad.port('submission'), ANN, BEN, [...login, ...tls]);
    await takeMaildir(ben());
    const [message, ...more] = await postroad.receive(ANN);
    assert.equal(more.length, 0, 'one report, not one of each server');
    const report = await readReport(message!);
    assert.match(report.groups[0]!['reporting-mta'] ?? '', /mx\.five\.test$/u);
    assert.equal(report.groups[1]!['action'], 'delivered');
  });

  const refused: [what: string, to: string, letter: (to: string) => Buffer, status: string, words: RegExp][] = [
    ['an unknown user', 'nobody@five.test', (to) => short(ANN, to, 'lost'), '5.1.1', /no mailbox with this address/u],
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
    test(`RFC 3464 the sender hears that Exim refuses ${what}`, async () => {
      await submit(letter(to), to);
      const [message] = await postroad.receive(ANN);
      const report = await readReport(message!);
      assert.deepEqual(report.defects, []);
      assert.deepEqual([report.groups[1]!['action'], report.groups[1]!['status']], ['failed', status]);
      assert.match(report.text, words);
    });
  }

  test('what Exim defers waits, with its words', async () => {
    await submit(short(ANN, 'later@five.test', 'lost'), 'later@five.test');
    await until('the words of Exim', async () =>
      (await postroad.command('trace')).includes('Come back later') ? true : null,
    );
    await postroad.command('queue', 'expire', '--recipient', 'later@five.test');
    const [message] = await postroad.receive(ANN);
    assert.match((await readReport(message!)).text, /Come back later/u);
    await postroad.drained();
  });
});
