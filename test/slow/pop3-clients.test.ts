// POP3 as real programs speak it: curl, fetchmail and mpop read a mailbox over STLS and over implicit TLS, and remove
// what they fetched. Programs that are not installed are named in one line.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { promisify } from 'node:util';
import type { Pop3Service } from '../../src/protocols/pop3/index.ts';
import { MemoryHouse } from '../../src/protocols/pop3/testing/memory-session.ts';
import { startPop3Loopback } from '../support/pop3-loopback.ts';
import { TEST_CERTIFICATE } from '../support/test-certificate.ts';

const run = promisify(execFile);

const LETTER = Buffer.from(
  'From: Ben <ben@two.test>\r\nTo: ann@one.test\r\nSubject: dots\r\nMessage-ID: <1@two.test>\r\n\r\n.one\r\n..two\r\nend\r\n',
);

function absent(program: string): string | false {
  const there = ['/usr/bin', '/bin', '/usr/local/bin'].some((folder) => existsSync(join(folder, program)));
  return there ? false : `${program} is not installed`;
}

interface Scene {
  readonly house: MemoryHouse;
  readonly port: number;
  readonly folder: string;
  readonly certificate: string;
}

async function openScene(t: TestContext, service: Pop3Service): Promise<Scene> {
  const messages = [1, 2, 3].map((n) => ({ uidl: `u${n}`, body: LETTER }));
  const house = new MemoryHouse([{ id: 1, name: 'ann@one.test', password: 'secret', messages }]);
  const server = await startPop3Loopback({ openSession: () => house.openSession(), service });
  t.after(() => server.close());
  const folder = mkdtempSync(join(tmpdir(), 'pop3-clients-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const certificate = join(folder, 'certificate.pem');
  writeFileSync(certificate, TEST_CERTIFICATE);
  return { house, port: server.port, folder, certificate };
}

for (const service of ['pop3', 'pop3s'] as const) {
  test(`curl reads a message (${service})`, { skip: absent('curl') }, async (t) => {
    const { port, certificate } = await openScene(t, service);
    const options = `--silent --show-error --ssl-reqd --cacert ${certificate} --user ann@one.test:secret`.split(' ');
    const { stdout } = await run('curl', [...options, `${service}://localhost:${port}/2`]);
    assert.equal(stdout, LETTER.toString());
  });

  test(`mpop fetches everything and removes it (${service})`, { skip: absent('mpop') }, async (t) => {
    const { house, port, folder, certificate } = await openScene(t, service);
    const mbox = join(folder, 'mbox');
    const starttls = service === 'pop3' ? 'on' : 'off';
    const options =
      `--host=localhost --port=${port} --user=ann@one.test --auth=on --tls=on --tls-starttls=${starttls} ` +
      `--tls-trust-file=${certificate} --keep=off --uidls-file=${join(folder, 'uidls')} --delivery=mbox,${mbox}`;
    await run('mpop', [...options.split(' '), '--passwordeval=echo secret']);
    assert.equal(readFileSync(mbox, 'utf8').split('\n.one\n..two\nend\n').length - 1, 3);
    assert.equal(house.mailboxes[0]!.messages.length, 0);
  });

  test(`fetchmail fetches everything and removes it (${service})`, { skip: absent('fetchmail') }, async (t) => {
    const { house, port, folder, certificate } = await openScene(t, service);
    const inbox = join(folder, 'inbox');
    const settings = join(folder, 'fetchmailrc');
    const tls = service === 'pop3' ? `sslproto "TLS1.2+"` : 'ssl';
    writeFileSync(
      settings,
      `poll localhost protocol pop3 port ${port} timeout 20
       user "ann@one.test" password "secret" mda "cat >> ${inbox}" ${tls} sslcertck sslcertfile "${certificate}" fetchall\n`,
      { mode: 0o600 },
    );
    await run('fetchmail', [
      '--fetchmailrc',
      settings,
      '--idfile',
      join(folder, 'ids'),
      '--pidfile',
      join(folder, 'pid'),
    ]);
    assert.equal(readFileSync(inbox, 'utf8').split('\n.one\n..two\nend\n').length - 1, 3);
    assert.equal(house.mailboxes[0]!.messages.length, 0);
  });
}
