// A disk that fails under the running server: syncs that report EIO, a disk that has turned read-only, one that is full.
// Nothing is answered with 250 that is not safe, every refusal is temporary, what was answered is there and nothing else
// is, reading goes on, and the server recovers by itself.
// Failing syncs and the read-only disk are strace's doing (a mounted disk with open files cannot be made read-only);
// the full disk is a small tmpfs and needs root.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { segmentsFolder } from '../../src/storage/data-folder.ts';
import { makeLetter, readAttempts } from '../support/attempts.ts';
import { scratchFolder } from '../support/scratch-store.ts';
import { ACCOUNTS, PASSWORD, planServer, ServerProcess, type ServerPlan } from '../support/server-process.ts';
import { attachStrace, withoutStrace } from '../support/strace.ts';
import { openPop3, openSmtp, sendLetter } from '../support/text-client.ts';

const [ANN] = ACCOUNTS;
const FAR = 'x@far.test';
// Nobody listens there: what is taken stays in the queue.
const ROUTE = '[[route]]\ndomain = "far.test"\nvia = "smtp://127.0.0.1:9"\nrelay_domain = true\n';
const LARGE_OCTETS = 400_000;
/** Tries until a server that may work again has to work. */
const RECOVERY_TRIES = 100;
const RECOVERY_WAIT_MS = 100;

/** Sends letters with ids, and remembers which were answered with 250. */
class Sender {
  readonly answered = new Set<string>();
  readonly #port: number;
  #next = 0;

  constructor(port: number) {
    this.#port = port;
  }

