// A whole Postroad and the programs that people and scripts send and read with: swaks, curl, msmtp, s-nail and mutt send,
// curl, fetchmail and mpop read. What is not installed is said in the reason of the skip.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { PASSWORD, PostroadServer } from '../support/postroad-server.ts';
import { absent, freePort, run } from '../support/programs.ts';

const ANN = 'ann@one.test';
const BEN = 'ben@one.test';
const BODY = '.one\n..two\n\nFrom the road\nend\n';
const LETTER = `From: Ann <${ANN}>\nTo: <${BEN}>\nSubject: dots\nDate: Mon, 23 Nov 2026 20:00:00 +0000\nMessage-ID: <dots@one.test>\n\n${BODY}`;
/** Every octet, and enough of them for many base64 lines. */
const ATTACHMENT = Buffer.from(Array.from({ length: 40_000 }, (_, i) => (i * 7 + (i >> 8)) & 255));

let server: PostroadServer;
let proxyPort: number;

before(async () => {
  proxyPort = await freePort();
  server = await PostroadServer.start({
    hostname: 'mx.one.test',
    domains: ['one.test'],
    accounts: [ANN, BEN],
    listeners: ['submission', 'submissions', 'lmtp', 'pop3s', 'smtp'],
    settings: `[[listener]]\nprotocol = "smtp"\naddress = "127.0.0.1"\nport = ${proxyPort}\nproxy_networks = ["127.0.0.0/8"]\n`,
  });
});
after(() => server.stop());

/** The one message that Ben has got: its header unfolded, and its body. */
async function receiveOne(): Promise<{ header: string; body: string }> {
  const messages = await server.receive(BEN);
  assert.equal(messages.length, 1);
  const text = messages[0]!.toString('latin1');
  const end = text.indexOf('\r\n\r\n');
  return { header: text.slice(0, end + 2).replaceAll(/\r\n[ \t]+/gu, ' '), body: text.slice(end + 4) };
}

async function requireLetter(received: RegExp): Promise<string> {
  const { header, body } = await receiveOne();
  assert.equal(body.trimEnd(), BODY.trimEnd().replaceAll('\n', '\r\n'));
  assert.match(header, /^Return-Path: <ann@one\.test>\r\nDelivered-To: ben@one\.test\r\nReceived: /u);
  assert.match(header, /^Subject: dots\r$/mu);
  assert.match(header, received);
  return header;
}

/** Whether msmtp or mpop was built with a mechanism; 'on' lets it choose. */
async function knows(program: string, mechanism: string): Promise<boolean> {
  return mechanism === 'on' || (await run(program, ['--version'])).split(/\s+/u).includes(mechanism);
}

describe('swaks', { skip: absent('swaks') }, () => {
  const send = (port: number, ...words: readonly string[]): Promise<string> => {
    const letter = join(server.folder, 'letter.eml');
    writeFileSync(letter, LETTER);
    const envelope = ['--server', '127.0.0.1', '--port', String(port), '--from', ANN, '--to', BEN];
    return run('swaks', [...envelope, '--helo', 'client.two.test', '--data', `@${letter}`, ...words]);
  };
  const signIn = (mechanism: string): string[] => ['--auth', mechanism, '-au', ANN, '-ap', PASSWORD];

  test('RFC 5321 sends plainly', async () => {
    await send(server.port('smtp'));
    await requireLetter(/^Received: from client\.two\.test \(.*\[127\.0\.0\.1\]\) by mx\.one\.test .*with ESMTP /mu);
  });

  test('RFC 2920 sends with PIPELINING', async () => {
    await send(server.port('smtp'), '--pipeline');
    await requireLetter(/with ESMTP /u);
  });

  test('RFC 3207 sends with STARTTLS', async () => {
    const said = await send(server.port('smtp'), '-tls');
    assert.match(said, /TLS started with cipher TLSv1\.3/u);
    await requireLetter(/with ESMTPS /u);
  });

  for (const mechanism of ['PLAIN', 'LOGIN']) {
    test(`RFC 4954 signs in with ${mechanism} and sends`, async () => {
      await send(server.port('submission'), '-tls', ...signIn(mechanism));
      const header = await requireLetter(/with ESMTPSA /u);
      assert.doesNotMatch(header, /127\.0\.0\.1|client\.two\.test/u, 'a user keeps the place of their machine');
      await send(server.port('submissions'), '-tlsc', ...signIn(mechanism));
      await requireLetter(/with ESMTPSA /u);
    });
  }

  test('RFC 4954 §4 a wrong password is refused, and nobody relays without signing in', async () => {
    await assert.rejects(
      send(server.port('submission'), '-tls', '--auth', 'PLAIN', '-au', ANN, '-ap', 'wrong'),
      /535 5\.7\.8/u,
    );
    await assert.rejects(send(server.port('submission'), '-tls'), /530 5\.7\.0/u);
    await assert.rejects(send(server.port('smtp'), '--to', 'eve@elsewhere.test'), /55[04] 5\.7\.1/u);
    await assert.rejects(send(server.port('smtp'), '--to', 'nobody@one.test'), /550 5\.1\.1/u);
    assert.equal((await server.inbox(BEN)).length, 0);
  });

  test('RFC 2033 sends by LMTP', async () => {
    const said = await send(server.port('lmtp'), '--protocol', 'LMTP', '--to', `${BEN},${ANN}`);
    assert.equal(said.match(/^<[-~ ]+250 2\.0\.0 \S+ accepted$/gmu)?.length, 2, said);
    await requireLetter(/with LMTP /u);
    await server.receive(ANN);
  });

  for (const version of ['1', '2']) {
    test(`the client's address comes from a PROXY header, version ${version}`, async () => {
      const from = ['--proxy-source', '192.0.2.77', '--proxy-source-port', '4711'];
      const to = ['--proxy-dest', '192.0.2.1', '--proxy-dest-port', '25'];
      await send(
        proxyPort,
        '--proxy-version',
        version,
        '--proxy-family',
        version === '1' ? 'TCP4' : 'AF_INET',
        ...from,
        ...to,
      );
      await requireLetter(/^Received: from client\.two\.test \(.*\[192\.0\.2\.77\]\)/mu);
    });
  }
});

