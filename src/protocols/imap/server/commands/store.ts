// STORE and UID STORE: RFC 9051 §6.4.6 and §6.4.9, UNCHANGEDSINCE (RFC 7162 §3.1.3).
import { formatNumberSet, type NumberSet } from '../../../../formats/number-set.ts';
import type { CommandCursor } from '../../grammar/cursor.ts';
import { parseFlagList } from '../../grammar/flags.ts';
import { parseSequenceSet, type SequenceSet } from '../../grammar/sequence-set.ts';
import { FETCH_PAGE_ROWS } from '../../limits.ts';
import { command, type AnyCommand } from '../command-spec.ts';
import type { ImapDialog } from '../dialog.ts';
import type { MailboxView } from '../mailbox-view.ts';
import { bad, no, ok, type Outcome } from '../outcome.ts';
import type { StoreRequest } from '../session.ts';
import { announceKeywords, pagesOf, writeFlags } from '../synchronize.ts';
import { enableCondStore } from './enable.ts';

interface StoreArguments {
  readonly set: SequenceSet;
  readonly request: StoreRequest;
  readonly silent: boolean;
}

const ITEM = /([+-]?)FLAGS(\.SILENT)?/iuy;

function parse(cursor: CommandCursor): StoreArguments {
  cursor.space();
  const set = parseSequenceSet(cursor);
  cursor.space();
  let unchangedSince: number | null = null;
  if (cursor.skip('(')) {
    if (!cursor.skipKeyword('UNCHANGEDSINCE')) throw cursor.fault('UNCHANGEDSINCE');
    cursor.space();
    unchangedSince = cursor.number64('a modseq');
    cursor.expect(') ');
  }
  const item = cursor.match(ITEM);
  if (item === null) throw cursor.fault('FLAGS, +FLAGS or -FLAGS');
  cursor.space();
  const flags = parseFlagList(cursor, true);
  cursor.end();
  const mode = item[1] === '+' ? 'add' : item[1] === '-' ? 'remove' : 'replace';
  return { set, request: { ...flags, mode, unchangedSince }, silent: item[2] !== undefined };
}

async function run(dialog: ImapDialog, args: StoreArguments, uid: boolean): Promise<Outcome> {
  const { view } = dialog;
  if (!uid && view.exceeds(args.set)) return bad('No such message number');
  if (view.mailbox.readOnly) return no('NOPERM', 'The mailbox is open to be read only');
  if (args.request.unchangedSince !== null) enableCondStore(dialog);
  const sequence = view.sequence(args.set, uid);
  if (sequence.length === 0) return ok('Nothing to change');
  const uids = view.uidsOf(sequence);
  const { modSeq, done, modified } = await view.mailbox.store(uids, args.request);
  if (modSeq !== null) view.ownModSeqs.add(modSeq);
  const told = view.known(done);
  if (!args.silent || dialog.enabled.condStore) await tell(dialog, view, told, args);
  if (modified.length === 0) return ok('Changed');
  const failed = uid || dialog.enabled.uidOnly ? modified : view.sequence(modified, true);
  return ok('Some messages have changed meanwhile', `MODIFIED ${formatNumberSet(failed)}`);
}

/** FETCH responses with what the flags are now; with .SILENT only the modseqs, to those who keep them. */
async function tell(dialog: ImapDialog, view: MailboxView, uids: NumberSet, args: StoreArguments): Promise<void> {
  for (const page of pagesOf(uids, FETCH_PAGE_ROWS)) {
    for (const row of await view.mailbox.fetch(page, { flags: true })) {
      const announcing = announceKeywords(dialog, view, row.keywords ?? '');
      if (announcing !== undefined) await announcing;
      writeFlags(dialog, view, row, !args.silent);
    }
    if (dialog.output.full) await dialog.output.drained();
    if (dialog.transport.closed) return;
  }
}

function storeCommand(uid: boolean): AnyCommand {
  return command<StoreArguments>({
    phase: 'selected',
    parse,
    run: (dialog, args) => run(dialog, args, uid),
    news: uid ? 'all' : 'no-expunge',
  });
}

export const STORE = storeCommand(false);
export const UID_STORE = storeCommand(true);
