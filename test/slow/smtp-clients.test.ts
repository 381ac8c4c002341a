// SMTP as real programs speak it: swaks, curl, msmtp and Postfix's smtp-source send over plain connections, STARTTLS,
// implicit TLS and LMTP. Programs that are not installed are named in one line.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import type { SmtpService } from '../../src/protocols/smtp/index.ts';
import type { MemoryMail } from '../../src/protocols/smtp/testing/memory-session.ts';
import { startSmtpLoopback } from '../support/smtp-loopback.ts';
import { TEST_CERTIFICATE } from '../support/test-certificate.ts';

const LETTER = 'From: Ann <ann@one.test>\r\nTo: ben@two.test\r\nSubject: dots\r\n\r\n.one\r\n..two\r\nend\r\n';

function absent(program: string): string | false {
  const there = ['/usr/bin', '/usr/sbin', '/usr/local/bin'].some((folder) => existsSync(join(folder, program)));
  return there ? false : `${program} is not installed`;
}

/** Runs a program to its end; rejects with what it printed when it fails. */
function run(program: string, options: readonly string[], input = ''): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = execFile(program, options, { timeout: 60_000 }, (error, out, err) => {
      if (error === null) resolve(out);
      else reject(new Error(`${program}: ${error.message}\n${out}${err}`));
    });
    child.stdin?.end(input);
  });
}

interface Scene {
  readonly mail: MemoryMail;
  readonly port: number;
  readonly letter: string;
  readonly certificate: string;
}

async function openScene(t: TestContext, service: SmtpService, later = false): Promise<Scene> {
  const { mail, port, close } = await startSmtpLoopback({ service }, { later });
  t.after(close);
  const folder = mkdtempSync(join(tmpdir(), 'smtp-clients-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const certificate = join(folder, 'certificate.pem');
  const letter = join(folder, 'letter.eml');
  writeFileSync(certificate, TEST_CERTIFICATE);
  writeFileSync(letter, LETTER);
  return { mail, port, letter, certificate };
}

function requireLetter(mail: MemoryMail, signedIn: boolean, secure: boolean): void {
  assert.equal(mail.messages.length, 1);
  const { content, state, envelope } = mail.messages[0]!;
  // swaks adds an empty line.
  assert.match(content.toString(), /\r\n\r\n\.one\r\n\.\.two\r\nend\r\n(?:\r\n)?$/);
  assert.equal(state.account?.address, signedIn ? 'ann@one.test' : undefined);
  assert.equal(state.tls !== null, secure);
  assert.equal(envelope.reversePath?.localPart, 'ann');
  assert.equal(envelope.recipients[0]?.forwardPath.domain, 'two.test');
}

const ENVELOPE = ['--from', 'ann@one.test', '--to', 'ben@two.test'];

const swaksWays: [title: string, service: SmtpService, options: string[], signedIn: boolean, secure: boolean][] = [
  ['plain', 'smtp', [], false, false],
  ['with PIPELINING', 'smtp', ['--pipeline'], false, false],
  ['with STARTTLS', 'smtp', ['-tls'], false, true],
  ['by LMTP', 'lmtp', ['--protocol', 'LMTP'], false, false],
  ['signed in with PLAIN', 'submission', ['-tls', '--auth', 'PLAIN', '-au', 'ann', '-ap', 'secret'], true, true],
  ['by implicit TLS', 'submissions', ['-tlsc', '--auth', 'PLAIN', '-au', 'ann', '-ap', 'secret'], true, true],
];
for (const [title, service, options, signedIn, secure] of swaksWays) {
  test(`swaks sends a message ${title}`, { skip: absent('swaks') }, async (t) => {
    const { mail, port, letter } = await openScene(t, service);
    const target = ['--server', '127.0.0.1', '--port', String(port), '--data', `@${letter}`];
    await run('swaks', [...target, ...ENVELOPE, ...options]);
    requireLetter(mail, signedIn, secure);
  });
}

for (const [service, scheme] of [
  ['submission', 'smtp'],
  ['submissions', 'smtps'],
] as const) {
  test(`curl sends a message (${service})`, { skip: absent('curl') }, async (t) => {
    const { mail, port, letter, certificate } = await openScene(t, service);
    await run('curl', [
      ...`--silent --show-error --ssl-reqd --cacert ${certificate} --user ann:secret`.split(' '),
      ...`--mail-from ann@one.test --mail-rcpt ben@two.test --upload-file ${letter}`.split(' '),
      `${scheme}://localhost:${port}`,
    ]);
    requireLetter(mail, true, true);
  });

  test(`msmtp sends a message (${service})`, { skip: absent('msmtp') }, async (t) => {
    const { mail, port, certificate } = await openScene(t, service);
    const options =
      `--file=/dev/null --host=localhost --port=${port} --tls=on --tls-trust-file=${certificate} ` +
      `--tls-starttls=${service === 'submission' ? 'on' : 'off'} --auth=plain --user=ann --from=ann@one.test`;
    await run(
      'msmtp',
      [...options.split(' '), '--passwordeval=echo secret', '--', 'ben@two.test'],
      LETTER.replaceAll('\r\n', '\n'),
    );
    requireLetter(mail, true, true);
  });
}

for (const later of [false, true]) {
  const title = `smtp-source sends 500 messages over 20 connections, answers ${later ? 'later' : 'at once'}`;
  test(title, { skip: absent('smtp-source') }, async (t) => {
    const { mail, port } = await openScene(t, 'smtp', later);
    const options = '-s 20 -m 500 -l 4096 -f ann@one.test -t ben@two.test -c -d'.split(' ');
    await run('smtp-source', [...options, `127.0.0.1:${port}`]);
    assert.equal(mail.messages.length, 500);
  });
}
