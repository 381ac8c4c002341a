// SORT and UID SORT: RFC 5256 §3, RFC 5957 (DISPLAY), ESORT and CONTEXT=SORT (RFC 5267 §3 and §4).
import { toNumberSet } from '../../../../formats/number-set.ts';
import type { CommandCursor } from '../../grammar/cursor.ts';
import { parseCharset, parseReturnOptions, type ReturnOptions } from '../../grammar/search-return.ts';
import { namesModSeq, parseSearchKeys, resolveKey, type ParsedKey } from '../../grammar/search.ts';
import { parseSortKeys } from '../../grammar/sort.ts';
import type { SortKey } from '../../search-key.ts';
import { command, type AnyCommand } from '../command-spec.ts';
import type { ImapDialog } from '../dialog.ts';
import { ok, type Outcome } from '../outcome.ts';
import { numbersFor, searchOptions, withinView, writeNumbers } from '../search-results.ts';
import { enableCondStore } from './enable.ts';
import { refuseCharset, writeExtended } from './search.ts';

interface SortArguments {
  /** null: none were given. */
  readonly returns: ReturnOptions | null;
  readonly sort: readonly SortKey[];
  /** null: a charset that is not known. */
  readonly key: ParsedKey | null;
}

function parse(cursor: CommandCursor): SortArguments {
  cursor.space();
  const returns = parseReturnOptions(cursor);
  const sort = parseSortKeys(cursor);
  cursor.space();
  if (!parseCharset(cursor)) return { returns, sort, key: null };
  const key = parseSearchKeys(cursor);
  cursor.end();
  return { returns, sort, key };
}

async function run(dialog: ImapDialog, { returns, sort, key }: SortArguments, uid: boolean): Promise<Outcome> {
  const { view } = dialog;
  if (key === null) return refuseCharset(dialog, returns);
  const withModSeq = namesModSeq(key);
  if (withModSeq) enableCondStore(dialog);
  const sorted = await view.mailbox.sort(withinView(view, resolveKey(key, view)), sort, searchOptions(dialog));
  const order = sorted.filter((each) => view.seqOf(each) !== 0);
  const uids = toNumberSet(order.toSorted((a, b) => a - b));
  if (returns !== null) await writeExtended(dialog, { returns, key, sort, uid }, { uids, order });
  else {
    const modSeq = withModSeq && order.length > 0 ? ` (MODSEQ ${await view.mailbox.highestModSeq(uids)})` : '';
    writeNumbers(dialog, 'SORT', order.map(numbersFor(view, uid).one), modSeq);
  }
  return ok('Sorted');
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
