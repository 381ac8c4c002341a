// LIST and LSUB: RFC 9051 §6.3.9, RFC 5258 (extended), RFC 5819 (STATUS), RFC 6154 (SPECIAL-USE), RFC 3501 §6.3.9.
import type { CommandCursor } from '../../grammar/cursor.ts';
import { compilePattern } from '../../grammar/list-pattern.ts';
import { decodeImapUtf7 } from '../../../../formats/imap-utf7.ts';
import { formatStatus, parseStatusItems, statusColumns, type StatusName } from '../../grammar/status-items.ts';
import { MailError } from '../../../../base/errors/mail-error.ts';
import { LIST_PATTERNS_MAX } from '../../limits.ts';
import { command } from '../command-spec.ts';
import type { ImapDialog } from '../dialog.ts';
import { attributesOf, readTree, type MailboxTree } from '../listing.ts';
import { bad, ok, type Outcome } from '../outcome.ts';
import type { ListedMailbox } from '../session.ts';

interface ListArguments {
  readonly select: ReadonlySet<string>;
  readonly reference: string;
  readonly patterns: readonly string[];
  readonly returns: ReadonlySet<string>;
  readonly status: readonly StatusName[];
}

const SELECTIONS = ['SUBSCRIBED', 'REMOTE', 'RECURSIVEMATCH', 'SPECIAL-USE'];
const RETURNS = ['SUBSCRIBED', 'CHILDREN', 'SPECIAL-USE'];

function parse(cursor: CommandCursor, dialog: ImapDialog): ListArguments {
  cursor.space();
  const select = new Set<string>();
  if (cursor.peek() === '(') {
    for (const word of cursor.list(() => oneOf(cursor, SELECTIONS), 16, 0)) select.add(word);
    cursor.space();
  }
  const reference = decodeName(cursor.astring('a reference'), dialog.utf8);
  cursor.space();
  const readPattern = (): string => decodeName(cursor.listMailbox(), dialog.utf8);
  const patterns = cursor.peek() === '(' ? cursor.list(readPattern, LIST_PATTERNS_MAX) : [readPattern()];
  const returns = new Set<string>();
  let status: readonly StatusName[] = [];
  if (cursor.skip(' ')) {
    if (!cursor.skipKeyword('RETURN')) throw cursor.fault('RETURN');
    cursor.space();
    cursor.list(
      () => {
        if (cursor.skipKeyword('STATUS')) {
          cursor.space();
          status = parseStatusItems(cursor);
        } else returns.add(oneOf(cursor, RETURNS));
      },
      16,
      0,
    );
  }
  cursor.end();
  return { select, reference, patterns, returns, status };
}

function oneOf(cursor: CommandCursor, words: readonly string[]): string {
  const at = cursor.position;
  const word = cursor.keyword('an option');
  if (words.includes(word)) return word;
  cursor.position = at;
  throw cursor.fault('an option that is known');
}

function decodeName(text: string, utf8: boolean): string {
  return (utf8 ? text : (decodeImapUtf7(text) ?? text)).normalize('NFC');
}

type Matcher = (name: string) => boolean;

function compile(args: ListArguments): Matcher | null {
  const matchers: Matcher[] = [];
  for (const pattern of args.patterns) {
    const matcher = compilePattern(args.reference + pattern);
    if (matcher === null) return null;
    matchers.push(matcher);
  }
  return (name) => matchers.some((matcher) => matcher(name));
}

async function run(dialog: ImapDialog, args: ListArguments): Promise<Outcome> {
  if (args.patterns.length === 1 && args.patterns[0] === '' && args.select.size === 0) {
    dialog.untagged('LIST (\\Noselect) "/" ""');
    return ok('That is the separator');
  }
  const matcher = compile(args);
  if (matcher === null) return bad('Too many wildcards');
  if (args.select.has('RECURSIVEMATCH') && !args.select.has('SUBSCRIBED') && !args.select.has('SPECIAL-USE')) {
    return bad('RECURSIVEMATCH needs something to match');
  }
  const tree = await readTree(dialog);
  for (const entry of tree.entries) {
    if (!matcher(entry.name)) continue;
    await writeEntry(dialog, tree, entry, args);
    if (dialog.output.full) await dialog.output.drained();
    if (dialog.transport.closed) break;
  }
  return ok('That is all');
}

