// ESEARCH, RFC 7377: one search over many mailboxes, an answer for each that has something. Mailboxes are looked through
// one after the other, so that a client with thousands of them does not take others' turns.
import { MailError } from '../../../../base/errors/mail-error.ts';
import type { CommandCursor } from '../../grammar/cursor.ts';
import { parseMailboxFilter, type MailboxFilter } from '../../grammar/mailbox-filter.ts';
import { parseCharset, parseReturnOptions, RETURN_ALL, type ReturnOptions } from '../../grammar/search-return.ts';
import {
  namesModSeq,
  namesNumbers,
  parseSearchKeys,
  resolveKey,
  someKey,
  type ParsedKey,
} from '../../grammar/search.ts';
import { resolveSet, type SequenceSet } from '../../grammar/sequence-set.ts';
import { MAILBOX_FILTERS_MAX } from '../../limits.ts';
import type { SearchKey } from '../../search-key.ts';
import { command } from '../command-spec.ts';
import type { ImapDialog } from '../dialog.ts';
import { mailboxesOf, readFilterContext } from '../filtered-mailboxes.ts';
import { bad, ok, type Outcome } from '../outcome.ts';
import {
  formatResults,
  savedPart,
  searchOptions,
  UID_NUMBERS,
  withinView,
  type FoundMessages,
} from '../search-results.ts';
import type { ImapMailbox } from '../session.ts';
import { enableCondStore } from './enable.ts';
import { refuseCharset } from './search.ts';

interface EsearchArguments {
  /** null: the selected mailbox. */
  readonly sources: readonly MailboxFilter[] | null;
  readonly returns: ReturnOptions;
  /** null: a charset that is not known. */
  readonly key: ParsedKey | null;
}

function parse(cursor: CommandCursor, dialog: ImapDialog): EsearchArguments {
  cursor.space();
  let sources: readonly MailboxFilter[] | null = null;
  if (cursor.skipKeyword('IN')) {
    cursor.space();
    sources = parseSources(cursor, dialog.utf8);
    cursor.space();
  }
  const returns = parseReturnOptions(cursor) ?? RETURN_ALL;
  if (cursor.skipKeyword('CHARSET')) {
    cursor.space();
    if (!parseCharset(cursor)) return { sources, returns, key: null };
  }
  const key = parseSearchKeys(cursor);
  cursor.end();
  return { sources, returns, key };
}

/** '(' filter SP filter … [SP '(' scope options ')'] ')'; none of the scope options is defined yet. */
export function parseSources(cursor: CommandCursor, utf8: boolean): MailboxFilter[] {
  cursor.expect('(');
  const sources = [parseSource(cursor, utf8)];
  while (cursor.skip(' ')) {
    if (cursor.peek() === '(') throw cursor.fault('no scope option');
    if (sources.length >= MAILBOX_FILTERS_MAX) throw cursor.fault(`at most ${MAILBOX_FILTERS_MAX} sources`);
    sources.push(parseSource(cursor, utf8));
  }
  cursor.expect(')');
  return sources;
}

function parseSource(cursor: CommandCursor, utf8: boolean): MailboxFilter {
  const at = cursor.position;
  const source = parseMailboxFilter(cursor, utf8);
  if (source.kind !== 'selected-delayed') return source;
  cursor.position = at;
  throw cursor.fault('a source of messages');
}

async function run(dialog: ImapDialog, { sources, returns, key }: EsearchArguments): Promise<Outcome> {
  const { selected } = dialog;
  const onlySelected = sources === null || sources.every(({ kind }) => kind === 'selected');
  if (onlySelected && selected === null) return bad('Select a mailbox first');
  if (key === null) return refuseCharset(dialog, returns);
  if (returns.names.has('UPDATE')) return bad('Results of ESEARCH are not kept up to date');
  if (returns.names.has('SAVE') && !onlySelected) return bad('SAVE is for the selected mailbox alone');
  if (namesNumbers(key) && !onlySelected) return bad('Message numbers mean the selected mailbox alone');
  if (namesModSeq(key)) enableCondStore(dialog);
  for (const name of await namesOf(dialog, sources)) {
    if (dialog.transport.closed) break;
    if (selected !== null && name === selected.mailbox.name) await searchSelected(dialog, returns, key);
    else await searchOther(dialog, name, returns, key);
    if (dialog.output.full) await dialog.output.drained();
  }
  return ok('Searched');
}

async function namesOf(dialog: ImapDialog, sources: readonly MailboxFilter[] | null): Promise<Iterable<string>> {
  if (sources === null) return [dialog.view.mailbox.name];
  const context = await readFilterContext(dialog);
  return new Set(sources.flatMap((source) => mailboxesOf(source, context)));
}

async function searchSelected(dialog: ImapDialog, returns: ReturnOptions, key: ParsedKey): Promise<void> {
  const { view } = dialog;
  const uids = view.known(await view.mailbox.search(withinView(view, resolveKey(key, view)), searchOptions(dialog)));
  const found = { uids, order: null };
  if (returns.names.has('SAVE')) view.savedResult = savedPart(found, returns);
  await writeFound(dialog, view.mailbox, { returns, key, found });
}

/** A mailbox that cannot be opened any more, or not by this account, has nothing to tell. */
async function searchOther(dialog: ImapDialog, name: string, returns: ReturnOptions, key: ParsedKey): Promise<void> {
  let mailbox: ImapMailbox;
  try {
    mailbox = await dialog.account.open(name, true);
  } catch (error) {
    if (error instanceof MailError && !error.temporary) return;
    throw error;
  }
  try {
    const uids = await mailbox.search(await resolveFor(mailbox, key), searchOptions(dialog));
    await writeFound(dialog, mailbox, { returns, key, found: { uids, order: null } });
  } finally {
    mailbox.close();
  }
}

/** Uids mean those of each mailbox; nobody was told of \Recent ones in a mailbox that is not selected. */
async function resolveFor(mailbox: ImapMailbox, key: ParsedKey): Promise<SearchKey> {
  const lastUid = someKey(key, ({ kind }) => kind === 'uid-numbers') ? (await mailbox.snapshot()).uids.at(-1) : 0;
  return resolveKey(key, {
    numbers: () => [],
    uids: (set: SequenceSet) => (set === '$' ? [] : resolveSet(set, lastUid ?? 0)),
    recent: () => [],
  });
}

interface MailboxAnswer {
  readonly returns: ReturnOptions;
  readonly key: ParsedKey;
  readonly found: FoundMessages;
}

/** RFC 7377 §2.1: always in uids, with the mailbox and what its uids are worth; nothing where nothing was found. */
async function writeFound(dialog: ImapDialog, mailbox: ImapMailbox, answer: MailboxAnswer): Promise<void> {
  const { returns, key, found } = answer;
  const results = formatResults(found, returns, UID_NUMBERS);
  if (found.uids.length === 0 || results.length === 0) return;
  const where = `MAILBOX ${dialog.mailbox(mailbox.name)} UIDVALIDITY ${mailbox.uidValidity}`;
  const parts = [`ESEARCH (TAG ${dialog.string(dialog.tag)} ${where}) UID`, ...results];
  if (namesModSeq(key)) parts.push(`MODSEQ ${await mailbox.highestModSeq(found.uids)}`);
  dialog.untagged(parts.join(' '));
}

export const ESEARCH = command<EsearchArguments>({ phase: 'authenticated', parse, run, news: 'all' });
