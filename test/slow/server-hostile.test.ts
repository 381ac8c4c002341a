// Hostile input against the running server: every wire script and the corpus of raw dialogs on the port that they are
// for and on others, then mutations of them. The process stays, no thread dies, every connection goes once its client
// has, descriptors and memory come back, and it is idle again afterwards.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeLetter } from '../support/attempts.ts';
import { mutate, playDialog, readDialogs, seededRandom, type HostileDialog } from '../support/hostile-dialogs.ts';
import { ACCOUNTS, findFreePort, PASSWORD, planServer, ServerProcess } from '../support/server-process.ts';
import { openPop3, openSmtp, sendLetter } from '../support/text-client.ts';

/** `npm run torture` asks for more. */
const MUTATIONS = Number(process.env['POSTROAD_TORTURE_ROUNDS'] ?? 30) * 100;
const SEED = Number(process.env['POSTROAD_TORTURE_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
const PROGRESS_EVERY = 5000;
const AT_ONCE = 50;
/** Faults are answered with growing delays (8 s at most), so a connection that was cut may take its time to go. */
const GONE_WITHIN_MS = 60_000;
/** Garbage settles at about 600 MiB in long runs (60,000 dialogs); a leak goes on. */
const RSS_MAX_BYTES = 768 * 1024 * 1024;
const IDLE_SPAN_MS = 2000;
/** Of a span of 2,000; one thread that spins takes all of it. Checkpoints and timers go on. */
const IDLE_CPU_MAX_MS = 600;
const [ANN] = ACCOUNTS;

async function playAll(next: () => HostileDialog | null, ports: Readonly<Record<string, number>>): Promise<number> {
  let played = 0;
  const names = Object.keys(ports);
  const player = async (): Promise<void> => {
    for (let dialog = next(); dialog !== null; dialog = next()) {
      const own = ports[dialog.ending];
      // One in ten knocks at the wrong door.
      const wrong = own === undefined || played % 10 === 9 ? ports[names[played % names.length] ?? ''] : own;
      played++;
      await playDialog(dialog, wrong ?? own ?? 0);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, player));
  return played;
}

/** Waits until the process has no more descriptors than `wanted`. */
async function settlesAt(server: ServerProcess, wanted: number): Promise<void> {
  for (let tries = 0; server.descriptors() > wanted && tries < GONE_WITHIN_MS / 100; tries++) {
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  assert.ok(server.descriptors() <= wanted, `${server.descriptors()} descriptors, ${wanted} before`);
}

test('no input makes the server exit, leak or spin', async (t) => {
  const proxy = await findFreePort();
  const listener = `[[listener]]\nprotocol = "smtp"\naddress = "127.0.0.1"\nport = ${proxy}\nproxy_networks = ["127.0.0.0/8"]\n`;
  const protocols = ['smtp', 'submission', 'submissions', 'lmtp', 'pop3', 'pop3s', 'imap', 'imaps'];
  const plan = await planServer(t, { protocols, tables: listener });
  const server = await ServerProcess.start(plan);
  t.after(() => server.kill());
  const ports = { ...server.ports, proxy };
  const { smtp = 0, pop3 = 0 } = server.ports;
  const dialogs = readDialogs();
  t.diagnostic(`seed ${SEED} (POSTROAD_TORTURE_SEED), ${dialogs.length} dialogs`);

  let at = 0;
  await playAll(() => dialogs[at++] ?? null, ports);
  // What a working server keeps open (segments, spares) is open now.
  const descriptors = server.descriptors() + 20;

  const random = seededRandom(SEED);
  let left = MUTATIONS;
  const played = await playAll(() => {
    if (MUTATIONS > PROGRESS_EVERY && left % PROGRESS_EVERY === 0) {
      process.stderr.write(
        `${MUTATIONS - left} of ${MUTATIONS} dialogs, ${Math.round(server.memory('VmRSS') / 2 ** 20)} MiB\n`,
      );
    }
    return left-- > 0 ? mutate(dialogs, random) : null;
  }, ports);
  assert.equal(played, MUTATIONS);

  await settlesAt(server, descriptors);
  assert.ok(server.isAlive, server.log);
  const faults = server.log.split('\n').filter((line) => /a thread died|"level":"(?:error|fatal)"/.test(line));
  assert.deepEqual(faults, []);
  const rss = server.memory('VmHWM');
  assert.ok(rss < RSS_MAX_BYTES, `${rss} octets at most`);
  const before = server.cpuMs();
  await new Promise((resolve) => setTimeout(resolve, IDLE_SPAN_MS));
  const idleMs = server.cpuMs() - before;
  assert.ok(idleMs < IDLE_CPU_MAX_MS, `${idleMs} ms of processor time in ${IDLE_SPAN_MS} ms of silence`);
  t.diagnostic(`${played} mutations; at most ${Math.round(rss / 2 ** 20)} MiB; idle: ${idleMs} ms of ${IDLE_SPAN_MS}`);

  const client = await openSmtp(smtp);
  assert.match(await sendLetter(client, [ANN], makeLetter('afterwards', 1000)), /^250 /);
  client.close();
  const reader = await openPop3(pop3, ANN, PASSWORD);
  reader.close();
  assert.equal(await server.stop(), 0, server.log);
});
