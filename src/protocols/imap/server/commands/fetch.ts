// FETCH and UID FETCH: RFC 9051 §6.4.5 and §6.4.9, CHANGEDSINCE and VANISHED (RFC 7162 §3.1.4 and §3.2.6), PARTIAL (RFC
// 9394 §3.3). Pages of rows, bounded runs of messages: memory does not grow with what is asked for.
import { isPromise } from '../../../../base/async/maybe-promise.ts';
import { countNumbers, formatNumberSet, intersectSets, type NumberSet } from '../../../../formats/number-set.ts';
import type { CommandCursor } from '../../grammar/cursor.ts';
import { parseFetchItems, type FetchItem } from '../../grammar/fetch.ts';
import { SEEN } from '../../grammar/flags.ts';
import { parsePartialRange, takePartial, type PartialRange } from '../../grammar/partial.ts';
import { parseSequenceSet, resolveSet, type SequenceSet } from '../../grammar/sequence-set.ts';
import { FETCH_PAGE_ROWS, OPEN_RUN_MESSAGES, OPEN_RUN_OCTETS } from '../../limits.ts';
import { command, type AnyCommand } from '../command-spec.ts';
import type { ImapDialog } from '../dialog.ts';
import { columnsOf, writeMessage, writeRow, type FetchJob } from '../fetch-writer.ts';
import type { MailboxView } from '../mailbox-view.ts';
import { bad, no, ok, type Outcome } from '../outcome.ts';
import type { FetchColumns, MessageRow } from '../session.ts';
import { announceKeywords, pagesOf } from '../synchronize.ts';
import { enableCondStore } from './enable.ts';
import { vanishedSince } from './select.ts';

interface FetchArguments {
  readonly set: SequenceSet;
  readonly items: readonly FetchItem[];
  readonly changedSince: number | null;
  readonly vanished: boolean;
  readonly partial: PartialRange | null;
}

function parse(cursor: CommandCursor): FetchArguments {
  cursor.space();
  const set = parseSequenceSet(cursor);
  cursor.space();
  const items = parseFetchItems(cursor);
  let changedSince: number | null = null;
  let vanished = false;
  let partial: PartialRange | null = null;
  if (cursor.skip(' ')) {
    cursor.list(() => {
      const word = cursor.keyword('a modifier');
      if (word === 'VANISHED') {
        vanished = true;
        return;
      }
      cursor.space();
      if (word === 'CHANGEDSINCE') changedSince = cursor.number64('a modseq');
      else if (word === 'PARTIAL') partial = parsePartialRange(cursor);
      else throw cursor.fault('CHANGEDSINCE, VANISHED or PARTIAL');
    }, 4);
  }
  cursor.end();
  return { set, items, changedSince, vanished, partial };
}

async function run(dialog: ImapDialog, args: FetchArguments, uid: boolean): Promise<Outcome> {
  const { view } = dialog;
  if (!uid && view.exceeds(args.set)) return bad('No such message number');
  if (args.vanished && (!uid || args.changedSince === null || !dialog.enabled.qresync)) {
    return bad('VANISHED needs UID FETCH, CHANGEDSINCE and ENABLE QRESYNC');
  }
  const items = completeItems(dialog, args, uid);
  let sequence = view.sequence(args.set, uid);
  if (args.partial !== null) sequence = takePartial(sequence, args.partial);
  if (args.changedSince !== null) sequence = await changedSince(dialog, args, sequence);
  const sections = items.some((item) => typeof item !== 'string');
  const job: FetchJob = { dialog, view, items, uidOnly: dialog.enabled.uidOnly, unknownEncoding: false };
  const missing = await fetchPages(job, sequence, sections);
  if (job.unknownEncoding) return no('UNKNOWN-CTE', 'Some parts have an encoding that is not known');
  if (missing > 0) return ok('Some messages are gone already', 'EXPUNGEISSUED');
  return ok('That is all');
}

/** What is added to what was asked for. */
function completeItems(dialog: ImapDialog, args: FetchArguments, uid: boolean): readonly FetchItem[] {
  const items = [...new Set(args.items)];
  if (uid && !items.includes('UID') && !dialog.enabled.uidOnly) items.unshift('UID');
  if (items.includes('MODSEQ') || args.changedSince !== null) enableCondStore(dialog);
  // RFC 7162 §3.1.4.1: CHANGEDSINCE asks for the modseq too.
  if (args.changedSince !== null && !items.includes('MODSEQ')) items.push('MODSEQ');
  return items;
}

async function changedSince(dialog: ImapDialog, args: FetchArguments, sequence: NumberSet): Promise<NumberSet> {
  const { view } = dialog;
  const since = args.changedSince ?? 0;
  if (args.vanished && args.set !== '$') {
    const asked = intersectSets(resolveSet(args.set, view.uidNext - 1), [1, Math.max(1, view.uidNext - 1)]);
    const vanished = await vanishedSince(view, since, asked);
    if (vanished.length > 0) dialog.untagged(`VANISHED (EARLIER) ${formatNumberSet(vanished)}`);
  }
  if (sequence.length === 0) return sequence;
  const key = {
    kind: 'and',
    keys: [
      { kind: 'uids', set: view.uidsOf(sequence) },
      { kind: 'modseq', modSeq: since + 1 },
    ],
  } as const;
  const found = await view.mailbox.search(key, { signal: dialog.closedSignal() });
  return view.sequence(found, true);
}

