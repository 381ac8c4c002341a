// A million queued recipients: their memory while they wait, and the start with them.
import { setTimeout as sleep } from 'node:timers/promises';
import { runSmtpLoad } from '../load/smtp-load.ts';
import { residentMemoryOf } from '../measure/process-tree.ts';
import { until } from '../servers/programs.ts';
import { freePort } from '../servers/server.ts';
import { type PostroadOptions, preparePostroad, servePostroad } from '../servers/postroad.ts';
import type { BenchCase, Contestant, Figures } from './bench-case.ts';

const MESSAGES = 100;
const RECIPIENTS_EACH = 10_000;
const RECIPIENTS = MESSAGES * RECIPIENTS_EACH;
const DOMAINS = 1000;
const SESSIONS = 4;
const SETTLE_MS = 5000;
const SETTLE_PATIENCE_MS = 120_000;
const STEADY_OCTETS = 2e6;

/** Memory at rest: when it has stopped to change. */
async function restingMemory(roots: readonly number[]): Promise<number> {
  let last = 0;
  await until(
    async () => {
      await sleep(SETTLE_MS);
      const now = residentMemoryOf(roots);
      const steady = Math.abs(now - last) < STEADY_OCTETS;
      last = now;
      return steady;
    },
    'memory settles',
    SETTLE_PATIENCE_MS,
  );
  return last;
}

async function fill(options: PostroadOptions): Promise<Figures> {
  const server = await servePostroad(options);
  const from = performance.now();
  await runSmtpLoad({
    to: server.endpoint('smtp'),
    sessions: SESSIONS,
    messages: MESSAGES,
    octets: 1000,
    recipientsOf: (message) =>
      Array.from({ length: RECIPIENTS_EACH }, (_, i) => `reader${message}-${i}@d${i % DOMAINS}.test`),
  });
  const seconds = (performance.now() - from) / 1000;
  await until(async () => (await server.countQueued()) === RECIPIENTS, 'all wait', SETTLE_PATIENCE_MS, 1000);
  await server.stop();
  return { 'recipients accepted/s': RECIPIENTS / seconds };
}

async function contestant(folder: string): Promise<Contestant> {
  const closedPort = await freePort();
  const options: PostroadOptions = {
    folder,
    protocols: ['smtp'],
    limits: ['relay_networks = ["127.0.0.0/8"]', `recipients = ${RECIPIENTS_EACH}`],
    // Nothing listens there; the next attempt is a day away.
    more: `[[route]]\ndomain = "*"\nvia = "smtp://127.0.0.1:${closedPort}"\n[outbound]\nretries = ["1d"]\nretry_max = "1d"\n`,
  };
  await preparePostroad(options);
  return {
    measure: async () => {
      const empty = await servePostroad(options);
      const atRest = await restingMemory(empty.roots);
      await empty.stop();
      const filled = await fill(options);
      const from = performance.now();
      const server = await servePostroad(options);
      const readyMs = performance.now() - from;
      const withQueue = await restingMemory(server.roots);
      await server.stop();
      return {
        ...filled,
        'octets each': (withQueue - atRest) / RECIPIENTS,
        's to ready with them': readyMs / 1000,
      };
    },
    stop: () => Promise.resolve(),
  };
}

export const MILLION_CASES: readonly BenchCase[] = [
  {
    name: 'million',
    title: '1,000,000 recipients wait in the queue',
    goal: '≤ 200 octets of memory each; start ≤ 10 s',
    rounds: 1,
    warmsUp: false,
    contestants: [{ name: 'Postroad', start: contestant }],
  },
];
