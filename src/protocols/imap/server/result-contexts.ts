// Results that are kept up to date: RFC 5267 §4.3 (UPDATE, ADDTO, REMOVEFROM). A context is the set of uids that the
// client has been told of; what messages look like now decides what is added or removed, so nothing is told twice.
import {
  EMPTY_SET,
  formatNumberSet,
  hasNumber,
  intersectSets,
  subtractSet,
  toNumberSet,
  uniteSets,
  type NumberSet,
} from '../../../formats/number-set.ts';
import { RESULT_CONTEXTS_MAX, SORTED_CONTEXT_MESSAGES_MAX } from '../limits.ts';
import type { SearchKey } from '../search-key.ts';
import type { ImapDialog } from './dialog.ts';
import type { MailboxView, ResultContext } from './mailbox-view.ts';
import { numbersFor, searchOptions, withinView, type FoundMessages } from './search-results.ts';

/** Keeps a result up to date from now on, or says that it is not (RFC 5267 §4.3.1). */
export function keepResult(
  dialog: ImapDialog,
  context: Omit<ResultContext, 'uids' | 'order'>,
  found: FoundMessages,
): void {
  const { view, tag } = dialog;
  const refusal =
    view.contexts.size >= RESULT_CONTEXTS_MAX
      ? 'Too many results are kept up to date'
      : (found.order?.length ?? 0) > SORTED_CONTEXT_MESSAGES_MAX
        ? 'Too many messages'
        : dependsOnTime(context.key)
          ? 'What depends on the time is not kept up to date'
          : null;
  if (refusal === null) view.contexts.set(tag, { ...context, ...found });
  else dialog.untagged(`NO [NOUPDATE ${dialog.string(tag)}] ${refusal}`);
}

function dependsOnTime(key: SearchKey): boolean {
  if (key.kind === 'and' || key.kind === 'or') return key.keys.some(dependsOnTime);
  if (key.kind === 'not' || key.kind === 'fuzzy') return dependsOnTime(key.key);
  return key.kind === 'younger' || key.kind === 'older';
}

/** Messages are about to be told as expunged: while their numbers still mean something. */
export function removeExpunged(dialog: ImapDialog, view: MailboxView, uids: NumberSet): void {
  for (const [tag, context] of view.contexts) remove(dialog, tag, context, intersectSets(context.uids, uids));
}

/** Messages came or changed: which results have them now? */
export async function updateContexts(dialog: ImapDialog, view: MailboxView, touched: NumberSet): Promise<void> {
  for (const [tag, context] of view.contexts) {
    const key = { kind: 'and', keys: [{ kind: 'uids', set: touched }, context.key] } as const;
    const matching = await view.mailbox.search(withinView(view, key), searchOptions(dialog));
    if (dialog.selected !== view || dialog.transport.closed) return;
    remove(dialog, tag, context, intersectSets(subtractSet(touched, matching), context.uids));
    const added = subtractSet(matching, context.uids);
    if (added.length > 0) await add(dialog, view, tag, added);
  }
}

async function add(dialog: ImapDialog, view: MailboxView, tag: string, added: NumberSet): Promise<void> {
  const context = view.contexts.get(tag);
  if (context === undefined) return;
  if (context.sort === null) {
    context.uids = uniteSets(context.uids, added);
    tell(dialog, tag, context, `ADDTO (0 ${formatNumberSet(numbersFor(view, context.uid).set(added))})`);
    return;
  }
  const key = { kind: 'uids', set: uniteSets(context.uids, added) } as const;
  const order = await view.mailbox.sort(key, context.sort, searchOptions(dialog));
  if (dialog.selected !== view || dialog.transport.closed) return;
  const numbers = numbersFor(view, context.uid);
  const told = order.filter((uid) => hasNumber(key.set, uid) && view.seqOf(uid) !== 0);
  const places: string[] = [];
  for (const [index, uid] of told.entries()) {
    if (!hasNumber(context.uids, uid)) places.push(`${index + 1} ${numbers.one(uid)}`);
  }
  context.order = told;
  context.uids = asSet(told);
  if (places.length > 0) tell(dialog, tag, context, `ADDTO (${places.join(' ')})`);
}

/** From the end to the front, so that no place moves before it is named. */
function remove(dialog: ImapDialog, tag: string, context: ResultContext, uids: NumberSet): void {
  if (uids.length === 0) return;
  const numbers = numbersFor(dialog.view, context.uid);
  context.uids = subtractSet(context.uids, uids);
  if (context.order === null) {
    tell(dialog, tag, context, `REMOVEFROM (0 ${formatNumberSet(numbers.set(uids))})`);
    return;
  }
  const places: string[] = [];
  for (const [index, uid] of context.order.entries())
    if (hasNumber(uids, uid)) places.push(`${index + 1} ${numbers.one(uid)}`);
  context.order = context.order.filter((uid) => !hasNumber(uids, uid));
  tell(dialog, tag, context, `REMOVEFROM (${places.reverse().join(' ')})`);
}

function tell(dialog: ImapDialog, tag: string, { uid }: ResultContext, text: string): void {
  dialog.untagged(`ESEARCH (TAG ${dialog.string(tag)})${uid ? ' UID' : ''} ${text}`);
}

function asSet(uids: readonly number[]): NumberSet {
  return uids.length === 0 ? EMPTY_SET : toNumberSet(uids.toSorted((a, b) => a - b));
}
