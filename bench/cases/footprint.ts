// What the server takes while nothing happens: memory at rest, memory of idle connections, time from start to ready.
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { openIdle } from '../load/idle-connections.ts';
import { proportionalMemoryOf, residentMemoryOf } from '../measure/process-tree.ts';
import { startPostfix } from '../servers/postfix.ts';
import { type PostroadOptions, preparePostroad, servePostroad, startPostroad } from '../servers/postroad.ts';
import type { Endpoint, RunningServer } from '../servers/server.ts';
import type { BenchCase, Contestant, Figures } from './bench-case.ts';

const POSTROAD_CONNECTIONS = 5000;
/** A process for each: more would say the same. */
const POSTFIX_CONNECTIONS = 200;
const WARMING_CONNECTIONS = 200;
const SETTLE_MS = 3000;
const MEGABYTE = 1e6;
const KILOBYTE = 1e3;
const PROTOCOLS = ['smtp', 'submission', 'submissions', 'lmtp', 'pop3', 'pop3s'];

interface Standing {
  readonly server: RunningServer;
  readonly smtp: Endpoint;
}

/** Growth of the server's memory for each idle connection; with threads, some that were opened and closed before do not count. */
async function memoryEach({ server, smtp }: Standing, connections: number, underTls: boolean): Promise<Figures> {
  if (connections > POSTFIX_CONNECTIONS) await (await openIdle(smtp, WARMING_CONNECTIONS, underTls)).close();
  await sleep(SETTLE_MS);
  const atRest = proportionalMemoryOf(server.roots);
  const idle = await openIdle(smtp, connections, underTls);
  await sleep(SETTLE_MS);
  const each = (proportionalMemoryOf(server.roots) - atRest) / connections / KILOBYTE;
  await idle.close();
  return { [`kB each ${underTls ? 'with' : 'without'} TLS`]: each };
}

/** A server of its own for each round and each kind of connection: memory that was once taken is not given back. */
function idleContestant(start: (folder: string) => Promise<Standing>, connections: number, tls: readonly boolean[]) {
  return async (folder: string): Promise<Contestant> => {
    let round = 0;
    return {
      measure: async () => {
        let figures: Figures = {};
        for (const underTls of tls) {
          const standing = await start(join(folder, `${round++}`));
          figures = { ...figures, ...(await memoryEach(standing, connections, underTls)) };
          await standing.server.stop();
        }
        return figures;
      },
      stop: () => Promise.resolve(),
    };
  };
}

const IDLE: BenchCase = {
  name: 'idle',
  title: '5,000 idle SMTP connections (Postfix: 200), memory each',
  goal: '≤ 12 kB each without TLS, ≤ 75 kB with TLS',
  warmsUp: false,
  contestants: [
    {
      name: 'Postroad',
      start: idleContestant(
        async (folder) => {
          const server = await startPostroad({ folder, protocols: ['smtp'] });
          return { server, smtp: server.endpoint('smtp') };
        },
        POSTROAD_CONNECTIONS,
        [false, true],
      ),
    },
    {
      name: 'Postfix',
      start: idleContestant(
        async (folder) => {
          const server = await startPostfix({ folder, settings: { default_process_limit: '400' } });
          return { server, smtp: server.smtp };
        },
        POSTFIX_CONNECTIONS,
        [false],
      ),
    },
  ],
};

async function timedStart(options: PostroadOptions): Promise<{ ms: number; server: RunningServer }> {
  const from = performance.now();
  const server = await servePostroad(options);
  return { ms: performance.now() - from, server };
}

/** Without data folder and compile cache, then with both. */
async function startTwice(folder: string): Promise<Figures> {
  rmSync(folder, { recursive: true, force: true });
  const options: PostroadOptions = { folder, protocols: PROTOCOLS };
  await preparePostroad(options);
  const first = await timedStart(options);
  await first.server.stop();
  // The cache is complete only after an orderly end; the second start fills what is missing.
  const second = await timedStart(options);
  await second.server.stop();
  const warm = await timedStart(options);
  await sleep(SETTLE_MS);
  const resident = residentMemoryOf(warm.server.roots) / MEGABYTE;
  await warm.server.stop();
  return { 'ms to ready, first': first.ms, 'ms to ready, warm': warm.ms, 'RSS MB at rest': resident };
}

const START: BenchCase = {
  name: 'start',
  title: 'From the start to `ready`, all protocols, threads = 2, and memory at rest',
  goal: 'first ≤ 2,500 ms, warm ≤ 1,000 ms; RSS ≤ 200 MB',
  warmsUp: false,
  contestants: [
    {
      name: 'Postroad',
      start: (folder) =>
        Promise.resolve({ measure: () => startTwice(join(folder, 'server')), stop: () => Promise.resolve() }),
    },
  ],
};

export const FOOTPRINT_CASES: readonly BenchCase[] = [START, IDLE];