/** Writes all rows; how many messages were not there any more. */
async function fetchPages(job: FetchJob, sequence: NumberSet, sections: boolean): Promise<number> {
  const { dialog, view, items } = job;
  const marksSeen =
    !view.mailbox.readOnly &&
    items.some((item) => typeof item !== 'string' && !item.peek && view.mailbox.rights.includes('s'));
  const columns: FetchColumns = marksSeen ? { ...columnsOf(items), flags: true } : columnsOf(items);
  let missing = 0;
  for (const page of pagesOf(sequence, FETCH_PAGE_ROWS)) {
    const uids = view.uidsOf(page);
    const marked = marksSeen ? await markSeen(view, uids) : null;
    const answer = view.mailbox.fetch(uids, columns);
    const rows = isPromise(answer) ? await answer : answer;
    missing += countNumbers(page) - rows.length;
    if (sections) missing += await writeMessages(job, rows, marked);
    else await writeSimpleRows(job, rows);
    if (dialog.output.full) await dialog.output.drained();
    if (dialog.transport.closed) break;
  }
  return missing;
}

/** Waits only where something must be waited for: a turn for each of a million rows would be felt. */
async function writeSimpleRows(job: FetchJob, rows: readonly MessageRow[]): Promise<void> {
  for (const row of rows) {
    const written = writeSimpleRow(job, row);
    if (written !== undefined) await written;
  }
}

function writeSimpleRow(job: FetchJob, row: MessageRow): Promise<void> | undefined {
  const seq = job.view.seqOf(row.uid);
  if (seq === 0) return undefined;
  const announcing = announceKeywords(job.dialog, job.view, row.keywords ?? '');
  if (announcing !== undefined) return announcing.then(() => writeRow(job, row, seq, job.items));
  writeRow(job, row, seq, job.items);
  return undefined;
}

/** RFC 9051 §6.4.5: reading sets \Seen. The modseq that the change got; null when nothing changed. */
async function markSeen(view: MailboxView, uids: NumberSet): Promise<number | null> {
  const { modSeq } = await view.mailbox.store(uids, { mode: 'add', flags: SEEN, keywords: '', unchangedSince: null });
  if (modSeq !== null) view.ownModSeqs.add(modSeq);
  return modSeq;
}

/** Rows with sections, in runs of messages that are opened together. How many were gone. */
async function writeMessages(job: FetchJob, rows: readonly MessageRow[], marked: number | null): Promise<number> {
  const { dialog, view } = job;
  let missing = 0;
  for (let at = 0; at < rows.length;) {
    const end = runEnd(rows, at);
    const run = rows.slice(at, end);
    at = end;
    const answer = view.mailbox.openMessages(run.map((row) => row.uid));
    const messages = isPromise(answer) ? await answer : answer;
    for (const [i, row] of run.entries()) {
      const message = messages[i] ?? null;
      if (message === null || view.seqOf(row.uid) === 0) {
        missing++;
        continue;
      }
      const announcing = announceKeywords(dialog, view, row.keywords ?? '');
      if (announcing !== undefined) await announcing;
      const written = writeMessage(job, row, message, withFlags(job, row, marked));
      if (written !== undefined) await written;
      if (dialog.output.full) await dialog.output.drained();
      if (dialog.transport.closed) return missing;
    }
  }
  return missing;
}

/** A message that became \Seen by this FETCH says so. */
function withFlags(job: FetchJob, row: MessageRow, marked: number | null): readonly FetchItem[] {
  if (marked === null || row.modSeq !== marked) return job.items;
  const added: FetchItem[] = [];
  if (!job.items.includes('FLAGS')) added.push('FLAGS');
  if (job.dialog.enabled.condStore && !job.items.includes('MODSEQ')) added.push('MODSEQ');
  return added.length === 0 ? job.items : [...job.items, ...added];
}

/** Behind the last row of a run: bounded in messages and octets. */
function runEnd(rows: readonly MessageRow[], start: number): number {
  let octets = rows[start]!.size ?? 0;
  let end = start + 1;
  while (end < rows.length && end - start < OPEN_RUN_MESSAGES) {
    octets += rows[end]!.size ?? 0;
    if (octets > OPEN_RUN_OCTETS) break;
    end++;
  }
  return end;
}

function fetchCommand(uid: boolean): AnyCommand {
  return command<FetchArguments>({
    phase: 'selected',
    parse,
    run: (dialog, args) => run(dialog, args, uid),
    news: uid ? 'all' : 'no-expunge',
  });
}

export const FETCH = fetchCommand(false);
export const UID_FETCH = fetchCommand(true);
