// Started as root on ports below 1024, become `nobody`: then protocol threads die and are replaced, and the
// configuration is read again, without losing a listener. Needs root, on Linux, and code that `nobody` may read.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { makeLetter, readAttempts } from '../support/attempts.ts';
import { scratchFolder } from '../support/scratch-store.ts';
import { ACCOUNTS, PASSWORD, planServer, ServerProcess, writeConfig } from '../support/server-process.ts';
import { isDisconnection, openPop3, openSmtp, sendLetter, TextClient } from '../support/text-client.ts';

const CHILD = fileURLToPath(new URL('server-child/main.ts', import.meta.url));
const NOBODY = 65_534;
const THREADS = 2;
const LISTENING = '0A';
const TRIES = 200;
const PAUSE_MS = 50;
/** Enough that every thread is asked. */
const CONNECTIONS = 24;
const [ANN] = ACCOUNTS;

function whyNot(): string | false {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return 'it takes root, on Linux';
  const reads = spawnSync('cat', [CHILD], { uid: NOBODY, gid: NOBODY }).status === 0;
  return !reads && 'nobody may not read the code here';
}

/** Somewhere in 127/8, so that a mail server of this machine is not in the way. */
function someLoopbackAddress(): string {
  const octet = (): number => 2 + Math.floor(Math.random() * 250);
  return `127.${octet()}.${octet()}.${octet()}`;
}

/** How many sockets listen on a port of an address. */
function listeningOn(pid: number, address: string, port: number): number {
  const hex = address
    .split('.')
    .map(Number)
    .reverse()
    .map((octet) => octet.toString(16).padStart(2, '0'));
  const local = `${hex.join('')}:${port.toString(16).padStart(4, '0')}`.toUpperCase();
  const lines = readFileSync(`/proc/${pid}/net/tcp`, 'latin1')
    .split('\n')
    .map((line) => line.trim().split(/\s+/));
  return lines.filter((fields) => fields[1] === local && fields[3] === LISTENING).length;
}

async function until(what: string, condition: () => boolean | Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < TRIES; tries++) {
    if (await condition()) return;
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
  assert.fail(what);
}

/** The SIZE that each of many new connections is offered. */
async function offeredSizes(port: number, address: string): Promise<Set<string>> {
  const sizes = new Set<string>();
  for (let n = 0; n < CONNECTIONS; n++) {
    const client = await TextClient.connect(port, address);
    await client.reply();
    sizes.add(/^250[- ]SIZE (\d+)/m.exec(await client.say('EHLO client.test'))?.[1] ?? 'none');
    client.close();
  }
  return sizes;
}

test(
  'ports below 1024, then nobody: threads are replaced and the configuration is read again, no listener is lost',
  { skip: whyNot() },
  async (t) => {
    const address = someLoopbackAddress();
    const folder = scratchFolder(t);
    chmodSync(folder, 0o711);
    const ports = { smtp: 25, pop3: 110 };
    const options = { folder, address, ports, threads: THREADS, top: 'user = "nobody"\n' };
    const plan = await planServer(t, options);
    const server = await ServerProcess.start(plan, { main: CHILD });
    t.after(() => server.kill());
    assert.deepEqual(server.ports, ports);
    const status = readFileSync(`/proc/${server.pid}/status`, 'latin1');
    assert.match(status, new RegExp(`^Uid:(?:\\t${NOBODY}){4}$`, 'm'));
    assert.match(status, new RegExp(`^Groups:\\t${NOBODY} ?$`, 'm'));
    assert.match(status, /^CapEff:\t0{16}$/m);

    const sent: string[] = [];
    const deliver = async (): Promise<void> => {
      const client = await openSmtp(ports.smtp, address);
      sent.push(`a${sent.length}`);
      assert.match(await sendLetter(client, [ANN], makeLetter(`a${sent.length - 1}`, 1000)), /^250 /);
      client.close();
      const reader = await openPop3(ports.pop3, ANN, PASSWORD, address);
      reader.close();
    };
    const whole = (): boolean =>
      Object.values(ports).every((port) => listeningOn(server.pid, address, port) === THREADS);
    const killThreads = async (numbers: readonly number[], dead: number): Promise<void> => {
      for (const number of numbers) server.child.stdin?.write(`kill ${number}\n`);
      await until('the threads die', () => (server.log.match(/a thread died/g)?.length ?? 0) === dead);
      await until('every thread listens on every port again', whole);
    };
    assert.ok(whole());
    await deliver();
    await killThreads([0], 1);
    await deliver();
    await killThreads([0, 1], 3);
    await deliver();

    const before = await openSmtp(ports.smtp, address);
    writeConfig(plan, { ...options, tables: 'message_size = "1MB"\n' });
    server.child.kill('SIGHUP');
    await until('new connections have the new size', async () => {
      const sizes = await offeredSizes(ports.smtp, address);
      return sizes.size === 1 && sizes.has('1000000');
    });
    assert.match(await before.say('NOOP'), /^250 /, 'a connection from before goes on');
    before.close();
    await deliver();
    await killThreads([1], 4);
    assert.deepEqual(await offeredSizes(ports.smtp, address), new Set(['1000000']), 'also in a thread that is new');
    await deliver();

    assert.equal(await server.stop(), 0, server.log);
    await assert.rejects(openSmtp(ports.smtp, address), isDisconnection);
    for (const name of readdirSync(plan.dataDir)) {
      assert.equal(statSync(join(plan.dataDir, name)).uid, NOBODY, `${name} belongs to nobody`);
    }
    const { boxes, faults } = await readAttempts(plan.dataDir);
    assert.deepEqual(faults, []);
    assert.deepEqual([...(boxes[0]?.keys() ?? [])].sort(), sent);
  },
);
