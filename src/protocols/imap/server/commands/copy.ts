// COPY and MOVE with their UID forms: RFC 9051 §6.4.7, §6.4.8 and §6.4.9, COPYUID (RFC 4315 §3).
import { MailError } from '../../../../base/errors/mail-error.ts';
import { formatNumberSet, type NumberSet } from '../../../../formats/number-set.ts';
import type { CommandCursor } from '../../grammar/cursor.ts';
import { parseMailbox } from '../../grammar/mailbox.ts';
import { parseSequenceSet, type SequenceSet } from '../../grammar/sequence-set.ts';
import { command, type AnyCommand } from '../command-spec.ts';
import type { ImapDialog } from '../dialog.ts';
import { bad, no, ok, type Outcome } from '../outcome.ts';
import type { CopyOutcome } from '../session.ts';
import { synchronize } from '../synchronize.ts';

interface CopyArguments {
  readonly set: SequenceSet;
  readonly mailbox: string;
}

function parse(cursor: CommandCursor, dialog: ImapDialog): CopyArguments {
  cursor.space();
  const set = parseSequenceSet(cursor);
  cursor.space();
  const mailbox = parseMailbox(cursor, dialog.utf8);
  cursor.end();
  return { set, mailbox };
}

/** The uids of a set; null when it names message numbers that do not exist. */
function uidsOf(dialog: ImapDialog, set: SequenceSet, uid: boolean): NumberSet | null {
  const { view } = dialog;
  if (!uid && view.exceeds(set)) return null;
  return view.exactUids(view.sequence(set, uid));
}

/** The refusal with TRYCREATE where creating the target would help (RFC 9051 §7.1). */
export async function withTryCreate<T>(work: Promise<T>): Promise<T | Outcome> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof MailError && error.code === 'mailbox-unknown') return no('TRYCREATE', error.publicText);
    throw error;
  }
}

function copyUid({ uidValidity, sourceUids, targetUids }: CopyOutcome): string | null {
  if (sourceUids.length === 0) return null;
  return `COPYUID ${uidValidity} ${formatNumberSet(sourceUids)} ${formatNumberSet(targetUids)}`;
}

async function copy(dialog: ImapDialog, args: CopyArguments, uid: boolean): Promise<Outcome> {
  const uids = uidsOf(dialog, args.set, uid);
  if (uids === null) return bad('No such message number');
  if (uids.length === 0) return ok('Nothing to copy');
  const outcome = await withTryCreate(dialog.view.mailbox.copy(uids, args.mailbox));
  if ('status' in outcome) return outcome;
  const copied = copyUid(outcome);
  if (copied === null) return no('EXPUNGEISSUED', 'The messages are gone already');
  return ok(outcome.missing > 0 ? 'Copied what was still there' : 'Copied', copied);
}

/** RFC 9051 §6.4.8: COPYUID comes untagged, in front of the EXPUNGEs. */
async function move(dialog: ImapDialog, args: CopyArguments, uid: boolean): Promise<Outcome> {
  if (dialog.view.mailbox.readOnly) return no('NOPERM', 'The mailbox is open to be read only');
  const uids = uidsOf(dialog, args.set, uid);
  if (uids === null) return bad('No such message number');
  if (uids.length === 0) return ok('Nothing to move');
  const outcome = await withTryCreate(dialog.view.mailbox.move(uids, args.mailbox));
  if ('status' in outcome) return outcome;
  const moved = copyUid(outcome);
  if (moved === null) return no('EXPUNGEISSUED', 'The messages are gone already');
  dialog.untagged(`OK [${moved}] Moved`);
  await synchronize(dialog, true);
  return ok('Moved', dialog.enabled.qresync ? `HIGHESTMODSEQ ${dialog.view.modSeq}` : null);
}

function copyCommand(uid: boolean): AnyCommand {
  return command<CopyArguments>({
    phase: 'selected',
    parse,
    run: (dialog, args) => copy(dialog, args, uid),
    news: 'all',
  });
}

function moveCommand(uid: boolean): AnyCommand {
  return command<CopyArguments>({
    phase: 'selected',
    parse,
    run: (dialog, args) => move(dialog, args, uid),
    news: 'nothing',
  });
}

export const COPY = copyCommand(false);
export const UID_COPY = copyCommand(true);
export const MOVE = moveCommand(false);
export const UID_MOVE = moveCommand(true);
