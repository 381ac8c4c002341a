// Opening a mailbox of 100,000 messages, and FETCH of 10,000 of about 4 kB with warm caches.
import type { ImapSession } from '../load/imap-load.ts';
import type { BenchCase, Figures } from './bench-case.ts';
import { imapContestants, type ImapSide, MESSAGES, signIn, timeOf } from './imap-sides.ts';

const COPIES = 10;

/** 100,000 messages: copies, so that filling does not take longer than measuring. */
async function makeLarge(session: ImapSession): Promise<void> {
  await session.command('CREATE Large');
  await session.command('SELECT INBOX');
  for (let i = 0; i < COPIES; i++) await session.command('COPY 1:* Large');
}

async function measureSelect(side: ImapSide): Promise<Figures> {
  const session = await signIn(side);
  const ms = await timeOf(session, 'SELECT Large', { before: ['SELECT INBOX'] });
  session.close();
  return { 'ms SELECT of 100,000': ms };
}

const FETCHES = {
  'ms (FLAGS UID)': '(FLAGS UID)',
  'ms (ENVELOPE)': '(ENVELOPE)',
  'ms (BODYSTRUCTURE)': '(BODYSTRUCTURE)',
  'ms (BODY.PEEK[HEADER.FIELDS …])': '(BODY.PEEK[HEADER.FIELDS (SUBJECT FROM DATE)])',
  'ms (BODY.PEEK[])': '(BODY.PEEK[])',
};

async function measureFetch(side: ImapSide): Promise<Figures> {
  const session = await signIn(side);
  await session.command('SELECT INBOX');
  const figures: Record<string, number> = {};
  for (const [name, items] of Object.entries(FETCHES)) figures[name] = await timeOf(session, `FETCH 1:* ${items}`);
  session.close();
  return figures;
}

export const IMAP_FETCH_CASES: readonly BenchCase[] = [
  {
    name: 'imap-select',
    title: 'SELECT of 100,000 messages, warm',
    goal: '≥ 1.5 × the better Dovecot',
    contestants: imapContestants({ messages: MESSAGES, prepare: makeLarge, measure: measureSelect }),
  },
  {
    name: 'imap-fetch',
    title: 'FETCH 1:* of 10,000 messages of 4 kB, warm',
    goal: '(FLAGS UID) level with the better Dovecot, (ENVELOPE), (BODYSTRUCTURE) and (BODY.PEEK[]) ≥ 1.5 ×',
    contestants: imapContestants({ messages: MESSAGES, measure: measureFetch }),
  },
];
