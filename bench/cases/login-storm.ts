// Commits while many sign-ins run: one session sends one message after the other into a mailbox, first alone, then
// beside connections that sign in, each to an account that nobody signed in to before: each costs a whole password hash.
import { type Socket, connect } from 'node:net';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runSmtpLoad } from '../load/smtp-load.ts';
import { quantile } from '../measure/statistics.ts';
import { type PostroadOptions, preparePostroad, servePostroad } from '../servers/postroad.ts';
import type { Endpoint } from '../servers/server.ts';
import type { BenchCase, Contestant } from './bench-case.ts';

const READER = 'reader@local.test';
/** More than can sign in while the case runs. */
const ACCOUNTS = 1500;
const STORM_CONNECTIONS = 32;
const OCTETS = 1000;
const P99 = 0.99;

/** Each has its own, so that no hash is known from another account. */
function passwordOf(account: string): string {
  return `secret of ${account}`;
}

interface Storm {
  readonly done: number;
  stop(): Promise<void>;
}

async function reply(socket: Socket, command: string): Promise<void> {
  socket.write(`${command}\r\n`);
  const [chunk] = (await once(socket, 'data')) as [Buffer];
  if (!chunk.toString('latin1').startsWith('+OK')) throw new Error(`POP3 said: ${chunk.toString('latin1')}`);
}

async function signIn(pop3: Endpoint, account: string): Promise<void> {
  const socket = connect(pop3.port, pop3.host);
  socket.on('error', () => undefined);
  try {
    await once(socket, 'data');
    await reply(socket, `USER ${account}`);
    await reply(socket, `PASS ${passwordOf(account)}`);
  } finally {
    socket.destroy();
  }
}

function startStorm(pop3: Endpoint, nextAccount: () => string): Storm {
  const storm = { done: 0, over: false };
  const lane = async (): Promise<void> => {
    while (!storm.over) {
      await signIn(pop3, nextAccount());
      storm.done++;
    }
  };
  const lanes = Promise.all(Array.from({ length: STORM_CONNECTIONS }, lane));
  return {
    get done() {
      return storm.done;
    },
    stop: async () => {
      storm.over = true;
      await lanes;
    },
  };
}

async function contestant(folder: string): Promise<Contestant> {
  const options: PostroadOptions = { folder, protocols: ['smtp', 'pop3'] };
  await preparePostroad(options, [READER]);
  const accounts = Array.from({ length: ACCOUNTS }, (_, i) => `user${i}@local.test`);
  const csv = join(folder, 'many.csv');
  writeFileSync(csv, accounts.map((account) => `${account},${passwordOf(account)}\n`).join(''));
  const importing = await servePostroad(options);
  await importing.command(['account', 'import', csv]);
  await importing.stop();
  // A new process knows no password yet.
  const server = await servePostroad(options);
  const smtp = server.endpoint('smtp');
  let next = 0;
  const nextAccount = (): string => accounts[next++ % ACCOUNTS] ?? '';
  const commitsFor = async (seconds: number): Promise<readonly number[]> => {
    const until = performance.now() + seconds * 1000;
    const { commitMs } = await runSmtpLoad({
      to: smtp,
      sessions: 1,
      messages: Number.MAX_SAFE_INTEGER,
      octets: OCTETS,
      recipientsOf: () => [READER],
      enough: () => performance.now() > until,
    });
    return commitMs;
  };
  return {
    measure: async (seconds) => {
      const quiet = await commitsFor(seconds / 2);
      const storm = startStorm(server.endpoint('pop3'), nextAccount);
      const from = performance.now();
      const stormy = await commitsFor(seconds / 2);
      const signIns = storm.done / ((performance.now() - from) / 1000);
      await storm.stop();
      return {
        'commit ms median, quiet': quantile(quiet, 0.5),
        'commit ms p99, quiet': quantile(quiet, P99),
        'commit ms median, storm': quantile(stormy, 0.5),
        'commit ms p99, storm': quantile(stormy, P99),
        'sign-ins/s': signIns,
      };
    },
    stop: () => server.stop(),
  };
}

export const LOGIN_CASES: readonly BenchCase[] = [
  {
    name: 'login-storm',
    title: 'From the end of a message to 250, alone and beside 32 connections that sign in for the first time',
    goal: 'p99 of a sync ≤ 10 ms',
    contestants: [{ name: 'Postroad', start: contestant }],
  },
];
