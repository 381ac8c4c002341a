// SELECT and EXAMINE, RFC 9051 §6.3.2 and §6.3.3; CONDSTORE and QRESYNC parameters, RFC 7162 §3.1.8 and §3.2.5.
import {
  countNumbers,
  intersectSets,
  subtractSet,
  formatNumberSet,
  type NumberSet,
} from '../../../../formats/number-set.ts';
import type { CommandCursor } from '../../grammar/cursor.ts';
import { parseMailbox } from '../../grammar/mailbox.ts';
import { parseSequenceSet, resolveSet, type SequenceSet } from '../../grammar/sequence-set.ts';
import { FETCH_PAGE_ROWS } from '../../limits.ts';
import { command, type AnyCommand } from '../command-spec.ts';
import type { ImapDialog } from '../dialog.ts';
import { MailboxView } from '../mailbox-view.ts';
import { bad, ok, type Outcome } from '../outcome.ts';
import { addRecent, pagesOf, writeFlags, writeMailboxFlags } from '../synchronize.ts';
import { formatListed } from '../listing.ts';

interface QresyncParameter {
  readonly uidValidity: number;
  readonly modSeq: number;
  readonly knownUids: SequenceSet | null;
}

interface SelectArguments {
  readonly mailbox: string;
  readonly condStore: boolean;
  readonly qresync: QresyncParameter | null;
}

function parse(cursor: CommandCursor, dialog: ImapDialog): SelectArguments {
  cursor.space();
  const mailbox = parseMailbox(cursor, dialog.utf8);
  let condStore = false;
  let qresync: QresyncParameter | null = null;
  if (cursor.skip(' ')) {
    cursor.list(() => {
      const word = cursor.keyword('a parameter');
      if (word === 'CONDSTORE') condStore = true;
      else if (word === 'QRESYNC') qresync = parseQresync(cursor);
      else throw cursor.fault('CONDSTORE or QRESYNC');
    }, 4);
  }
  cursor.end();
  return { mailbox, condStore, qresync };
}

function parseQresync(cursor: CommandCursor): QresyncParameter {
  cursor.expect(' (');
  const uidValidity = cursor.nonZeroNumber('a UIDVALIDITY');
  cursor.space();
  const modSeq = cursor.number64('a modseq');
  let knownUids: SequenceSet | null = null;
  if (cursor.skip(' ')) {
    if (cursor.peek() !== '(') knownUids = parseSequenceSet(cursor);
    if (knownUids === null || cursor.skip(' ')) {
      // Sequence numbers with their uids: an optimization that our history does not need (RFC 7162 §3.2.5.2).
      cursor.expect('(');
      parseSequenceSet(cursor);
      cursor.space();
      parseSequenceSet(cursor);
      cursor.expect(')');
    }
  }
  cursor.expect(')');
  return { uidValidity, modSeq, knownUids };
}

async function run(dialog: ImapDialog, args: SelectArguments, readOnly: boolean): Promise<Outcome> {
  if (args.qresync !== null && !dialog.enabled.qresync) return bad('ENABLE QRESYNC comes first');
  if (dialog.selected !== null) {
    // RFC 9051 §7.1 (CLOSED): what follows is about another mailbox. Also when this SELECT fails.
    dialog.unselect();
    dialog.untagged('OK [CLOSED] The mailbox before is closed');
  }
  if (args.condStore) dialog.enabled.condStore = true;
  const mailbox = await dialog.account.open(args.mailbox, readOnly);
  let view: MailboxView;
  try {
    view = new MailboxView(mailbox, await mailbox.snapshot());
    if (!dialog.enabled.rev2) addRecent(view, await mailbox.claimRecent(view.uidNext));
  } catch (error) {
    mailbox.close();
    throw error;
  }
  if (dialog.transport.closed) {
    mailbox.close();
    return ok('Gone');
  }
  dialog.select(view);
  await describe(dialog, view, args.mailbox);
  if (args.qresync?.uidValidity === mailbox.uidValidity) await resynchronize(dialog, view, args.qresync);
  return mailbox.readOnly ? ok('To be read only', 'READ-ONLY') : ok('To be read and changed', 'READ-WRITE');
}

async function describe(dialog: ImapDialog, view: MailboxView, name: string): Promise<void> {
  const { mailbox } = view;
  await writeMailboxFlags(dialog, view);
  dialog.untagged(`${view.count} EXISTS`);
  if (!dialog.enabled.rev2) dialog.untagged(`${countNumbers(view.recentUids)} RECENT`);
  dialog.untagged(`OK [UIDVALIDITY ${mailbox.uidValidity}] Uids are valid`);
  dialog.untagged(`OK [UIDNEXT ${view.uidNext}] The next uid`);
  dialog.untagged(`OK [HIGHESTMODSEQ ${view.modSeq}] The highest modseq`);
  dialog.untagged(`OK [MAILBOXID (${mailbox.mailboxId})] The mailbox for ever`);
  if (dialog.enabled.rev2) dialog.untagged(await formatListed(dialog, name));
}

/** RFC 7162 §3.2.5: what vanished and what changed since the client was here. */
async function resynchronize(dialog: ImapDialog, view: MailboxView, since: QresyncParameter): Promise<void> {
  const all: NumberSet = view.uidNext > 1 ? [1, view.uidNext - 1] : [];
  const known =
    since.knownUids === null || since.knownUids === '$'
      ? all
      : intersectSets(resolveSet(since.knownUids, view.uidNext - 1), all);
  const vanished = await vanishedSince(view, since.modSeq, known);
  if (vanished.length > 0) dialog.untagged(`VANISHED (EARLIER) ${formatNumberSet(vanished)}`);
  await writeChangedSince(dialog, view, since.modSeq, known);
}

/** Which of the uids that a client knows were removed after `modSeq`; from what is left when that is too long ago. */
export async function vanishedSince(view: MailboxView, modSeq: number, known: NumberSet): Promise<NumberSet> {
  const told = await view.mailbox.expungedSince(modSeq);
  if (told !== null)
    return subtractSet(intersectSets(told, known), view.exactUids(view.count > 0 ? [1, view.count] : []));
  return subtractSet(known, view.exactUids(view.count > 0 ? [1, view.count] : []));
}

async function writeChangedSince(
  dialog: ImapDialog,
  view: MailboxView,
  modSeq: number,
  known: NumberSet,
): Promise<void> {
  const key = { kind: 'modseq', modSeq: modSeq + 1 } as const;
  const found = await view.mailbox.search(key, { signal: dialog.closedSignal() });
  for (const page of pagesOf(intersectSets(found, known), FETCH_PAGE_ROWS)) {
    for (const row of await view.mailbox.fetch(page, { flags: true })) writeFlags(dialog, view, row, true);
    if (dialog.output.full) await dialog.output.drained();
    if (dialog.transport.closed) return;
  }
}

function selectCommand(readOnly: boolean): AnyCommand {
  return command<SelectArguments>({
    phase: 'authenticated',
    parse,
    run: (dialog, args) => run(dialog, args, readOnly),
    news: 'nothing',
  });
}

export const SELECT = selectCommand(false);
export const EXAMINE = selectCommand(true);
