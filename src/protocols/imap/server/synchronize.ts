// Telling the client what happened in its mailbox. RFC 9051 §7.5.1: EXPUNGE changes what numbers mean, so it is told only
// with commands that name no sequence numbers; everything else may be told with any. RFC 7162: MODSEQ and VANISHED.
import { isPromise, type MaybePromise } from '../../../base/async/maybe-promise.ts';
import { MailError } from '../../../base/errors/mail-error.ts';
import {
  countNumbers,
  EMPTY_SET,
  formatNumberSet,
  intersectSets,
  NUMBER_MAX,
  subtractSet,
  uniteSets,
  type NumberSet,
} from '../../../formats/number-set.ts';
import { formatFlags, SYSTEM_FLAG_NAMES } from '../grammar/flags.ts';
import { ANNOUNCED_KEYWORDS_MAX, FETCH_PAGE_ROWS } from '../limits.ts';
import type { ImapDialog } from './dialog.ts';
import type { MailboxView } from './mailbox-view.ts';
import { removeExpunged, updateContexts } from './result-contexts.ts';
import type { MailboxChanges, MessageRow } from './session.ts';

/** Looks for news and tells them. `expunges`: EXPUNGE may be told now. */
export function synchronize(dialog: ImapDialog, expunges: boolean): MaybePromise<void> {
  const view = dialog.selected;
  if (view === null) return undefined;
  view.dirty = false;
  let changes: MaybePromise<MailboxChanges>;
  try {
    changes = view.mailbox.changes(view.modSeq);
  } catch (error) {
    return lose(dialog, error);
  }
  if (isPromise(changes)) {
    return changes.then(
      (ready) => tell(dialog, view, ready, expunges),
      (error: unknown) => lose(dialog, error),
    );
  }
  return tell(dialog, view, changes, expunges);
}

/** The selected mailbox was deleted below us: nothing of it can be shown any more. */
function lose(dialog: ImapDialog, error: unknown): void {
  if (!(error instanceof MailError) || error.code !== 'mailbox-unknown') throw error;
  dialog.bye('[UNAVAILABLE] This mailbox was deleted');
}

function tell(dialog: ImapDialog, view: MailboxView, changes: MailboxChanges, expunges: boolean): MaybePromise<void> {
  if (changes.expunged.length > 0) view.holdExpunged(view.known(changes.expunged));
  if (expunges && view.pendingExpunged.length > 0) {
    removeExpunged(dialog, view, view.pendingExpunged);
    tellExpunged(dialog, view, view.pendingExpunged);
    view.pendingExpunged = EMPTY_SET;
  }
  view.modSeq = Math.max(view.modSeq, changes.modSeq);
  // What the view has already is no news.
  const arrived = intersectSets(subtractSet(changes.arrived, changes.expunged), [view.uidNext, NUMBER_MAX]);
  const claimed = arrived.length > 0 ? tellArrived(dialog, view, arrived) : undefined;
  let told = claimed;
  if (changes.changed.length === 0) view.ownModSeqs.clear();
  else told = tellChanged(dialog, view, changes.changed, claimed);
  const touched = uniteSets(arrived, changes.changed);
  if (view.contexts.size === 0 || touched.length === 0) return told;
  if (isPromise(told)) return told.then(() => updateContexts(dialog, view, touched));
  return updateContexts(dialog, view, touched);
}

/** `* n EXPUNGE` one after the other, or one VANISHED (RFC 7162 §3.2.10, RFC 9586 §3). */
function tellExpunged(dialog: ImapDialog, view: MailboxView, uids: NumberSet): void {
  if (dialog.enabled.qresync || dialog.enabled.uidOnly) {
    view.remove(uids, () => {});
    dialog.untagged(`VANISHED ${formatNumberSet(uids)}`);
    return;
  }
  view.remove(uids, (seq) => dialog.untagged(`${seq} EXPUNGE`));
}

function tellArrived(dialog: ImapDialog, view: MailboxView, uids: NumberSet): MaybePromise<void> {
  const before = view.uidNext;
  view.append(uids);
  dialog.untagged(`${view.count} EXISTS`);
  if (dialog.enabled.rev2) return undefined;
  const first = view.mailbox.claimRecent(view.uidNext);
  if (isPromise(first)) return first.then((uid) => tellRecent(dialog, view, Math.max(uid, before)));
  return tellRecent(dialog, view, Math.max(first, before));
}

/** RFC 3501 §7.3.2: how many are \Recent now. */
function tellRecent(dialog: ImapDialog, view: MailboxView, firstUid: number): void {
  addRecent(view, firstUid);
  dialog.untagged(`${countNumbers(view.recentUids)} RECENT`);
}

/** Messages of the view from this uid on are \Recent for this session. */
export function addRecent(view: MailboxView, firstUid: number): void {
  const from = view.countBelow(firstUid) + 1;
  if (from > view.count) return;
  const uids = view.exactUids([from, view.count]);
  view.recentUids = [...view.recentUids, ...subtractSet(uids, view.recentUids)];
}

