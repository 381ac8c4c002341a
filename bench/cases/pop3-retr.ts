// Reading a mailbox of 10,000 messages of 4 kB over POP3, one RETR at a time and 50 at a time.
import { join } from 'node:path';
import { openPop3 } from '../load/pop3-load.ts';
import { runSmtpLoad } from '../load/smtp-load.ts';
import { meter } from '../measure/work-meter.ts';
import { DOVECOT_PASSWORD, startDovecot } from '../servers/dovecot.ts';
import { POSTROAD_PASSWORD, startPostroad } from '../servers/postroad.ts';
import type { Endpoint, RunningServer } from '../servers/server.ts';
import type { BenchCase, Contestant, Figures } from './bench-case.ts';

const ACCOUNT = 'reader@local.test';
const MESSAGES = 10_000;
const OCTETS = 4000;
const FILL_SESSIONS = 10;
const WINDOW = 50;

interface ReadSide {
  readonly server: RunningServer;
  /** Takes the messages that fill the mailbox. */
  readonly fill: Endpoint;
  readonly lmtp: boolean;
  readonly pop3: Endpoint;
  readonly password: string;
}

async function readAll(side: ReadSide, window: number, label: string): Promise<Figures> {
  const session = await openPop3(side.pop3, ACCOUNT, side.password);
  const found = await session.stat();
  if (found !== MESSAGES) throw new Error(`${found} messages are in the mailbox, not ${MESSAGES}`);
  const work = await meter([side.server], MESSAGES, async () => {
    await session.retrieve(MESSAGES, window);
    return undefined;
  });
  await session.quit();
  return {
    [`RETR/s ${label}`]: work.units / work.seconds,
    [`CPU ms/RETR ${label}`]: work.cpuMs / work.units,
  };
}

async function readContestant(side: ReadSide): Promise<Contestant> {
  await runSmtpLoad({
    to: side.fill,
    sessions: FILL_SESSIONS,
    messages: MESSAGES,
    octets: OCTETS,
    recipientsOf: () => [ACCOUNT],
    lmtp: side.lmtp,
  });
  return {
    measure: async () => ({
      ...(await readAll(side, 1, 'one by one')),
      ...(await readAll(side, WINDOW, `by ${WINDOW}`)),
    }),
    stop: () => side.server.stop(),
  };
}

export const POP3_CASES: readonly BenchCase[] = [
  {
    name: 'pop3',
    title: 'POP3 RETR of a mailbox of 10,000 messages of 4 kB',
    goal: '≥ Dovecot mdbox',
    contestants: [
      {
        name: 'Postroad',
        start: async (folder) => {
          const server = await startPostroad({ folder, protocols: ['smtp', 'pop3'] }, [ACCOUNT]);
          const [fill, pop3] = [server.endpoint('smtp'), server.endpoint('pop3')];
          return readContestant({ server, fill, lmtp: false, pop3, password: POSTROAD_PASSWORD });
        },
      },
      {
        name: 'Dovecot mdbox',
        start: async (folder) => {
          const server = await startDovecot({ folder, format: 'mdbox', lmtpSocket: join(folder, 'lmtp', 'socket') });
          return readContestant({
            server,
            fill: server.lmtp,
            lmtp: true,
            pop3: server.pop3,
            password: DOVECOT_PASSWORD,
          });
        },
      },
    ],
  },
];