describe('curl', { skip: absent('curl') }, () => {
  test('RFC 8314 sends over implicit TLS and over STARTTLS, and reads over POP3S and STLS', async () => {
    const letter = join(server.folder, 'curl.eml');
    writeFileSync(letter, LETTER.replaceAll('\n', '\r\n'));
    const safe = ['--silent', '--show-error', '--ssl-reqd', '--cacert', server.certificate];
    const curl = (user: string, ...words: readonly string[]): Promise<string> =>
      run('curl', [...safe, '--user', `${user}:${PASSWORD}`, ...words]);
    for (const [scheme, service] of [
      ['smtps', 'submissions'],
      ['smtp', 'submission'],
    ] as const) {
      const url = `${scheme}://localhost:${server.port(service)}/client.two.test`;
      await curl(ANN, '--mail-from', ANN, '--mail-rcpt', BEN, '--upload-file', letter, url);
    }
    for (const [scheme, service] of [
      ['pop3s', 'pop3s'],
      ['pop3', 'pop3'],
    ] as const) {
      const url = `${scheme}://localhost:${server.port(service)}`;
      assert.match(await curl(BEN, url), /^1 \d+\r\n2 \d+/u);
      assert.ok((await curl(BEN, `${url}/2`)).endsWith(BODY.replaceAll('\n', '\r\n')));
    }
    assert.equal((await server.receive(BEN, 2)).length, 2);
  });
});

describe('msmtp', { skip: absent('msmtp') }, () => {
  for (const mechanism of ['on', 'plain', 'login', 'scram-sha-256']) {
    for (const starttls of ['on', 'off']) {
      test(`RFC 4954 signs in with ${mechanism}, ${starttls === 'on' ? 'STARTTLS' : 'implicit TLS'}`, async (t) => {
        if (!(await knows('msmtp', mechanism))) return t.skip('not built into this msmtp');
        const port = server.port(starttls === 'on' ? 'submission' : 'submissions');
        const tls = ['--tls=on', `--tls-trust-file=${server.certificate}`, `--tls-starttls=${starttls}`];
        const who = [`--auth=${mechanism}`, `--user=${ANN}`, `--passwordeval=echo ${PASSWORD}`, `--from=${ANN}`];
        const target = ['--file=/dev/null', '--host=localhost', `--port=${port}`, '--domain=client.two.test'];
        await run('msmtp', [...target, ...tls, ...who, '--', BEN], { input: LETTER });
        await requireLetter(/with ESMTPSA /u);
      });
    }
  }
});

interface Attachment {
  readonly name: string;
  readonly digest: string;
  readonly text: string;
}

/** The attachment of a message as Python's email package reads it. */
async function readAttachment(message: Buffer): Promise<Attachment> {
  const program = `
import email, email.policy, hashlib, json, sys
m = email.message_from_bytes(sys.stdin.buffer.read(), policy=email.policy.default)
[a] = list(m.iter_attachments())
print(json.dumps({"name": a.get_filename(), "digest": hashlib.sha256(a.get_payload(decode=True)).hexdigest(), "text": m.get_body().get_content()}))`;
  return JSON.parse(await run('python3', ['-c', program], { input: message })) as Attachment;
}

