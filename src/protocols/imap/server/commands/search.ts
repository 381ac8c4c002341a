// SEARCH and UID SEARCH: RFC 9051 §6.4.4, results as SEARCH (rev1) or ESEARCH (RFC 4731, rev2), saved results (RFC 5182),
// MODSEQ (RFC 7162 §3.1.5), PARTIAL (RFC 9394).
import { countNumbers, formatNumberSet, toNumberSet, type NumberSet } from '../../../../formats/number-set.ts';
import type { CommandCursor } from '../../grammar/cursor.ts';
import { formatPartialRange, takePartial, type PartialRange } from '../../grammar/partial.ts';
import { isKnownCharset, parseReturns, type ReturnOption } from '../../grammar/search-return.ts';
import { namesModSeq, parseSearchKeys, resolveKey, type ParsedKey } from '../../grammar/search.ts';
import { command, type AnyCommand } from '../command-spec.ts';
import type { ImapDialog } from '../dialog.ts';
import type { MailboxView } from '../mailbox-view.ts';
import { no, ok, type Outcome } from '../outcome.ts';
import { enableCondStore } from './enable.ts';

interface SearchArguments {
  /** null: none were given. */
  readonly returns: ReadonlySet<ReturnOption> | null;
  readonly partial: PartialRange | null;
  /** null: a charset that is not known. */
  readonly key: ParsedKey | null;
}

function parse(cursor: CommandCursor): SearchArguments {
  let returns: ReadonlySet<ReturnOption> | null = null;
  let partial: PartialRange | null = null;
  cursor.space();
  if (cursor.skipKeyword('RETURN')) {
    ({ returns, partial } = parseReturns(cursor));
    cursor.space();
  }
  if (cursor.skipKeyword('CHARSET')) {
    cursor.space();
    if (!isKnownCharset(cursor.astring('a charset'))) return { returns, partial, key: null };
    cursor.space();
  }
  const key = parseSearchKeys(cursor);
  cursor.end();
  return { returns, partial, key };
}

async function run(dialog: ImapDialog, args: SearchArguments, uid: boolean): Promise<Outcome> {
  const { view } = dialog;
  const { key, returns } = args;
  if (returns?.has('SAVE')) view.savedResult = key === null ? [] : view.savedResult;
  if (key === null) return no('BADCHARSET (US-ASCII UTF-8)', 'That charset is not known here');
  const withModSeq = namesModSeq(key);
  if (withModSeq) enableCondStore(dialog);
  let uids: NumberSet;
  try {
    const found = await view.mailbox.search(resolveKey(key, view), { signal: dialog.closedSignal() });
    uids = view.known(found);
  } catch (error) {
    // RFC 5182 §2.1: a search that failed leaves nothing saved.
    if (returns?.has('SAVE')) view.savedResult = [];
    throw error;
  }
  const extended = returns ?? (dialog.enabled.rev2 ? new Set<ReturnOption>(['ALL']) : null);
  if (extended === null) {
    const modSeq = withModSeq && uids.length > 0 ? ` (MODSEQ ${await view.mailbox.highestModSeq(uids)})` : '';
    writeNumbers(dialog, uid ? uids : view.sequence(uids, true), modSeq);
    return ok('Search done');
  }
  if (extended.has('SAVE')) view.savedResult = savedPart(uids, extended, args.partial);
  const partOnly = extended.has('SAVE') && extended.size === 1;
  if (!partOnly) await writeExtended(dialog, { ...args, returns: extended, key }, uids, uid);
  return ok('Search done');
}

/** `* SEARCH 2 3 5` in pieces. */
function writeNumbers(dialog: ImapDialog, numbers: NumberSet, end: string): void {
  const { output } = dialog;
  let text = '* SEARCH';
  for (let i = 0; i < numbers.length; i += 2) {
    for (let n = numbers[i]!; n <= numbers[i + 1]!; n++) {
      text += ` ${n}`;
      if (text.length < 8_000) continue;
      output.latin1(text);
      text = '';
    }
  }
  output.latin1(`${text}${end}\r\n`);
}

/** RFC 5182 §2.1: with MIN and MAX only those are kept, otherwise all. */
function savedPart(uids: NumberSet, returns: ReadonlySet<ReturnOption>, partial: PartialRange | null): NumberSet {
  if (uids.length === 0 || returns.has('ALL') || returns.has('COUNT')) return uids;
  if (partial !== null) return takePartial(uids, partial);
  if (!returns.has('MIN') && !returns.has('MAX')) return uids;
  const first = uids[0]!;
  const last = uids[uids.length - 1]!;
  const kept = [...(returns.has('MIN') ? [first] : []), ...(returns.has('MAX') ? [last] : [])];
  return toNumberSet(new Set(kept));
}

interface ExtendedArguments extends SearchArguments {
  readonly returns: ReadonlySet<ReturnOption>;
  readonly key: ParsedKey;
}

/** `* ESEARCH (TAG "…") UID …`, RFC 9051 §7.3.4. */
async function writeExtended(
  dialog: ImapDialog,
  args: ExtendedArguments,
  uids: NumberSet,
  uid: boolean,
): Promise<void> {
  const { view } = dialog;
  const { returns, partial, key } = args;
  const numbers = uid || dialog.enabled.uidOnly ? uids : view.sequence(uids, true);
  const parts = [`ESEARCH (TAG ${dialog.string(dialog.tag)})`];
  if (uid || dialog.enabled.uidOnly) parts.push('UID');
  if (uids.length > 0) {
    if (returns.has('MIN')) parts.push(`MIN ${numbers[0]}`);
    if (returns.has('MAX')) parts.push(`MAX ${numbers[numbers.length - 1]}`);
    if (returns.has('ALL')) parts.push(`ALL ${formatNumberSet(numbers)}`);
  }
  if (partial !== null) {
    const taken = takePartial(numbers, partial);
    parts.push(`PARTIAL (${formatPartialRange(partial)} ${taken.length === 0 ? 'NIL' : formatNumberSet(taken)})`);
  }
  if (returns.has('COUNT')) parts.push(`COUNT ${countNumbers(uids)}`);
  if (namesModSeq(key) && uids.length > 0) parts.push(`MODSEQ ${await modSeqOf(view, returns, uids)}`);
  dialog.untagged(parts.join(' '));
}

/** RFC 7162 §3.1.10: the highest modseq among the messages that are told. */
async function modSeqOf(view: MailboxView, returns: ReadonlySet<ReturnOption>, uids: NumberSet): Promise<number> {
  const first = uids[0]!;
  const last = uids[uids.length - 1]!;
  if (returns.has('ALL') || returns.has('COUNT')) return view.mailbox.highestModSeq(uids);
  const ends = [...(returns.has('MIN') ? [first] : []), ...(returns.has('MAX') ? [last] : [])];
  return view.mailbox.highestModSeq(ends.length === 0 ? uids : toNumberSet(new Set(ends)));
}

function searchCommand(uid: boolean): AnyCommand {
  return command<SearchArguments>({
    phase: 'selected',
    parse,
    run: (dialog, args) => run(dialog, args, uid),
    news: uid ? 'all' : 'no-expunge',
  });
}

export const SEARCH = searchCommand(false);
export const UID_SEARCH = searchCommand(true);