  /** The reply; a connection of its own each time, so that no error budget ends it. */
  async send(to: string, octets: number): Promise<string> {
    const id = `a${this.#next++}`;
    const client = await openSmtp(this.#port);
    const reply = await sendLetter(client, [to], makeLetter(id, octets));
    client.close();
    if (reply.startsWith('250')) this.answered.add(id);
    return reply;
  }

  /** Until it is taken again. */
  async recover(to: string, octets: number): Promise<void> {
    let reply = '';
    for (let tries = 0; tries < RECOVERY_TRIES; tries++) {
      reply = await this.send(to, octets);
      if (reply.startsWith('250')) return;
      await new Promise((resolve) => setTimeout(resolve, RECOVERY_WAIT_MS));
    }
    assert.fail(`it does not recover: ${reply}`);
  }
}

/** What was answered is there, once, and nothing else. */
async function checkFolder(plan: ServerPlan, { answered }: Sender): Promise<void> {
  const { boxes, queued, faults } = await readAttempts(plan.dataDir);
  assert.deepEqual(faults, []);
  assert.ok([...(boxes[0]?.values() ?? [])].every((count) => count === 1));
  assert.deepEqual([...(boxes[0]?.keys() ?? []), ...queued.keys()].sort(), [...answered].sort());
}

async function readsOverPop3(server: ServerProcess): Promise<void> {
  const client = await openPop3(server.ports['pop3'] ?? 0, ANN, PASSWORD);
  await client.send('RETR 1\r\n');
  assert.match((await client.until('\r\n.\r\n')).toString('latin1'), /^\+OK/);
  client.close();
}

interface Fault {
  readonly title: string;
  readonly strace: (dataDir: string) => readonly string[];
  /** Letters that meet it. */
  readonly octets: readonly number[];
}

const SYNCS = 'fsync,fdatasync';
const WRITES = 'pwrite64,pwritev,pwritev2,ftruncate,fallocate,unlink,fsync,fdatasync';
const FAULTS: readonly Fault[] = [
  {
    title: 'every sync fails',
    strace: () => ['-e', `trace=${SYNCS}`, '-e', `inject=${SYNCS}:error=EIO`],
    octets: [1000, LARGE_OCTETS],
  },
  {
    title: 'the syncs of the database fail',
    strace: (dataDir) => [
      '-P',
      join(dataDir, 'postroad.db'),
      '-P',
      join(dataDir, 'postroad.db-wal'),
      '-e',
      `trace=${SYNCS}`,
      '-e',
      `inject=${SYNCS}:error=EIO`,
    ],
    octets: [1000, LARGE_OCTETS],
  },
  {
    title: 'the syncs of the folder of segments fail',
    strace: (dataDir) => ['-P', segmentsFolder(dataDir), '-e', `trace=${SYNCS}`, '-e', `inject=${SYNCS}:error=EIO`],
    octets: [LARGE_OCTETS],
  },
  {
    title: 'the disk is read-only',
    strace: () => ['-e', `trace=${WRITES}`, '-e', `inject=${WRITES}:error=EROFS`],
    octets: [1000, LARGE_OCTETS],
  },
];

async function runWithFault(t: TestContext, fault: Fault): Promise<void> {
  const plan = await planServer(t, { tables: ROUTE });
  const server = await ServerProcess.start(plan);
  t.after(() => server.kill());
  const sender = new Sender(server.ports['smtp'] ?? 0);
  for (const to of [ANN, FAR]) assert.match(await sender.send(to, 1000), /^250 /);
  const words = ['-o', '/dev/null', ...fault.strace(plan.dataDir)];
  // Twice: what the first left behind must not hurt.
  for (let spell = 0; spell < 2; spell++) {
    const strace = await attachStrace(server.pid, words);
    const cases = fault.octets.flatMap((octets) => [ANN, FAR].map((to) => ({ octets, to })));
    for (const { to, octets } of [...cases, ...cases]) assert.match(await sender.send(to, octets), /^451 4\.3\.\d /);
    await readsOverPop3(server);
    await strace.detach();
    for (const { to, octets } of cases) await sender.recover(to, octets);
  }
  assert.equal(await server.stop(), 0, server.log);
  await checkFolder(plan, sender);
}

for (const fault of FAULTS) {
  test(`${fault.title}: 451, nothing is acknowledged, and it recovers`, { skip: withoutStrace }, (t) =>
    runWithFault(t, fault),
  );
}

/** Fills what is left of the disk. */
function fill(path: string): void {
  for (const piece of [Buffer.alloc(65_536), Buffer.alloc(4096)]) {
    for (let full = false; !full;) {
      try {
        writeFileSync(path, piece, { flag: 'a' });
      } catch {
        full = true;
      }
    }
  }
}

test('a full disk: 452 4.3.1, nothing is lost, and it recovers when there is room', async (t) => {
  const folder = join(scratchFolder(t), 'disk');
  mkdirSync(folder);
  if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=48m', 'postroad-test', folder]).status !== 0) {
    t.skip('a small disk cannot be mounted here (it takes root)');
    return;
  }
  let server: ServerProcess | null = null;
  try {
    const plan = await planServer(t, { folder, tables: ROUTE });
    server = await ServerProcess.start(plan);
    const sender = new Sender(server.ports['smtp'] ?? 0);
    assert.match(await sender.send(ANN, 1000), /^250 /);
    const filler = join(folder, 'filler');
    for (let spell = 0; spell < 2; spell++) {
      fill(filler);
      for (const [to, octets] of [
        [ANN, LARGE_OCTETS],
        [ANN, 20_000],
        [FAR, 20_000],
      ] as const) {
        // What was laid out ahead is still used.
        let reply = await sender.send(to, octets);
        while (reply.startsWith('250')) {
          fill(filler);
          reply = await sender.send(to, octets);
        }
        assert.match(reply, /^452 4\.3\.1 /, `${octets} octets to ${to}`);
      }
      await readsOverPop3(server);
      rmSync(filler);
      for (const to of [ANN, FAR]) for (const octets of [20_000, LARGE_OCTETS]) await sender.recover(to, octets);
    }
    assert.equal(await server.stop(), 0, server.log);
    await checkFolder(plan, sender);
  } finally {
    await server?.kill();
    spawnSync('umount', ['-l', folder]);
  }
});
