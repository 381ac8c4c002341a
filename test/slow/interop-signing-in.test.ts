// Postfix signs in to a whole Postroad with Cyrus SASL, and a Postroad signs in to Postfix, whose passwords Dovecot keeps:
// SCRAM between three makers.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { headerOf, readReport, sendLetter } from '../support/letters.ts';
import {
  absentServer,
  startDovecot,
  startPostfix,
  takeMaildir,
  type Dovecot,
  type MailServer,
} from '../support/mail-servers.ts';
import { PASSWORD, PostroadServer } from '../support/postroad-server.ts';
import { freePort, until } from '../support/programs.ts';

const ANN = 'ann@one.test';
const BEN = 'ben@four.test';

describe('signing in', { skip: absentServer('postfix', 'dovecot', 'curl', 'python3') }, () => {
  let dovecot: Dovecot;
  let postfix: MailServer;
  let postroad: PostroadServer;

  before(async () => {
    const [submission, smtp] = [await freePort(), await freePort()];
    dovecot = await startDovecot();
    postfix = await startPostfix({
      settings: (folder) => ({
        mynetworks: '192.0.2.0/24',
        smtpd_sasl_auth_enable: 'yes',
        smtpd_sasl_type: 'dovecot',
        smtpd_sasl_path: `inet:127.0.0.1:${dovecot.authPort}`,
        smtpd_recipient_restrictions: 'permit_sasl_authenticated, reject',
        transport_maps: `inline:{one.test=smtp:[localhost]:${submission}}`,
        smtp_host_lookup: 'native',
        smtp_tls_security_level: 'secure',
        smtp_tls_CAfile: join(folder, 'certificate.pem'),
        smtp_sasl_auth_enable: 'yes',
        smtp_sasl_password_maps: `inline:{{[localhost]:${submission}=${ANN}:${PASSWORD}}}`,
        smtp_sasl_security_options: 'noanonymous',
      }),
    });
    const login = (user: string, password: string): string =>
      `smtp://${encodeURIComponent(user)}:${encodeURIComponent(password)}@127.0.0.1:${postfix.port}`;
    postroad = await PostroadServer.start({
      hostname: 'mx.one.test',
      domains: ['one.test'],
      accounts: [ANN],
      listeners: [`smtp:${smtp}`, `submission:${submission}`],
      settings: `[log]\nlevel = "debug"
[[route]]\ndomain = "four.test"\nvia = "${login('ben@six.test', PASSWORD)}"
[[route]]\ndomain = "wrong.test"\nvia = "${login('carl@six.test', 'wrong')}"\n`,
    });
  });
  after(async () => {
    await postroad?.stop();
    await postfix?.stop();
    await dovecot?.stop();
  });

  const short = (from: string, to: string): Buffer =>
    Buffer.from(`From: <${from}>\r\nTo: <${to}>\r\nSubject: hello\r\n\r\nShort.\r\n`);
  const submit = (to: string): Promise<void> =>
    sendLetter(short(ANN, to), {
      port: postroad.port('submission'),
      host: 'localhost',
      from: ANN,
      to: [to],
      login: `${ANN}:${PASSWORD}`,
      certificate: postroad.certificate,
    });

  test('RFC 7677 Postfix with Cyrus SASL signs in to Postroad with SCRAM', async () => {
    await postfix.sendmail(short(ANN, ANN), '-f', ANN, ANN);
    const [message] = await postroad.receive(ANN);
    assert.match(headerOf(message!), /^Received: by mx\.one\.test with ESMTPSA /mu);
    assert.match(postroad.log, /"mechanism":"SCRAM-SHA-256(?:-PLUS)?"/u);
  });

  test('RFC 7677 Postroad signs in to Postfix with SCRAM, which Dovecot checks', async () => {
    await submit(BEN);
    const [message] = await takeMaildir(join(postfix.mail, 'ben'));
    assert.match(headerOf(message!), /^Received: from mx\.one\.test .*by mx\.four\.test .*with ESMTPSA /mu);
    assert.match(postfix.log(), /sasl_method=SCRAM-SHA-256, sasl_username=ben@six\.test/u);
  });

  test('a wrong password at the next hop: the letter waits, and its journey says why', async () => {
    await submit('x@wrong.test');
    await until('the refusal', async () =>
      (await postroad.command('queue', 'show', '--json', await newest())).includes('535 5.7.8') ? true : null,
    );
    await postroad.command('queue', 'expire', '--domain', 'wrong.test');
    const [message] = await postroad.receive(ANN);
    const report = await readReport(message!);
    assert.equal(report.groups[1]!['action'], 'failed');
    assert.ok(!report.text.includes('wrong:') && !message!.includes('carl%40'), 'no password is told');
  });

  async function newest(): Promise<string> {
    const { lines } = JSON.parse(await postroad.command('queue', 'list', '--json')) as { lines: { id: string }[] };
    return lines.at(-1)?.id ?? '';
  }
});
