// Durable accept into the queue while delivery is held: Postfix puts everything on hold, Postroad has a next hop that
// never says a word (its queue runner has more to do than Postfix's, which never sees a message on hold).
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { openBlackHole } from '../load/black-hole.ts';
import { runSmtpSource } from '../load/smtp-source.ts';
import { meter } from '../measure/work-meter.ts';
import { proportionalMemoryOf, residentMemoryOf } from '../measure/process-tree.ts';
import { startPostfix } from '../servers/postfix.ts';
import { startPostroad } from '../servers/postroad.ts';
import type { Endpoint, RunningServer } from '../servers/server.ts';
import { type BenchCase, type Contestant, type Figures, Pace, figuresOf } from './bench-case.ts';

interface AcceptSide {
  readonly server: RunningServer;
  readonly smtp: Endpoint;
  readonly guessPerSecond: number;
  /** After a round. */
  tidy(): void;
  stop(): Promise<void>;
}

interface Traffic {
  readonly octets: number;
  readonly sessions: number;
  readonly messagesMax: number;
  /** Guessed for Postfix; Postroad starts with twice as much. */
  readonly guessPerSecond: number;
}

/** Postroad that keeps all mail in its queue. */
async function postroadSide(folder: string, guessPerSecond: number): Promise<AcceptSide> {
  const hole = await openBlackHole();
  const server = await startPostroad({
    folder,
    protocols: ['smtp'],
    limits: ['relay_networks = ["127.0.0.0/8"]'],
    more: `[[route]]\ndomain = "*"\nvia = "smtp://127.0.0.1:${hole.port}"\n`,
  });
  return {
    server,
    smtp: server.endpoint('smtp'),
    guessPerSecond: guessPerSecond * 2,
    tidy: () => undefined,
    stop: async () => {
      hole.close();
      await server.stop();
    },
  };
}

/** Postfix that puts all mail on hold. */
async function postfixSide(folder: string, guessPerSecond: number): Promise<AcceptSide> {
  const server = await startPostfix({
    folder,
    settings: { smtpd_client_restrictions: 'check_client_access static:hold' },
  });
  const hold = join(server.queueFolder, 'hold');
  return {
    server,
    smtp: server.smtp,
    guessPerSecond,
    tidy: () => {
      for (const name of readdirSync(hold)) rmSync(join(hold, name));
    },
    stop: () => server.stop(),
  };
}

function acceptContestant(side: AcceptSide, traffic: Traffic): Contestant {
  const pace = new Pace(side.guessPerSecond, traffic.messagesMax);
  return {
    measure: async (seconds) => {
      const messages = pace.unitsFor(seconds);
      const work = await meter([side.server], messages, async () => {
        await runSmtpSource({
          to: side.smtp,
          recipient: 'reader@elsewhere.test',
          messages,
          octets: traffic.octets,
          sessions: traffic.sessions,
          reuse: true,
        });
        return undefined;
      });
      side.tidy();
      return figuresOf(pace.learn(work), 'message');
    },
    stop: () => side.stop(),
  };
}

function acceptCase(name: string, title: string, goal: string, traffic: Traffic): BenchCase {
  const start =
    (side: typeof postroadSide) =>
    async (folder: string): Promise<Contestant> =>
      acceptContestant(await side(folder, traffic.guessPerSecond), traffic);
  return {
    name,
    title,
    goal,
    contestants: [
      { name: 'Postroad', start: start(postroadSide) },
      { name: 'Postfix', start: start(postfixSide) },
    ],
  };
}

const MEGABYTE = 1e6;
const BIG_SESSIONS = 50;
const BIG_OCTETS = 25 * MEGABYTE;
const MEMORY_POLL_MS = 20;

/** The most memory that a server uses beyond what it used before, and at all, while the load runs. */
async function peakMemory(side: AcceptSide, load: () => Promise<void>): Promise<Figures> {
  const before = proportionalMemoryOf(side.server.roots);
  let peak = before;
  let resident = 0;
  const timer = setInterval(() => {
    peak = Math.max(peak, proportionalMemoryOf(side.server.roots));
    resident = Math.max(resident, residentMemoryOf(side.server.roots));
  }, MEMORY_POLL_MS);
  const from = performance.now();
  await load();
  clearInterval(timer);
  const seconds = (performance.now() - from) / 1000;
  return {
    'peak PSS MB': peak / MEGABYTE,
    'peak RSS MB': resident / MEGABYTE,
    'growth PSS MB': (peak - before) / MEGABYTE,
    'messages/s': BIG_SESSIONS / seconds,
  };
}

function bigContestant(side: AcceptSide): Contestant {
  return {
    measure: async () => {
      const figures = await peakMemory(side, () =>
        runSmtpSource({
          to: side.smtp,
          recipient: 'reader@elsewhere.test',
          messages: BIG_SESSIONS,
          octets: BIG_OCTETS,
          sessions: BIG_SESSIONS,
          reuse: true,
        }),
      );
      side.tidy();
      return figures;
    },
    stop: () => side.stop(),
  };
}

const MEMORY_CASE: BenchCase = {
  name: 'memory-25mb',
  title: 'Memory while 50 sessions send 25 MB each, delivery held',
  goal: 'peak < 400 MB',
  warmsUp: false,
  contestants: [
    { name: 'Postroad', start: async (folder) => bigContestant(await postroadSide(folder, 1)) },
    { name: 'Postfix', start: async (folder) => bigContestant(await postfixSide(folder, 1)) },
  ],
};

export const QUEUE_ACCEPT_CASES: readonly BenchCase[] = [
  acceptCase('accept', 'Accept into the queue, delivery held, 1 kB, 10 sessions', '≥ 4× Postfix', {
    octets: 1000,
    sessions: 10,
    messagesMax: 100_000,
    guessPerSecond: 1100,
  }),
  acceptCase('accept-one', 'One session, one message at a time, 1 kB, delivery held', '≥ Postfix', {
    octets: 1000,
    sessions: 1,
    messagesMax: 100_000,
    guessPerSecond: 900,
  }),
  acceptCase('accept-100k', 'Accept into the queue, delivery held, 100 kB, 10 sessions', '≥ 2× Postfix', {
    octets: 100_000,
    sessions: 10,
    messagesMax: 5000,
    guessPerSecond: 600,
  }),
  acceptCase('accept-10m', 'Accept into the queue, delivery held, 10 MB, 10 sessions', '≥ 2× Postfix', {
    octets: 10 * MEGABYTE,
    sessions: 10,
    messagesMax: 100,
    guessPerSecond: 15,
  }),
  MEMORY_CASE,
];
