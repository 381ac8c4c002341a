// Postroads among themselves, as processes of their own with Debian's nsd for DNS: three in a row, a smarthost, two that
// send each other the same letter, and what the sender hears when a letter cannot be delivered.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import {
  ATTACHMENT_DIGEST,
  attachmentLetter,
  headerOf,
  readLetter,
  readReport,
  sendLetter,
} from '../support/letters.ts';
import { startNameServer, type NameServer } from '../support/name-server.ts';
import { PASSWORD, PostroadServer } from '../support/postroad-server.ts';
import { absent, freePort, run } from '../support/programs.ts';

const ANN = 'ann@one.test';
const BEN = 'ben@two.test';
const CARL = 'carl@three.test';
const ADDRESSES = ['127.0.0.1', '127.0.0.2', '127.0.0.3'] as const;

describe('three Postroads', { skip: absent('nsd', 'curl', 'python3') }, () => {
  let dns: NameServer;
  let one: PostroadServer;
  let two: PostroadServer;
  let three: PostroadServer;

  before(async () => {
    dns = await startNameServer(`
one MX 10 mx.one
two MX 10 mx.two
three MX 10 mx.two
loop MX 10 mx.one
nomail MX 0 .
mx.one A 127.0.0.1
mx.two A 127.0.0.2
mx.three A 127.0.0.3
`);
    const port = await freePort(...ADDRESSES);
    const outbound = `${dns.settings}[outbound]\nport = ${port}\nallow_private_addresses = true\n`;
    const route = (domain: string, host: string): string =>
      `[[route]]\ndomain = "${domain}"\nvia = "smtp://${host}:${port}"\nrelay_domain = true\n`;
    [one, two, three] = await Promise.all([
      PostroadServer.start({
        hostname: 'mx.one.test',
        domains: ['one.test'],
        accounts: [ANN, 'anna@one.test'],
        listeners: [`smtp:${port}`, 'submission'],
        settings: `${outbound}[limits]\nhops = 20\n${route('loop.test', 'mx.two.test')}`,
      }),
      PostroadServer.start({
        hostname: 'mx.two.test',
        address: '127.0.0.2',
        domains: ['two.test'],
        accounts: [BEN],
        listeners: [`smtp:${port}`, 'submission'],
        settings: `${outbound}${route('three.test', 'mx.three.test')}[[route]]\ndomain = "loop.test"\nvia = "smtp://mx.one.test:${port}"\nrelay_domain = true\n[limits]\nhops = 20\n`,
      }),
      PostroadServer.start({
        hostname: 'mx.three.test',
        address: '127.0.0.3',
        domains: ['three.test'],
        accounts: [CARL, 'jürgen@three.test'],
        listeners: [`smtp:${port}`],
        settings: `${outbound}[limits]\nmessage_size = "40KiB"\n`,
      }),
    ]);
  });
  after(async () => {
    await Promise.all([one, two, three].map((server) => server?.stop()));
    await dns?.stop();
  });

  const submit = (letter: Buffer, from: string, ...to: readonly string[]): Promise<void> =>
    sendLetter(letter, {
      port: one.port('submission'),
      host: 'localhost',
      from,
      to,
      login: `${ANN}:${PASSWORD}`,
      certificate: one.certificate,
    });
  const short = (to: string, subject: string): Buffer =>
    Buffer.from(`From: Ann <${ANN}>\r\nTo: <${to}>\r\nSubject: ${subject}\r\n\r\nShort.\r\n`);

  test('RFC 5321 a letter with an attachment passes all three, and not an octet of it changes', async () => {
    const letter = attachmentLetter({ from: ANN, to: BEN });
    await submit(letter, ANN, BEN);
    const [message] = await two.receive(BEN);
    assert.ok(message!.subarray(-letter.length).equals(letter), 'what was sent is the end of what arrived');
    assert.deepEqual((await readLetter(message!)).attachments, [{ name: 'Grüße.bin', digest: ATTACHMENT_DIGEST }]);

    const small = short(CARL, 'the whole road');
    await submit(small, ANN, CARL);
    const [arrived] = await three.receive(CARL);
    const header = headerOf(arrived!);
    assert.match(header, /^Return-Path: <ann@one\.test>\r\nDelivered-To: carl@three\.test\r\n/u);
    const hops = [...header.matchAll(/^Received: (?:from (\S+) .*?)?by (\S+) .*?with (\S+)/gmu)].map((m) => m.slice(1));
    assert.deepEqual(hops, [
      ['mx.two.test', 'mx.three.test', 'ESMTPS'],
      ['mx.one.test', 'mx.two.test', 'ESMTPS'],
      [undefined, 'mx.one.test', 'ESMTPSA'],
    ]);
    for (const server of [one, two, three]) await server.drained();
  });

  test('RFC 6531 an internationalised letter passes all three', async () => {
    const to = 'jürgen@three.test';
    await submit(short(to, 'Grüße aus Köln'), ANN, to);
    const [message] = await three.receive(to);
    assert.equal((await readLetter(message!)).subject, 'Grüße aus Köln');
    assert.match(headerOf(message!), /with UTF8SMTPS /u);
  });

  test('RFC 5321 §6.3 a letter between two servers that each send it to the other ends in one report', async () => {
    await submit(short('x@loop.test', 'round and round'), ANN, 'x@loop.test');
    const [message, ...more] = await one.receive(ANN);
    assert.equal(more.length, 0);
    const report = await readReport(message!);
    assert.match(report.groups[1]!['status'] ?? '', /^5\.4\.6$/u);
    assert.equal(report.groups[1]!['final-recipient'], 'rfc822;x@loop.test');
    assert.match(report.text, /loop/u);
    await one.drained();
    await two.drained();
    assert.equal((await one.inbox(ANN)).length, 0, 'nothing more comes');
    const hops = [...headerOf(Buffer.from(report.original.replaceAll(/\r?\n/gu, '\r\n'))).matchAll(/^Received: /gmu)];
    assert.ok(hops.length <= 21, `${hops.length} hops`);
  });

  const lost: [what: string, to: string, status: string, words: RegExp][] = [
    ['a domain that does not exist', 'x@nowhere.test', '5.1.2', /There is no such domain/u],
    ['a domain without mail', 'x@nomail.test', '5.1.10', /accepts no mail at all/u],
    ['an unknown user at the next hop', 'nobody@two.test', '5.1.1', /no mailbox with this address/u],
    ['an unknown user two hops away', 'nobody@three.test', '5.1.1', /no mailbox with this address/u],
  ];
  for (const [what, to, status, words] of lost) {
    test(`RFC 3464 the sender hears of ${what}`, async () => {
      await submit(short(to, 'lost letter'), ANN, to);
      const [message, ...more] = await one.receive(ANN);
      assert.equal(more.length, 0);
      const report = await readReport(message!);
      assert.deepEqual(report.defects, []);
      assert.deepEqual(report.parts, ['text/plain', 'message/delivery-status', 'message/rfc822']);
      assert.match(report.headers['return-path'] ?? '', /^<>$/u);
      assert.equal(report.headers['to'], ANN);
      assert.match(report.headers['auto-submitted'] ?? '', /^auto-replied/u);
      assert.match(report.headers['from'] ?? '', /MAILER-DAEMON@/u);
      assert.equal(report.groups.length, 2);
      assert.deepEqual(
        [report.groups[1]!['final-recipient'], report.groups[1]!['action'], report.groups[1]!['status']],
        [`rfc822;${to}`, 'failed', status],
      );
      assert.match(report.text, words);
      assert.match(report.original, /Subject: lost letter/u);
    });
  }

  test('RFC 1870 the sender hears of a message that is too large for the next hop', async () => {
    await submit(attachmentLetter({ from: ANN, to: CARL, subject: 'large' }), ANN, CARL);
    const [message] = await one.receive(ANN);
    const report = await readReport(message!);
    assert.deepEqual(report.defects, []);
    assert.equal(report.groups[1]!['status'], '5.3.4');
    assert.match(report.text, /larger than the other server takes/u);
    assert.match(report.original, /Subject: large/u);
  });

  test('RFC 3461 a letter that reached the mailbox is reported by the last server, to whoever asked', async (t) => {
    const skip = absent('msmtp');
    if (skip !== false) return t.skip(skip);
    const login = ['--auth=plain', `--user=${ANN}`, `--passwordeval=echo ${PASSWORD}`, `--from=${ANN}`];
    const target = ['--file=/dev/null', '--host=localhost', `--port=${one.port('submission')}`, '--tls=on'];
    const dsn = ['--dsn-notify=success,failure', '--dsn-return=headers', `--tls-trust-file=${one.certificate}`];
    await run('msmtp', [...target, ...login, ...dsn, '--', CARL], { input: short(CARL, 'tell me') });
    const [message] = await one.receive(ANN);
    const report = await readReport(message!);
    assert.deepEqual(report.defects, []);
    assert.deepEqual(report.parts, ['text/plain', 'message/delivery-status', 'text/rfc822-headers']);
    assert.equal(report.groups[0]!['reporting-mta'], 'dns; mx.three.test');
    assert.deepEqual(
      [report.groups[1]!['action'], report.groups[1]!['final-recipient']],
      ['delivered', `rfc822;${CARL}`],
    );
    assert.match(report.original, /Subject: tell me/u);
    await three.receive(CARL);
  });
});

