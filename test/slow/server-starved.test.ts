// A server without file descriptors, and one whose senders would fill its memory: old sessions go on, new ones are
// refused or wait, it recovers by itself; bodies go to disk as they arrive. Linux.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { type TestContext, test } from 'node:test';
import { makeLetter, readAttempts } from '../support/attempts.ts';
import { ACCOUNTS, PASSWORD, planServer, ServerProcess } from '../support/server-process.ts';
import { openPop3, openSmtp, sendLetter, TextClient } from '../support/text-client.ts';

const withoutPrlimit = spawnSync('prlimit', ['--version']).status !== 0 && 'prlimit is not installed';
const [ANN, BOB] = ACCOUNTS;
/** About a hundred are in use at rest. */
const OPEN_FILES_MAX = 192;
const FREE_DESCRIPTORS = 6;
const NEWCOMERS = 120;
const SPAN_MS = 1000;
/** A thread that spins takes all of the span. */
const SPAN_CPU_MAX_MS = 600;
const RECOVERY_TRIES = 100;

const BIG_SENDERS = 50;
const BIG_OCTETS = 25_000_000;
const RSS_MAX_BYTES = 400 * 1000 * 1000;

/** The limit of open files that leaves so many free numbers. */
function limitWithFree(pid: number, free: number): number {
  const used = new Set(readdirSync(`/proc/${pid}/fd`).map(Number));
  let limit = 0;
  for (let left = free; left > 0; limit++) if (!used.has(limit)) left--;
  return limit;
}