async function tellChanged(
  dialog: ImapDialog,
  view: MailboxView,
  changed: NumberSet,
  claimed: MaybePromise<void>,
): Promise<void> {
  await claimed;
  const uids = subtractSet(view.known(changed), view.pendingExpunged);
  for (const page of pagesOf(uids, FETCH_PAGE_ROWS)) {
    const rows = await view.mailbox.fetch(page, { flags: true });
    if (dialog.selected !== view) return;
    for (const row of rows) if (!view.ownModSeqs.has(row.modSeq ?? 0)) await announceAndWriteFlags(dialog, view, row);
    if (dialog.output.full) await dialog.output.drained();
    if (dialog.transport.closed) return;
  }
  view.ownModSeqs.clear();
}

async function announceAndWriteFlags(dialog: ImapDialog, view: MailboxView, row: MessageRow): Promise<void> {
  const announcing = announceKeywords(dialog, view, row.keywords ?? '');
  if (announcing !== undefined) await announcing;
  writeFlags(dialog, view, row, true);
}

/** `* n FETCH (UID … FLAGS (…) MODSEQ (…))`; `flags` false: the modseq alone (STORE .SILENT). */
export function writeFlags(dialog: ImapDialog, view: MailboxView, row: MessageRow, flags: boolean): void {
  const { condStore, qresync, uidOnly } = dialog.enabled;
  const seq = view.seqOf(row.uid);
  if (seq === 0) return;
  const text = flags
    ? `FLAGS (${formatFlags(row.flags ?? 0, row.keywords ?? '', isRecent(dialog, view, row.uid))})`
    : '';
  const modSeq = condStore ? `MODSEQ (${row.modSeq ?? 1})` : '';
  const space = text !== '' && modSeq !== '' ? ' ' : '';
  if (uidOnly) dialog.untagged(`${row.uid} UIDFETCH (${text}${space}${modSeq})`);
  // RFC 7162 §3.2.4: with QRESYNC the uid is always there; it does no harm anywhere else (RFC 9051 §6.4.9).
  else if (qresync || condStore) dialog.untagged(`${seq} FETCH (UID ${row.uid} ${text}${space}${modSeq})`);
  else dialog.untagged(`${seq} FETCH (${text})`);
}

/** RFC 9051 §2.3.2: \Recent is gone in rev2. */
export function isRecent(dialog: ImapDialog, view: MailboxView, uid: number): boolean {
  return !dialog.enabled.rev2 && view.isRecent(uid);
}

/** Tells FLAGS again when a keyword shows up that the client has not heard of. Undefined: nothing to wait for. */
export function announceKeywords(dialog: ImapDialog, view: MailboxView, keywords: string): Promise<void> | undefined {
  if (keywords === '' || view.announcedKeywords.has(keywords)) return undefined;
  return tellKeywords(dialog, view, keywords);
}

async function tellKeywords(dialog: ImapDialog, view: MailboxView, keywords: string): Promise<void> {
  const announced = view.announcedKeywords;
  if (!keywords.split(' ').every((keyword) => announced.has(keyword))) await writeMailboxFlags(dialog, view);
  if (announced.size >= ANNOUNCED_KEYWORDS_MAX) announced.clear();
  announced.add(keywords);
}

/** `* FLAGS` and `* OK [PERMANENTFLAGS …]`, RFC 9051 §7.3.5 and §7.1. */
export async function writeMailboxFlags(dialog: ImapDialog, view: MailboxView): Promise<void> {
  const { mailbox } = view;
  const keywords = await mailbox.keywords();
  for (const keyword of keywords.split(' ')) view.announcedKeywords.add(keyword);
  const system = SYSTEM_FLAG_NAMES.join(' ');
  const all = keywords === '' ? system : `${system} ${keywords}`;
  dialog.untagged(`FLAGS (${all})`);
  const more = mailbox.newKeywords ? ' \\*' : '';
  dialog.untagged(
    mailbox.readOnly
      ? 'OK [PERMANENTFLAGS ()] Nothing can be changed'
      : `OK [PERMANENTFLAGS (${all}${more})] These can be changed`,
  );
}

/** The set in pieces of at most `most` numbers. */
export function* pagesOf(set: NumberSet, most: number): Generator<NumberSet, void, undefined> {
  let page: number[] = [];
  let room = most;
  for (let i = 0; i < set.length; i += 2) {
    let first = set[i]!;
    const last = set[i + 1]!;
    while (first <= last) {
      const end = Math.min(last, first + room - 1);
      page.push(first, end);
      room -= end - first + 1;
      first = end + 1;
      if (room > 0) continue;
      yield page;
      page = [];
      room = most;
    }
  }
  if (page.length > 0) yield page;
}
