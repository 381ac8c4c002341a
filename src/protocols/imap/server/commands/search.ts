// SEARCH and UID SEARCH: RFC 9051 §6.4.4, results as SEARCH (rev1) or ESEARCH (RFC 4731, rev2), saved results (RFC 5182),
// MODSEQ (RFC 7162 §3.1.5), PARTIAL (RFC 9394), UPDATE (RFC 5267 §4.3).
import { numbersOf, type NumberSet } from '../../../../formats/number-set.ts';
import type { CommandCursor } from '../../grammar/cursor.ts';
import { parseCharset, parseReturnOptions, RETURN_ALL, type ReturnOptions } from '../../grammar/search-return.ts';
import { namesModSeq, parseSearchKeys, resolveKey, type ParsedKey } from '../../grammar/search.ts';
import { command, type AnyCommand } from '../command-spec.ts';
import type { ImapDialog } from '../dialog.ts';
import { no, ok, type Outcome } from '../outcome.ts';
import { keepResult } from '../result-contexts.ts';
import {
  formatResults,
  modSeqOfResults,
  numbersFor,
  savedPart,
  searchOptions,
  withinView,
  writeNumbers,
  type FoundMessages,
} from '../search-results.ts';
import type { SortKey } from '../../search-key.ts';
import { enableCondStore } from './enable.ts';

interface SearchArguments {
  /** null: none were given. */
  readonly returns: ReturnOptions | null;
  /** null: a charset that is not known. */
  readonly key: ParsedKey | null;
}

function parse(cursor: CommandCursor): SearchArguments {
  cursor.space();
  const returns = parseReturnOptions(cursor);
  if (cursor.skipKeyword('CHARSET')) {
    cursor.space();
    if (!parseCharset(cursor)) return { returns, key: null };
  }
  const key = parseSearchKeys(cursor);
  cursor.end();
  return { returns, key };
}

/** What a search answers where the charset is none of ours; RFC 5182 §2.1: nothing is saved then. */
export function refuseCharset(dialog: ImapDialog, returns: ReturnOptions | null): Outcome {
  if (returns?.names.has('SAVE') === true && dialog.selected !== null) dialog.view.savedResult = [];
  return no('BADCHARSET (US-ASCII UTF-8)', 'That charset is not known here');
}

async function run(dialog: ImapDialog, { returns, key }: SearchArguments, uid: boolean): Promise<Outcome> {
  const { view } = dialog;
  if (key === null) return refuseCharset(dialog, returns);
  const withModSeq = namesModSeq(key);
  if (withModSeq) enableCondStore(dialog);
  let uids: NumberSet;
  try {
    uids = await view.mailbox.search(withinView(view, resolveKey(key, view)), searchOptions(dialog));
  } catch (error) {
    // RFC 5182 §2.1: a search that failed leaves nothing saved.
    if (returns?.names.has('SAVE') === true) view.savedResult = [];
    throw error;
  }
  const found = { uids: view.known(uids), order: null };
  const extended = returns ?? (dialog.enabled.rev2 || dialog.enabled.uidOnly ? RETURN_ALL : null);
  if (extended !== null) await writeExtended(dialog, { returns: extended, key, sort: null, uid }, found);
  else {
    const modSeq =
      withModSeq && found.uids.length > 0 ? ` (MODSEQ ${await view.mailbox.highestModSeq(found.uids)})` : '';
    writeNumbers(dialog, 'SEARCH', numbersOf(numbersFor(view, uid).set(found.uids)), modSeq);
  }
  return ok('Search done');
}

/** What an extended answer needs to know of its command. */
export interface ExtendedSearch {
  readonly returns: ReturnOptions;
  readonly key: ParsedKey;
  readonly sort: readonly SortKey[] | null;
  readonly uid: boolean;
}

/** `* ESEARCH (TAG "…") UID …`, RFC 9051 §7.3.4; saves and keeps what was asked to be. */
export async function writeExtended(dialog: ImapDialog, search: ExtendedSearch, found: FoundMessages): Promise<void> {
  const { view } = dialog;
  const { returns, key, sort, uid } = search;
  if (returns.names.has('SAVE')) view.savedResult = savedPart(found, returns);
  const results = formatResults(found, returns, numbersFor(view, uid));
  // RFC 5182 §2.1, RFC 5267 §4.3: SAVE and UPDATE alone tell nothing.
  const quiet = [...returns.names].every((name) => name === 'SAVE' || name === 'UPDATE' || name === 'CONTEXT');
  if (!quiet) {
    const parts = [`ESEARCH (TAG ${dialog.string(dialog.tag)})`, ...(uid ? ['UID'] : []), ...results];
    const modSeq = namesModSeq(key) ? await modSeqOfResults(view, found, returns) : null;
    if (modSeq !== null) parts.push(`MODSEQ ${modSeq}`);
    dialog.untagged(parts.join(' '));
  }
  if (returns.names.has('UPDATE')) keepResult(dialog, { uid, key: resolveKey(key, view), sort }, found);
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