describe('mail programs with an attachment', { skip: absent('python3') }, () => {
  const digest = createHash('sha256').update(ATTACHMENT).digest('hex');
  const attach = (): string => {
    const path = join(server.folder, 'Grüße & more.bin');
    writeFileSync(path, ATTACHMENT);
    return path;
  };
  const requireAttachment = async (): Promise<void> => {
    const [message] = await server.receive(BEN);
    const read = await readAttachment(message!);
    assert.deepEqual([read.name, read.digest], ['Grüße & more.bin', digest]);
    assert.match(read.text, /Schöne Grüße/u);
    assert.match(message!.toString('latin1'), /with ESMTPSA /u);
  };
  const env = { LC_ALL: 'C.UTF-8', HOME: '/nonexistent', MAILRC: '/dev/null', DEAD: '/dev/null' };

  test('s-nail sends', { skip: absent('s-nail') }, async () => {
    const user = encodeURIComponent(ANN);
    const url = `smtp://${user}:${encodeURIComponent(PASSWORD)}@localhost:${server.port('submission')}`;
    const settings = [
      `mta=${url}`,
      'v15-compat',
      'smtp-use-starttls',
      'smtp-auth=plain',
      `from=${ANN}`,
      'hostname=one.test',
      `tls-ca-file=${server.certificate}`,
      'tls-verify=strict',
      'sendwait',
      'ttycharset=utf-8',
      'nosave',
    ];
    await run('s-nail', ['-:/', ...settings.flatMap((s) => ['-S', s]), '-a', attach(), '-s', 'Fahrplan', BEN], {
      input: 'Schöne Grüße\n',
      env,
    });
    await requireAttachment();
  });

  test('mutt sends', { skip: absent('mutt') }, async () => {
    const settings = join(server.folder, 'muttrc');
    // Left to itself, mutt 2.2 with GNU SASL takes SCRAM-SHA-256-PLUS and fails: it cannot bind to its TLS channel.
    writeFileSync(
      settings,
      `set smtp_url="smtp://${ANN}@localhost:${server.port('submission')}"
set smtp_pass="${PASSWORD}" smtp_authenticators="scram-sha-256"
set ssl_force_tls=yes ssl_starttls=yes certificate_file="${server.certificate}" ssl_verify_host=yes
set tmpdir="${server.folder}" from="${ANN}" use_from=yes copy=no charset=utf-8 send_charset="utf-8" hostname=one.test
`,
    );
    await run('mutt', ['-n', '-F', settings, '-s', 'Fahrplan', '-a', attach(), '--', BEN], {
      input: 'Schöne Grüße\n',
      env: { ...env, HOME: server.folder },
    });
    await requireAttachment();
  });
});

describe('reading', { skip: absent('curl') }, () => {
  const fill = async (): Promise<void> => {
    const letter = join(server.folder, 'fill.eml');
    writeFileSync(letter, LETTER.replaceAll('\n', '\r\n'));
    const words = ['--silent', '--show-error', '--mail-from', ANN, '--mail-rcpt', BEN, '--upload-file', letter];
    for (let n = 0; n < 3; n++)
      await run('curl', [...words, `smtp://127.0.0.1:${server.port('smtp')}/client.two.test`]);
  };
  const count = (mbox: string): number =>
    readFileSync(mbox, 'utf8').split(/^\.one\n\.\.two\n\n>?From the road\nend\n/mu).length - 1;

  for (const service of ['pop3', 'pop3s']) {
    for (const mechanism of ['on', 'plain', 'scram-sha-256']) {
      test(`mpop fetches and removes (${service}, ${mechanism})`, { skip: absent('mpop') }, async (t) => {
        if (!(await knows('mpop', mechanism))) return t.skip('not built into this mpop');
        await fill();
        const mbox = join(server.folder, `mpop-${service}-${mechanism}`);
        const starttls = service === 'pop3' ? 'on' : 'off';
        await run(
          'mpop',
          [
            `--file=/dev/null --host=localhost --port=${server.port(service)} --user=${BEN} --auth=${mechanism}`.split(
              ' ',
            ),
            `--tls=on --tls-starttls=${starttls} --tls-trust-file=${server.certificate} --keep=off`.split(' '),
            [`--passwordeval=echo ${PASSWORD}`, `--uidls-file=${mbox}.uidls`, `--delivery=mbox,${mbox}`],
          ].flat(),
        );
        assert.equal(count(mbox), 3);
        assert.equal((await server.inbox(BEN)).length, 0);
      });
    }

    test(`fetchmail fetches and removes (${service})`, { skip: absent('fetchmail') }, async () => {
      await fill();
      const inbox = join(server.folder, `fetchmail-${service}`);
      const settings = `${inbox}.rc`;
      const tls = service === 'pop3' ? 'sslproto "TLS1.2+"' : 'ssl';
      writeFileSync(
        settings,
        `poll localhost protocol pop3 port ${server.port(service)} timeout 20
         user "${BEN}" password "${PASSWORD}" mda "cat >> ${inbox}" ${tls} sslcertck sslcertfile "${server.certificate}" fetchall\n`,
        { mode: 0o600 },
      );
      await run('fetchmail', ['--fetchmailrc', settings, '--idfile', `${inbox}.ids`, '--pidfile', `${inbox}.pid`]);
      assert.equal(count(inbox), 3);
      assert.equal((await server.inbox(BEN)).length, 0);
    });
  }
});
