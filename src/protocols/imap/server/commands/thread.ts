// THREAD and UID THREAD, RFC 5256 §3 (BASE.6.4.THREAD) with ORDEREDSUBJECT, REFERENCES and REFS. A conversation may be as
// deep as the mailbox is long, so nothing here calls itself.
import type { CommandCursor } from '../../grammar/cursor.ts';
import { namesModSeq, parseSearchKeys, resolveKey, type ParsedKey } from '../../grammar/search.ts';
import { parseCharset } from '../../grammar/search-return.ts';
import { parseThreadAlgorithm } from '../../grammar/sort.ts';
import type { ThreadAlgorithm } from '../../search-key.ts';
import { command, type AnyCommand } from '../command-spec.ts';
import type { ImapDialog } from '../dialog.ts';
import { ok, type Outcome } from '../outcome.ts';
import { searchOptions, withinView } from '../search-results.ts';
import type { ThreadNode } from '../session.ts';
import { enableCondStore } from './enable.ts';
import { refuseCharset } from './search.ts';

interface ThreadArguments {
  readonly algorithm: ThreadAlgorithm;
  /** null: a charset that is not known. */
  readonly key: ParsedKey | null;
}

function parse(cursor: CommandCursor): ThreadArguments {
  cursor.space();
  const algorithm = parseThreadAlgorithm(cursor);
  cursor.space();
  if (!parseCharset(cursor)) return { algorithm, key: null };
  const key = parseSearchKeys(cursor);
  cursor.end();
  return { algorithm, key };
}

async function run(dialog: ImapDialog, { algorithm, key }: ThreadArguments, uid: boolean): Promise<Outcome> {
  const { view } = dialog;
  if (key === null) return refuseCharset(dialog, null);
  if (namesModSeq(key)) enableCondStore(dialog);
  const roots = await view.mailbox.thread(withinView(view, resolveKey(key, view)), algorithm, searchOptions(dialog));
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
