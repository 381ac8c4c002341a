// EXPUNGE and UID EXPUNGE, RFC 9051 §6.4.3 and §6.4.9 (RFC 4315). What went is told as news, other sessions' too, so that
// the highest modseq in the answer (RFC 7162 §3.2.7) covers all that the client has heard.
import type { NumberSet } from '../../../../formats/number-set.ts';
import { parseSequenceSet, type SequenceSet } from '../../grammar/sequence-set.ts';
import { command, noArguments } from '../command-spec.ts';
import type { ImapDialog } from '../dialog.ts';
import { no, ok, type Outcome } from '../outcome.ts';
import { synchronize } from '../synchronize.ts';

async function expunge(dialog: ImapDialog, set: SequenceSet | null): Promise<Outcome> {
  const { view } = dialog;
  if (view.mailbox.readOnly) return no('NOPERM', 'The mailbox is open to be read only');
  const uids: NumberSet | null = set === null ? null : view.uids(set);
  await view.mailbox.expunge(uids);
  await synchronize(dialog, true);
  return ok('Expunged', dialog.enabled.condStore ? `HIGHESTMODSEQ ${view.modSeq}` : null);
}

export const EXPUNGE = command({
  phase: 'selected',
  parse: noArguments,
  run: (dialog) => expunge(dialog, null),
  news: 'nothing',
});

export const UID_EXPUNGE = command<SequenceSet>({
  phase: 'selected',
  parse(cursor) {
    cursor.space();
    const set = parseSequenceSet(cursor);
    cursor.end();
    return set;
  },
  run: expunge,
  news: 'nothing',
});
