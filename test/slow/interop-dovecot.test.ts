// Dovecot behind a whole Postroad: LMTP with an answer for each recipient, over STARTTLS.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { attachmentLetter, headerOf, readReport, sendLetter } from '../support/letters.ts';
import { absentServer, startDovecot, takeMaildir, type Dovecot } from '../support/mail-servers.ts';
import { PASSWORD, PostroadServer } from '../support/postroad-server.ts';
import { absent, run } from '../support/programs.ts';

const ANN = 'ann@one.test';
const BEN = 'ben@six.test';
const CARL = 'carl@six.test';

describe('Dovecot behind Postroad', { skip: absentServer('dovecot', 'curl', 'python3') }, () => {
  let dovecot: Dovecot;
  let postroad: PostroadServer;

  before(async () => {
    dovecot = await startDovecot();
    postroad = await PostroadServer.start({
      hostname: 'mx.one.test',
      domains: ['one.test'],
      accounts: [ANN],
      settings: `[[route]]\ndomain = "six.test"\nvia = "lmtp://127.0.0.1:${dovecot.lmtpPort}"\nrelay_domain = true\n`,
    });
  });
  after(async () => {
    await postroad?.stop();
    await dovecot?.stop();
  });

  const submit = (letter: Buffer, ...to: readonly string[]): Promise<void> =>
    sendLetter(letter, {
      port: postroad.port('submission'),
      host: 'localhost',
      from: ANN,
      to,
      login: `${ANN}:${PASSWORD}`,
      certificate: postroad.certificate,
    });

  test('RFC 2033 a letter for two mailboxes arrives in both, octet for octet', async () => {
    const letter = attachmentLetter({ from: ANN, to: BEN });
    await submit(letter, BEN, CARL);
    for (const name of ['ben', 'carl']) {
      const [message] = await takeMaildir(join(dovecot.mail, name));
      assert.ok(message!.subarray(-letter.length).equals(letter));
      assert.match(headerOf(message!), /^Received: from mx\.one\.test .*with LMTPS /mu);
      assert.match(headerOf(message!), /^Return-Path: <ann@one\.test>\r$/mu);
    }
  });

  test('a relay domain takes mail of strangers', async () => {
    const letter = attachmentLetter({ from: 'eve@elsewhere.test', to: BEN, subject: 'stranger' });
    await sendLetter(letter, { port: postroad.port('smtp'), from: 'eve@elsewhere.test', to: [BEN] });
    const [message] = await takeMaildir(join(dovecot.mail, 'ben'));
    assert.ok(message!.subarray(-letter.length).equals(letter));
  });

  test('RFC 2033 §4.2 each recipient has an answer of its own: one arrives, the sender hears of the other', async () => {
    await submit(attachmentLetter({ from: ANN, to: BEN, subject: 'half' }), BEN, 'nobody@six.test');
    await takeMaildir(join(dovecot.mail, 'ben'));
    const [message, ...more] = await postroad.receive(ANN);
    assert.equal(more.length, 0);
    const report = await readReport(message!);
    assert.deepEqual(report.defects, []);
    assert.equal(report.groups.length, 2);
    assert.deepEqual(
      [report.groups[1]!['final-recipient'], report.groups[1]!['status']],
      ['rfc822;nobody@six.test', '5.1.1'],
    );
    await postroad.drained();
  });

  test(
    'RFC 3461 §5.2.2 Dovecot sends no reports: Postroad says that it passed the letter on',
    { skip: absent('msmtp') },
    async () => {
      const login = ['--auth=plain', `--user=${ANN}`, `--passwordeval=echo ${PASSWORD}`, `--from=${ANN}`];
      const target = ['--file=/dev/null', '--host=localhost', `--port=${postroad.port('submission')}`, '--tls=on'];
      const dsn = ['--dsn-notify=success', `--tls-trust-file=${postroad.certificate}`];
      const input = `From: <${ANN}>\nTo: <${BEN}>\nSubject: tell me\n\nShort.\n`;
      await run('msmtp', [...target, ...login, ...dsn, '--', BEN], { input });
      await takeMaildir(join(dovecot.mail, 'ben'));
      const [message] = await postroad.receive(ANN);
      const report = await readReport(message!);
      assert.equal(report.groups[0]!['reporting-mta'], 'dns; mx.one.test');
      assert.match(report.groups[1]!['action'] ?? '', /^(?:relayed|delivered)$/u);
    },
  );
});