function setLimit(pid: number, limit: number | 'max'): void {
  const hard = /Max open files\s+\S+\s+(\S+)/.exec(
    spawnSync('cat', [`/proc/${pid}/limits`], { encoding: 'latin1' }).stdout,
  )?.[1];
  const soft = limit === 'max' ? hard : String(limit);
  const run = spawnSync('prlimit', ['--pid', String(pid), `--nofile=${soft}:${hard}`], { encoding: 'utf8' });
  assert.equal(run.status, 0, run.stderr);
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

interface Rig {
  readonly server: ServerProcess;
  /** Sessions from before the need. */
  readonly old: TextClient;
  readonly reader: TextClient;
  /** The reply. */
  readonly send: (client: TextClient, to: string, octets: number) => Promise<string>;
  readonly read: () => Promise<void>;
  /** Newcomers are served again; then every message that was answered 250 is there once. */
  readonly recover: () => Promise<void>;
}

async function startRig(t: TestContext, openFilesMax?: number): Promise<Rig> {
  const hop = createServer((socket) => socket.destroy()).listen(0, '127.0.0.1');
  await once(hop, 'listening');
  t.after(() => hop.close());
  const via = `smtp://127.0.0.1:${(hop.address() as AddressInfo).port}`;
  const route = `[[route]]\ndomain = "far.test"\nvia = "${via}"\nrelay_domain = true\n`;
  const plan = await planServer(t, { tables: route });
  const server = await ServerProcess.start(plan, openFilesMax === undefined ? {} : { openFilesMax });
  t.after(() => server.kill());
  const { smtp = 0, pop3 = 0 } = server.ports;
  const old = await openSmtp(smtp);
  const answered: string[] = [];
  const send = async (client: TextClient, to: string, octets: number): Promise<string> => {
    const id = `a${answered.length}-${Math.random()}`;
    const reply = await sendLetter(client, [to], makeLetter(id, octets));
    if (reply.startsWith('250')) answered.push(id);
    return reply;
  };
  assert.match(await send(old, ANN, 1000), /^250 /);
  // The relay starts last.
  const called = once(hop, 'connection');
  assert.match(await send(old, 'x@far.test', 1000), /^250 /);
  await called;
  const reader = await openPop3(pop3, ANN, PASSWORD);
  const read = async (): Promise<void> => {
    await reader.send('RETR 1\r\n');
    assert.match((await reader.until('\r\n.\r\n')).toString('latin1'), /^\+OK/);
  };
  await read();
  const recover = async (): Promise<void> => {
    let reply = '';
    for (let tries = 0; !reply.startsWith('250') && tries < RECOVERY_TRIES; tries++) {
      const client = await openSmtp(smtp).catch(() => null);
      reply = client === null ? '' : await send(client, BOB, 400_000).catch(() => '');
      client?.close();
      if (!reply.startsWith('250')) await pause(100);
    }
    assert.match(reply, /^250 /);
    assert.ok(!/a thread died/.test(server.log), server.log);
    old.close();
    reader.close();
    assert.equal(await server.stop(), 0, server.log);
    const { boxes, queued, faults } = await readAttempts(plan.dataDir);
    assert.deepEqual(faults, []);
    assert.deepEqual([...boxes.flatMap((box) => [...box.keys()]), ...queued.keys()].sort(), answered.sort());
  };
  return { server, old, reader, send, read, recover };
}

function connectMany({ server }: Rig): Promise<(TextClient | null)[]> {
  const { smtp = 0 } = server.ports;
  return Promise.all(Array.from({ length: NEWCOMERS }, () => TextClient.connect(smtp).catch(() => null)));
}

test(
  'strangers cannot take the last file descriptors: old sessions go on, new ones are refused, and it recovers',
  { skip: withoutPrlimit },
  async (t) => {
    const rig = await startRig(t, OPEN_FILES_MAX);
    const newcomers = await connectMany(rig);
    await pause(SPAN_MS);
    const before = rig.server.cpuMs();
    await pause(SPAN_MS);
    const spentMs = rig.server.cpuMs() - before;
    assert.ok(spentMs < SPAN_CPU_MAX_MS, `${spentMs} ms of processor time in ${SPAN_MS} ms`);
    assert.ok(rig.server.descriptors() < OPEN_FILES_MAX, 'some descriptors are left');
    assert.match(rig.server.log, /hardly any file descriptors are left/);
    for (let n = 0; n < 10; n++) {
      assert.match(await rig.send(rig.old, n % 2 === 0 ? ANN : 'x@far.test', 1000), /^250 /);
      await rig.read();
    }
    // A large letter wants a file of its own.
    assert.match(await rig.send(rig.old, ANN, 400_000), /^250 /);
    for (const client of newcomers) client?.close();
    await rig.recover();
  },
);

test(
  'not one file descriptor is left: old sessions go on, new ones wait, and it recovers',
  { skip: withoutPrlimit },
  async (t) => {
    const rig = await startRig(t);
    setLimit(rig.server.pid, limitWithFree(rig.server.pid, FREE_DESCRIPTORS));
    const newcomers = await connectMany(rig);
    await pause(SPAN_MS);
    for (let n = 0; n < 10; n++) {
      assert.match(await rig.send(rig.old, n % 2 === 0 ? ANN : 'x@far.test', 1000), /^250 /);
      await rig.read();
    }
    assert.match(await rig.send(rig.old, ANN, 400_000), /^(?:250|45[12]) /);
    assert.match(await rig.send(rig.old, BOB, 1000), /^250 /);
    for (const client of newcomers) client?.close();
    setLimit(rig.server.pid, 'max');
    await rig.recover();
  },
);

test('50 sessions that send 25 MB each: less than 400 MB of memory', async (t) => {
  const plan = await planServer(t);
  const server = await ServerProcess.start(plan);
  t.after(() => server.kill());
  const { smtp = 0, pop3 = 0 } = server.ports;
  const piece = Buffer.from(`${'x'.repeat(76)}\r\n`.repeat(1000));
  const sendBig = async (): Promise<string> => {
    const client = await openSmtp(smtp);
    await client.send(`MAIL FROM:<eve@two.test>\r\nRCPT TO:<${ANN}>\r\nDATA\r\n`);
    for (const wanted of ['250', '250', '354']) assert.equal((await client.reply()).slice(0, 3), wanted);
    await client.send('Subject: big\r\n\r\n');
    for (let left = BIG_OCTETS; left > 0; left -= piece.length) await client.send(piece);
    const reply = await client.say('.');
    client.close();
    return reply;
  };
  for (const reply of await Promise.all(Array.from({ length: BIG_SENDERS }, sendBig))) assert.match(reply, /^250 /);
  const peak = server.memory('VmHWM');
  t.diagnostic(`at most ${Math.round(peak / 1e6)} MB`);
  assert.ok(peak < RSS_MAX_BYTES, `${peak} octets`);
  const reader = await openPop3(pop3, ANN, PASSWORD);
  await reader.send('STAT\r\n');
  assert.match((await reader.until('\r\n')).toString('latin1'), new RegExp(`^\\+OK ${BIG_SENDERS} `));
  reader.socket.end('QUIT\r\n');
  await once(reader.socket, 'close');
  assert.equal(await server.stop(), 0, server.log);
});