async function writeEntry(
  dialog: ImapDialog,
  tree: MailboxTree,
  entry: ListedMailbox,
  args: ListArguments,
): Promise<void> {
  const matched = isSelected(entry, tree, args);
  const below = args.select.has('RECURSIVEMATCH') && tree.entries.some((e) => isBelow(e, entry) && wanted(e, args));
  if (!matched && !below) return;
  const showSubscribed = args.select.has('SUBSCRIBED') || args.returns.has('SUBSCRIBED');
  const attributes = attributesOf(tree, entry, showSubscribed);
  const info = below && args.select.has('SUBSCRIBED') ? ' ("CHILDINFO" ("SUBSCRIBED"))' : '';
  dialog.untagged(`LIST (${attributes}) "/" ${dialog.mailbox(entry.name)}${info}`);
  if (args.status.length > 0 && matched && entry.selectable) await writeStatus(dialog, entry.name, args.status);
}

function isBelow(entry: ListedMailbox, parent: ListedMailbox): boolean {
  return entry.name.startsWith(`${parent.name}/`);
}

/** What a selection option asks for. */
function wanted(entry: ListedMailbox, { select }: ListArguments): boolean {
  if (select.has('SUBSCRIBED') && !entry.subscribed) return false;
  return !select.has('SPECIAL-USE') || entry.role !== null;
}

function isSelected(entry: ListedMailbox, tree: MailboxTree, args: ListArguments): boolean {
  if (!wanted(entry, args)) return false;
  // A subscription alone is no mailbox; a name above mailboxes is one that does not exist.
  return entry.exists || args.select.has('SUBSCRIBED') || (args.select.size === 0 && tree.parents.has(entry.name));
}

/** RFC 5819 §2: a mailbox that cannot be asked has no STATUS; the list goes on. */
async function writeStatus(dialog: ImapDialog, name: string, items: readonly StatusName[]): Promise<void> {
  try {
    const status = await dialog.account.status(name, statusColumns(items));
    if (items.includes('HIGHESTMODSEQ')) dialog.enabled.condStore = true;
    dialog.untagged(`STATUS ${dialog.mailbox(name)} (${formatStatus(items, status, dialog.account.appendMaxOctets)})`);
  } catch (error) {
    if (!(error instanceof MailError)) throw error;
  }
}

export const LIST = command<ListArguments>({ phase: 'authenticated', parse, run, news: 'all' });

interface LsubArguments {
  readonly reference: string;
  readonly pattern: string;
}

/** RFC 3501 §6.3.9: names above subscribed ones show up as \Noselect where '%' stops above them. */
async function runLsub(dialog: ImapDialog, { reference, pattern }: LsubArguments): Promise<Outcome> {
  if (pattern === '') {
    dialog.untagged('LSUB (\\Noselect) "/" ""');
    return ok('That is the separator');
  }
  const matcher = compilePattern(reference + pattern);
  if (matcher === null) return bad('Too many wildcards');
  const subscribed = (await dialog.account.list()).filter((entry) => entry.subscribed);
  const names = new Set(subscribed.map(({ name }) => name));
  const told = new Set<string>();
  for (const { name } of subscribed) {
    if (matcher(name)) {
      dialog.untagged(`LSUB () "/" ${dialog.mailbox(name)}`);
      continue;
    }
    if (!pattern.includes('%')) continue;
    for (let at = name.indexOf('/'); at > 0; at = name.indexOf('/', at + 1)) {
      const parent = name.slice(0, at);
      if (names.has(parent) || told.has(parent) || !matcher(parent)) continue;
      told.add(parent);
      dialog.untagged(`LSUB (\\Noselect) "/" ${dialog.mailbox(parent)}`);
    }
  }
  return ok('That is all');
}

export const LSUB = command<LsubArguments>({
  phase: 'authenticated',
  parse(cursor, dialog) {
    cursor.space();
    const reference = decodeName(cursor.astring('a reference'), dialog.utf8);
    cursor.space();
    const pattern = decodeName(cursor.listMailbox(), dialog.utf8);
    cursor.end();
    return { reference, pattern };
  },
  run: runLsub,
  news: 'all',
});
