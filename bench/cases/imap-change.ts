// Changing 10,000 messages at once: STORE, COPY, EXPUNGE. Postroad's are durable when it answers, Dovecot's are not
// synced with mdbox.
import type { BenchCase, Figures } from './bench-case.ts';
import { imapContestants, type ImapSide, MESSAGES, signIn, timeOf } from './imap-sides.ts';

async function measureChanges(side: ImapSide): Promise<Figures> {
  const session = await signIn(side);
  await session.command('SELECT INBOX');
  const unflag = ['STORE 1:* -FLAGS.SILENT (\\Flagged)'];
  const figures: Record<string, number> = {};
  figures['ms STORE +FLAGS'] = await timeOf(session, 'STORE 1:* +FLAGS (\\Flagged)', { before: unflag });
  figures['ms STORE +FLAGS.SILENT'] = await timeOf(session, 'STORE 1:* +FLAGS.SILENT (\\Flagged)', { before: unflag });
  figures['ms COPY'] = await timeOf(session, 'COPY 1:* Copies', {
    before: ['CREATE Copies'],
    after: ['DELETE Copies'],
  });
  figures['ms EXPUNGE'] = await timeOf(session, 'EXPUNGE', {
    before: ['CREATE Copies', 'COPY 1:* Copies', 'SELECT Copies', 'STORE 1:* +FLAGS.SILENT (\\Deleted)'],
    after: ['SELECT INBOX', 'DELETE Copies'],
  });
  session.close();
  return figures;
}

export const IMAP_CHANGE_CASES: readonly BenchCase[] = [
  {
    name: 'imap-change',
    title: 'STORE, COPY and EXPUNGE of 10,000 messages with one command',
    goal: 'STORE ≥ 8 × maildir and within 10 × of mdbox; COPY, EXPUNGE ≥ 1.5 ×',
    contestants: imapContestants({ messages: MESSAGES, measure: measureChanges }),
  },
];