describe('a Postroad as the smarthost of another', { skip: absent('nsd', 'curl', 'python3') }, () => {
  let dns: NameServer;
  let home: PostroadServer;
  let smarthost: PostroadServer;

  before(async () => {
    const port = await freePort(...ADDRESSES);
    dns = await startNameServer(`
one MX 10 mx.one
two MX 10 mx.two
mx.one A 127.0.0.1
mx.two A 127.0.0.2
`);
    const outbound = `${dns.settings}[outbound]\nport = ${port}\nallow_private_addresses = true\n`;
    smarthost = await PostroadServer.start({
      hostname: 'mx.two.test',
      address: '127.0.0.2',
      domains: ['two.test'],
      accounts: [BEN, 'relay@two.test'],
      listeners: [`smtp:${port}`, 'submission', 'submissions'],
      settings: `${outbound}[log]\nlevel = "debug"\n`,
    });
    await smarthost.command('grant', 'add', 'relay@two.test', '*@one.test');
    const login = `relay%40two.test:${encodeURIComponent(PASSWORD)}`;
    const starttls = `smtp://${login}@127.0.0.2:${smarthost.port('submission')}`;
    const implicit = `smtps://${login}@127.0.0.2:${smarthost.port('submissions')}`;
    home = await PostroadServer.start({
      hostname: 'mx.one.test',
      domains: ['one.test'],
      accounts: [ANN],
      listeners: [`smtp:${port}`, 'submission'],
      settings: `${outbound}[[route]]\ndomain = "*"\nvia = "${starttls}"\n[[route]]\ndomain = "nowhere.test"\nvia = "${implicit}"\n`,
    });
  });
  after(async () => {
    await Promise.all([home?.stop(), smarthost?.stop()]);
    await dns?.stop();
  });

  const submit = (letter: Buffer, to: string): Promise<void> =>
    sendLetter(letter, {
      port: home.port('submission'),
      host: 'localhost',
      from: ANN,
      to: [to],
      login: `${ANN}:${PASSWORD}`,
      certificate: home.certificate,
    });

  test('RFC 5802 it signs in with SCRAM bound to the TLS channel, and the letter arrives as it was', async () => {
    const letter = attachmentLetter({ from: ANN, to: BEN, subject: 'by the smarthost' });
    await submit(letter, BEN);
    const [message] = await smarthost.receive(BEN);
    assert.ok(message!.subarray(-letter.length).equals(letter));
    assert.match(headerOf(message!), /^Received: by mx\.two\.test .*with ESMTPSA /mu);
    assert.match(smarthost.log, /"mechanism":"SCRAM-SHA-256-PLUS"/u);
  });

  test('RFC 8314 over implicit TLS too; what the smarthost cannot deliver comes back to the sender', async () => {
    const letter = Buffer.from(`From: <${ANN}>\r\nTo: <x@nowhere.test>\r\nSubject: lost\r\n\r\nShort.\r\n`);
    await submit(letter, 'x@nowhere.test');
    const [message] = await home.receive(ANN);
    const report = await readReport(message!);
    assert.equal(report.groups[0]!['reporting-mta'], 'dns; mx.two.test');
    assert.equal(report.groups[1]!['status'], '5.1.2');
  });

  test('the smarthost refuses what the account may not send as, and the sender hears why', async () => {
    await smarthost.command('grant', 'remove', 'relay@two.test', '*@one.test');
    await submit(Buffer.from(`From: <${ANN}>\r\nTo: <${BEN}>\r\nSubject: no\r\n\r\nShort.\r\n`), BEN);
    const [message] = await home.receive(ANN);
    const report = await readReport(message!);
    assert.equal(report.groups[1]!['status'], '5.7.1');
    assert.match(report.text, /This sender address is not yours/u);
  });
});
