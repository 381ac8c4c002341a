// The servers that the IMAP cases compare: one account each, filled over IMAP itself with the same messages.
import { join } from 'node:path';
import { type ImapSession, openImap } from '../load/imap-load.ts';
import { fillMailbox } from '../load/imap-messages.ts';
import { median } from '../measure/statistics.ts';
import { DOVECOT_PASSWORD, startDovecot } from '../servers/dovecot.ts';
import { POSTROAD_PASSWORD, startPostroad } from '../servers/postroad.ts';
import type { Endpoint, RunningServer } from '../servers/server.ts';
import type { BenchCase, ContestantPlan, Figures } from './bench-case.ts';

export const READER = 'reader@local.test';
export const MESSAGES = 10_000;
/** A command is measured so often in a round; its median counts. */
const REPEATS = 5;

export interface ImapSide {
  readonly server: RunningServer;
  readonly imap: Endpoint;
  readonly password: string;
}

/** What a case does on one side. */
export interface ImapCasePlan {
  /** Messages in the INBOX before the first round. */
  readonly messages: number;
  /** More before the first round. */
  readonly prepare?: (session: ImapSession) => Promise<void>;
  /** One round. */
  readonly measure: (side: ImapSide, seconds: number) => Promise<Figures>;
}

/** Signs in as the reader. */
export function signIn({ imap, password }: ImapSide): Promise<ImapSession> {
  return openImap(imap, READER, password);
}

/** The median time in ms of a command; `before` and `after` it, what does not count. */
export async function timeOf(
  session: ImapSession,
  command: string,
  around: { readonly before?: readonly string[]; readonly after?: readonly string[] } = {},
): Promise<number> {
  const times: number[] = [];
  for (let i = 0; i < REPEATS; i++) {
    for (const each of around.before ?? []) await session.command(each);
    times.push((await session.command(command)).ms);
    for (const each of around.after ?? []) await session.command(each);
  }
  return median(times);
}

function contestant(name: string, plan: ImapCasePlan, start: (folder: string) => Promise<ImapSide>): ContestantPlan {
  return {
    name,
    start: async (folder) => {
      const side = await start(folder);
      const session = await signIn(side);
      await fillMailbox(session, 'INBOX', plan.messages);
      await plan.prepare?.(session);
      session.close();
      return { measure: (seconds) => plan.measure(side, seconds), stop: () => side.server.stop() };
    },
  };
}

async function dovecotSide(folder: string, format: 'mdbox' | 'maildir'): Promise<ImapSide> {
  const server = await startDovecot({ folder, format, lmtpSocket: join(folder, 'lmtp', 'socket') });
  return { server, imap: server.imap, password: DOVECOT_PASSWORD };
}

/** Postroad, Dovecot with mdbox and with maildir. */
export function imapContestants(plan: ImapCasePlan): BenchCase['contestants'] {
  return [
    contestant('Postroad', plan, async (folder) => {
      const server = await startPostroad({ folder, protocols: ['imap'] }, [READER]);
      return { server, imap: server.endpoint('imap'), password: POSTROAD_PASSWORD };
    }),
    contestant('Dovecot mdbox', plan, (folder) => dovecotSide(folder, 'mdbox')),
    contestant('Dovecot maildir', plan, (folder) => dovecotSide(folder, 'maildir')),
  ];
}
