// Commits while many sign-ins run: one session sends one message after the other into a mailbox, first alone, then
// beside connections that try wrong passwords without end, so that each try costs a whole password hash.
import { type Socket, connect } from 'node:net';
import { once } from 'node:events';
import { runSmtpLoad } from '../load/smtp-load.ts';
import { quantile } from '../measure/statistics.ts';
import { startPostroad } from '../servers/postroad.ts';
import type { Endpoint } from '../servers/server.ts';
import type { BenchCase, Contestant } from './bench-case.ts';

const ACCOUNT = 'reader@local.test';
const STORM_CONNECTIONS = 32;
const OCTETS = 1000;
const P99 = 0.99;

interface Storm {
  readonly tries: number;
  stop(): Promise<void>;
}

async function reply(socket: Socket, command: string): Promise<void> {
  socket.write(`${command}\r\n`);
  await once(socket, 'data');
}

async function tryOnce(pop3: Endpoint, password: string): Promise<void> {
  const socket = connect(pop3.port, pop3.host);
  socket.on('error', () => undefined);
  try {
    await once(socket, 'data');
    await reply(socket, `USER ${ACCOUNT}`);
    await reply(socket, `PASS ${password}`);
  } finally {
    socket.destroy();
  }
}

function startStorm(pop3: Endpoint): Storm {
  const storm = { tries: 0, over: false };
  const lane = async (): Promise<void> => {
    while (!storm.over) {
      await tryOnce(pop3, `wrong-${storm.tries}`).catch(() => undefined);
      storm.tries++;
    }
  };
  const lanes = Promise.all(Array.from({ length: STORM_CONNECTIONS }, lane));
  return {
    get tries() {
      return storm.tries;
    },
    stop: async () => {
      storm.over = true;
      await lanes;
    },
  };
}

async function contestant(folder: string): Promise<Contestant> {
  const server = await startPostroad({ folder, protocols: ['smtp', 'pop3'] }, [ACCOUNT]);
  const smtp = server.endpoint('smtp');
  const commitsFor = async (seconds: number): Promise<readonly number[]> => {
    const until = performance.now() + seconds * 1000;
    const { commitMs } = await runSmtpLoad({
      to: smtp,
      sessions: 1,
      messages: Number.MAX_SAFE_INTEGER,
      octets: OCTETS,
      recipientsOf: () => [ACCOUNT],
      enough: () => performance.now() > until,
    });
    return commitMs;
  };
  return {
    measure: async (seconds) => {
      const quiet = await commitsFor(seconds / 2);
      const storm = startStorm(server.endpoint('pop3'));
      const from = performance.now();
      const stormy = await commitsFor(seconds / 2);
      const tries = storm.tries / ((performance.now() - from) / 1000);
      await storm.stop();
      return {
        'commit ms median, quiet': quantile(quiet, 0.5),
        'commit ms p99, quiet': quantile(quiet, P99),
        'commit ms median, storm': quantile(stormy, 0.5),
        'commit ms p99, storm': quantile(stormy, P99),
        'sign-ins tried/s': tries,
      };
    },
    stop: () => server.stop(),
  };
}

export const LOGIN_CASES: readonly BenchCase[] = [
  {
    name: 'login-storm',
    title: 'From the end of a message to 250, alone and beside 32 connections that try wrong passwords',
    goal: 'p99 of a sync ≤ 10 ms',
    contestants: [{ name: 'Postroad', start: contestant }],
  },
];
