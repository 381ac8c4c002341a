// Answers of SEARCH, SORT and ESEARCH: plain numbers, or ESEARCH with what RETURN asked for. RFC 9051 §7.3.4, RFC 4731,
// RFC 5267 §3 (in the order of SORT), RFC 9394 (PARTIAL), RFC 7162 §3.1.10 (MODSEQ). Long answers go out in pieces.
import { countNumbers, EMPTY_SET, formatNumberSet, toNumberSet, type NumberSet } from '../../../formats/number-set.ts';
import { formatPartialRange, placesOf, takePartial } from '../grammar/partial.ts';
import type { ReturnOptions } from '../grammar/search-return.ts';
import { RESULT_PIECE_LENGTH } from '../limits.ts';
import type { SearchKey } from '../search-key.ts';
import type { ImapDialog } from './dialog.ts';
import type { MailboxView } from './mailbox-view.ts';
import type { SearchOptions } from './session.ts';

/** What was found, as uids. */
export interface FoundMessages {
  readonly uids: NumberSet;
  /** The same in the order of SORT; null: ascending. */
  readonly order: readonly number[] | null;
}

/** How long work may take before it says how far it is, and ends when the client does (RFC 9585 §3). */
export function searchOptions(dialog: ImapDialog): SearchOptions {
  const { clock, limits } = dialog.parts;
  const { tag } = dialog;
  let nextAt = clock.now() + limits.progressEveryMs;
  return {
    signal: dialog.closedSignal(),
    onProgress(done, of) {
      if (clock.now() < nextAt || dialog.transport.closed) return;
      nextAt = clock.now() + limits.progressEveryMs;
      const progress = done < of ? ` (${dialog.string(tag)} ${done} ${of})` : '';
      dialog.untagged(`OK [INPROGRESS${progress}] Still looking`);
      dialog.output.flush();
    },
  };
}

/** The key for messages that this client knows of: what it was not told yet is not found. */
export function withinView(view: MailboxView, key: SearchKey): SearchKey {
  return { kind: 'and', keys: [{ kind: 'uids', set: view.lastUid === 0 ? EMPTY_SET : [1, view.lastUid] }, key] };
}

/** `* SEARCH 2 3 5` or `* SORT 5 2 3`; `end` stands behind the numbers. */
export function writeNumbers(dialog: ImapDialog, name: 'SEARCH' | 'SORT', numbers: Iterable<number>, end = ''): void {
  const { output } = dialog;
  let text = `* ${name}`;
  for (const n of numbers) {
    text += ` ${n}`;
    if (text.length < RESULT_PIECE_LENGTH) continue;
    output.latin1(text);
    text = '';
  }
  output.latin1(`${text}${end}\r\n`);
}

/** RFC 5182 §2.1: with MIN and MAX only those are kept, otherwise all. */
export function savedPart(found: FoundMessages, { names, partial }: ReturnOptions): NumberSet {
  const { uids, order } = found;
  if (uids.length === 0 || names.has('ALL') || names.has('COUNT')) return uids;
  if (partial !== null) {
    if (order === null) return takePartial(uids, partial);
    return toNumberSet(pickPlaces(order, placesOf(partial, order.length)).sort((a, b) => a - b));
  }
  const ends = endsOf(found, names);
  return ends.length === 0 ? uids : ends;
}

/** The first and the last, as far as they were asked for, as a set. */
function endsOf({ uids, order }: FoundMessages, names: ReturnOptions['names']): NumberSet {
  const ends: number[] = [];
  if (names.has('MIN')) ends.push(order === null ? uids[0]! : order[0]!);
  if (names.has('MAX')) ends.push(order === null ? uids[uids.length - 1]! : order[order.length - 1]!);
  return toNumberSet(new Set(ends.sort((a, b) => a - b)));
}

function pickPlaces(order: readonly number[], [first, last]: readonly [number, number]): number[] {
  return order.slice(Math.max(0, first - 1), Math.max(0, last));
}

/** Numbers as the client wants them: uids, or sequence numbers of the selected mailbox. */
export interface ResultNumbers {
  readonly uid: boolean;
  readonly set: (uids: NumberSet) => NumberSet;
  readonly one: (uid: number) => number;
}

/** `uid`: as uids; otherwise as sequence numbers of this view. */
export function numbersFor(view: MailboxView, uid: boolean): ResultNumbers {
  if (uid) return UID_NUMBERS;
  return { uid: false, set: (uids) => view.sequence(uids, true), one: (each) => view.seqOf(each) };
}

/** Uids stay uids. */
export const UID_NUMBERS: ResultNumbers = { uid: true, set: (uids) => uids, one: (uid) => uid };

/** `MIN 2 MAX 9 ALL 2,5:9 COUNT 6`, as asked for. */
export function formatResults(found: FoundMessages, options: ReturnOptions, numbers: ResultNumbers): string[] {
  const { names, partial } = options;
  const { uids, order } = found;
  const parts: string[] = [];
  if (uids.length > 0) {
    if (names.has('MIN')) parts.push(`MIN ${numbers.one(order?.[0] ?? uids[0]!)}`);
    if (names.has('MAX')) parts.push(`MAX ${numbers.one(order?.at(-1) ?? uids[uids.length - 1]!)}`);
    if (names.has('ALL')) parts.push(`ALL ${formatFound(found, numbers)}`);
  }
  if (partial !== null) {
    const range = formatPartialRange(partial);
    const taken =
      order === null
        ? formatNumberSet(numbers.set(takePartial(uids, partial)))
        : formatOrdered(pickPlaces(order, placesOf(partial, order.length)).map(numbers.one));
    parts.push(`PARTIAL (${range} ${taken === '' ? 'NIL' : taken})`);
  }
  if (names.has('COUNT')) parts.push(`COUNT ${countNumbers(uids)}`);
  return parts;
}

function formatFound({ uids, order }: FoundMessages, numbers: ResultNumbers): string {
  return order === null ? formatNumberSet(numbers.set(uids)) : formatOrdered(order.map(numbers.one));
}

/** RFC 5267 §3.2: numbers in their order; only those that follow one another become a range. */
export function formatOrdered(numbers: readonly number[]): string {
  let text = '';
  for (let i = 0; i < numbers.length;) {
    let end = i;
    while (end + 1 < numbers.length && numbers[end + 1] === numbers[end]! + 1) end++;
    if (text !== '') text += ',';
    text += end === i ? `${numbers[i]}` : `${numbers[i]}:${numbers[end]}`;
    i = end + 1;
  }
  return text;
}

/** RFC 7162 §3.1.10: the highest modseq among the messages that are told; null: none are. */
export async function modSeqOfResults(
  view: MailboxView,
  found: FoundMessages,
  { names }: ReturnOptions,
): Promise<number | null> {
  if (found.uids.length === 0) return null;
  const ends = names.has('ALL') || names.has('COUNT') ? EMPTY_SET : endsOf(found, names);
  return await view.mailbox.highestModSeq(ends.length === 0 ? found.uids : ends);
}
