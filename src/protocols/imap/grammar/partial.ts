// partial-range, RFC 9394 §4: '1:500' from the front, '-1:-500' from the back.
import { countNumbers, type NumberSet } from '../../../formats/number-set.ts';
import type { CommandCursor } from './cursor.ts';

export interface PartialRange {
  /** From 1. */
  readonly first: number;
  readonly last: number;
  readonly fromEnd: boolean;
}

/** Throws SyntaxFault. */
export function parsePartialRange(cursor: CommandCursor): PartialRange {
  const fromEnd = cursor.skip('-');
  const one = cursor.nonZeroNumber();
  cursor.expect(fromEnd ? ':-' : ':');
  const other = cursor.nonZeroNumber();
  return { first: Math.min(one, other), last: Math.max(one, other), fromEnd };
}

/** As RFC 9394 writes it. */
export function formatPartialRange({ first, last, fromEnd }: PartialRange): string {
  return fromEnd ? `-${first}:-${last}` : `${first}:${last}`;
}

/** The numbers at these places of an ascending set. */
export function takePartial(set: NumberSet, range: PartialRange): NumberSet {
  const [first, last] = placesOf(range, countNumbers(set));
  const taken: number[] = [];
  let place = 1;
  for (let i = 0; i < set.length && place <= last; i += 2) {
    const length = set[i + 1]! - set[i]! + 1;
    const from = Math.max(first, place);
    const to = Math.min(last, place + length - 1);
    if (from <= to) taken.push(set[i]! + from - place, set[i]! + to - place);
    place += length;
  }
  return taken;
}

/** First and last place (from 1) in a list of `count`. */
export function placesOf({ first, last, fromEnd }: PartialRange, count: number): readonly [number, number] {
  return fromEnd ? [Math.max(1, count - last + 1), count - first + 1] : [first, Math.min(last, count)];
}
