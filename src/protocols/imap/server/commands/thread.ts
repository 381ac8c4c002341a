// THREAD and UID THREAD, RFC 5256 §3 (BASE.6.4.THREAD) with ORDEREDSUBJECT, REFERENCES and REFS. A conversation may be as
// deep as the mailbox is long, so nothing here calls itself.
import type { CommandCursor } from '../../grammar/cursor.ts';
import { namesModSeq, parseSearchKeys, resolveKey, type ParsedKey } from '../../grammar/search.ts';
import { isKnownCharset } from '../../grammar/search-return.ts';
import type { SearchKey, ThreadAlgorithm } from '../../search-key.ts';
import { command, type AnyCommand } from '../command-spec.ts';
import type { ImapDialog } from '../dialog.ts';
import type { MailboxView } from '../mailbox-view.ts';
import { bad, no, ok, type Outcome } from '../outcome.ts';
import type { ThreadNode } from '../session.ts';
import { enableCondStore } from './enable.ts';

interface ThreadArguments {
  /** null: one that is not known. */
  readonly algorithm: ThreadAlgorithm | null;
  /** null: a charset that is not known. */
  readonly key: ParsedKey | null;
}

const ALGORITHMS: Readonly<Record<string, ThreadAlgorithm>> = {
  ORDEREDSUBJECT: 'orderedsubject',
  REFERENCES: 'references',
  REFS: 'refs',
};

function parse(cursor: CommandCursor): ThreadArguments {
  cursor.space();
  const algorithm = ALGORITHMS[cursor.keyword('an algorithm')] ?? null;
  cursor.space();
  const known = isKnownCharset(cursor.astring('a charset'));
  cursor.space();
  if (!known) return { algorithm, key: null };
  const key = parseSearchKeys(cursor);
  cursor.end();
  return { algorithm, key };
}

/** The criteria, for messages that this client knows of. */
export function keyInView(view: MailboxView, key: ParsedKey): SearchKey {
  return { kind: 'and', keys: [{ kind: 'uids', set: [1, view.lastUid] }, resolveKey(key, view)] };
}

async function run(dialog: ImapDialog, { algorithm, key }: ThreadArguments, uid: boolean): Promise<Outcome> {
  const { view } = dialog;
  if (algorithm === null) return bad('That algorithm is not known here');
  if (key === null) return no('BADCHARSET (US-ASCII UTF-8)', 'That charset is not known here');
  if (namesModSeq(key)) enableCondStore(dialog);
  const options = { signal: dialog.closedSignal() };
  const roots = view.count === 0 ? [] : await view.mailbox.thread(keyInView(view, key), algorithm, options);
  const byUid = uid || dialog.enabled.uidOnly;
  writeThreads(dialog, roots, (each) => (byUid ? each : view.seqOf(each)));
  return ok('Threaded');
}

/** `* THREAD (2)(3 6 (4 23)(44 7 96))`, RFC 5256 §4. */
function writeThreads(dialog: ImapDialog, roots: readonly ThreadNode[], numberOf: (uid: number) => number): void {
  const { output } = dialog;
  let text = '* THREAD';
  if (roots.length > 0) text += ' ';
  const ahead: (ThreadNode | string)[] = [];
  const add = (children: readonly ThreadNode[]): void => {
    for (const child of children.toReversed()) ahead.push(')', child, '(');
  };
  add(roots);
  for (let next = ahead.pop(); next !== undefined; next = ahead.pop()) {
    if (typeof next === 'string') {
      text += next;
      continue;
    }
    if (next.uid !== null) text += `${text.endsWith('(') ? '' : ' '}${numberOf(next.uid)}`;
    if (next.children.length === 1) ahead.push(next.children[0]!);
    else if (next.children.length > 1) {
      if (next.uid !== null) text += ' ';
      add(next.children);
    }
    if (text.length < 8_000) continue;
    // The last character decides about the next space.
    output.latin1(text.slice(0, -1));
    text = text.slice(-1);
  }
  output.latin1(`${text}\r\n`);
}

function threadCommand(uid: boolean): AnyCommand {
  return command<ThreadArguments>({
    phase: 'selected',
    parse,
    run: (dialog, args) => run(dialog, args, uid),
    news: uid ? 'all' : 'no-expunge',
  });
}

export const THREAD = threadCommand(false);
export const UID_THREAD = threadCommand(true);
