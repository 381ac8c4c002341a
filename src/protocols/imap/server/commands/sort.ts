// SORT and UID SORT: RFC 5256 §3 (BASE.6.4.SORT), by display names (RFC 5957), with RETURN options (RFC 5267 §3, RFC 9394).
import { toNumberSet } from '../../../../formats/number-set.ts';
import type { CommandCursor } from '../../grammar/cursor.ts';
import { formatPartialRange, placesOf, type PartialRange } from '../../grammar/partial.ts';
import { namesModSeq, parseSearchKeys, type ParsedKey } from '../../grammar/search.ts';
import { isKnownCharset, parseReturns, type ReturnOption } from '../../grammar/search-return.ts';
import type { SortField, SortKey } from '../../search-key.ts';
import { command, type AnyCommand } from '../command-spec.ts';
import type { ImapDialog } from '../dialog.ts';
import { no, ok, type Outcome } from '../outcome.ts';
import { enableCondStore } from './enable.ts';
import { keyInView } from './thread.ts';

interface SortArguments {
  /** null: none were given. */
  readonly returns: ReadonlySet<ReturnOption> | null;
  readonly partial: PartialRange | null;
  readonly sort: readonly SortKey[];
  /** null: a charset that is not known. */
  readonly key: ParsedKey | null;
}

const FIELDS: Readonly<Record<string, SortField>> = {
  ARRIVAL: 'arrival',
  CC: 'cc',
  DATE: 'date',
  FROM: 'from',
  SIZE: 'size',
  SUBJECT: 'subject',
  TO: 'to',
  DISPLAYFROM: 'display-from',
  DISPLAYTO: 'display-to',
};
const SORT_KEYS_MAX = 16;

function parse(cursor: CommandCursor): SortArguments {
  let returns: ReadonlySet<ReturnOption> | null = null;
  let partial: PartialRange | null = null;
  cursor.space();
  if (cursor.skipKeyword('RETURN')) {
    ({ returns, partial } = parseReturns(cursor));
    cursor.space();
  }
  const sort = cursor.list(() => parseSortKey(cursor), SORT_KEYS_MAX);
  cursor.space();
  const known = isKnownCharset(cursor.astring('a charset'));
  cursor.space();
  if (!known) return { returns, partial, sort, key: null };
  const key = parseSearchKeys(cursor);
  cursor.end();
  return { returns, partial, sort, key };
}

function parseSortKey(cursor: CommandCursor): SortKey {
  const at = cursor.position;
  const reverse = cursor.skipKeyword('REVERSE');
  if (reverse) cursor.space();
  const field = FIELDS[cursor.keyword('a sort key')];
  if (field !== undefined) return { field, reverse };
  cursor.position = at;
  throw cursor.fault('a sort key');
}

async function run(dialog: ImapDialog, args: SortArguments, uid: boolean): Promise<Outcome> {
  const { view } = dialog;
  const { key, returns } = args;
  if (returns?.has('SAVE')) view.savedResult = [];
  if (key === null) return no('BADCHARSET (US-ASCII UTF-8)', 'That charset is not known here');
  if (namesModSeq(key)) enableCondStore(dialog);
  const options = { signal: dialog.closedSignal() };
  const uids = view.count === 0 ? [] : await view.mailbox.sort(keyInView(view, key), args.sort, options);
  const found = uids.filter((each) => view.seqOf(each) > 0);
  if (returns?.has('SAVE')) view.savedResult = toNumberSet([...found].sort((a, b) => a - b));
  const numbers = uid || dialog.enabled.uidOnly ? found : found.map((each) => view.seqOf(each));
  const modSeq =
    namesModSeq(key) && found.length > 0
      ? await view.mailbox.highestModSeq(toNumberSet([...found].sort((a, b) => a - b)))
      : null;
  if (returns === null) writeSorted(dialog, numbers, modSeq);
  else if (returns.size > 1 || !returns.has('SAVE')) writeExtended(dialog, { ...args, returns, numbers, modSeq, uid });
  return ok('Sorted');
}

/** `* SORT 2 3 6` in pieces. */
function writeSorted(dialog: ImapDialog, numbers: readonly number[], modSeq: number | null): void {
  const { output } = dialog;
  let text = '* SORT';
  for (const n of numbers) {
    text += ` ${n}`;
    if (text.length < 8_000) continue;
    output.latin1(text);
    text = '';
  }
  output.latin1(modSeq === null ? `${text}\r\n` : `${text} (MODSEQ ${modSeq})\r\n`);
}

interface SortedAnswer {
  readonly returns: ReadonlySet<ReturnOption>;
  readonly partial: PartialRange | null;
  readonly numbers: readonly number[];
  readonly modSeq: number | null;
  readonly uid: boolean;
}

/** RFC 5267 §3: MIN and MAX are the first and the last in this order, sets keep the order. */
function writeExtended(dialog: ImapDialog, { returns, partial, numbers, modSeq, uid }: SortedAnswer): void {
  const parts = [`ESEARCH (TAG ${dialog.string(dialog.tag)})`];
  if (uid || dialog.enabled.uidOnly) parts.push('UID');
  if (numbers.length > 0) {
    if (returns.has('MIN')) parts.push(`MIN ${numbers[0]}`);
    if (returns.has('MAX')) parts.push(`MAX ${numbers.at(-1)}`);
    if (returns.has('ALL')) parts.push(`ALL ${formatInOrder(numbers)}`);
  }
  if (partial !== null) {
    const [first, last] = placesOf(partial, numbers.length);
    const taken = numbers.slice(first - 1, last);
    parts.push(`PARTIAL (${formatPartialRange(partial)} ${taken.length === 0 ? 'NIL' : formatInOrder(taken)})`);
  }
  if (returns.has('COUNT')) parts.push(`COUNT ${numbers.length}`);
  if (modSeq !== null) parts.push(`MODSEQ ${modSeq}`);
  dialog.untagged(parts.join(' '));
}

/** A set in this order: only runs that go up by one become ranges. */
function formatInOrder(numbers: readonly number[]): string {
  const parts: string[] = [];
  for (let i = 0; i < numbers.length;) {
    let end = i + 1;
    while (end < numbers.length && numbers[end] === numbers[end - 1]! + 1) end++;
    parts.push(end - i === 1 ? `${numbers[i]}` : `${numbers[i]}:${numbers[end - 1]}`);
    i = end;
  }
  return parts.join(',');
}

function sortCommand(uid: boolean): AnyCommand {
  return command<SortArguments>({
    phase: 'selected',
    parse,
    run: (dialog, args) => run(dialog, args, uid),
    news: uid ? 'all' : 'no-expunge',
  });
}

export const SORT = sortCommand(false);
export const UID_SORT = sortCommand(true);
