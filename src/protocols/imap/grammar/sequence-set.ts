// sequence-set as clients write it: '*' and '$' included. RFC 9051 §9, RFC 5182 ($).
import { mergeRanges, type NumberSet } from '../../../formats/number-set.ts';
import { SET_RANGES_MAX } from '../limits.ts';
import type { CommandCursor } from './cursor.ts';

/** first, last, first, last … in the client's order; 0 stands for '*'. '$': the saved result. */
export type SequenceSet = '$' | readonly number[];

/** Reads a set. Throws SyntaxFault. */
export function parseSequenceSet(cursor: CommandCursor): SequenceSet {
  if (cursor.skip('$')) return '$';
  const ranges: number[] = [];
  do {
    if (ranges.length >= SET_RANGES_MAX * 2) throw cursor.fault(`at most ${SET_RANGES_MAX} ranges`);
    const first = parseNumber(cursor);
    ranges.push(first, cursor.skip(':') ? parseNumber(cursor) : first);
  } while (cursor.skip(','));
  return ranges;
}

function parseNumber(cursor: CommandCursor): number {
  return cursor.skip('*') ? 0 : cursor.nonZeroNumber('a message number');
}

/** The numbers that it means when `largest` is the largest in use (RFC 9051 §9: '*' of an empty mailbox is none). */
export function resolveSet(ranges: readonly number[], largest: number): NumberSet {
  const resolved: [number, number][] = [];
  for (let i = 0; i < ranges.length; i += 2) {
    const first = ranges[i] === 0 ? largest : ranges[i]!;
    const last = ranges[i + 1] === 0 ? largest : ranges[i + 1]!;
    if (first !== 0 && last !== 0) resolved.push(first <= last ? [first, last] : [last, first]);
  }
  return mergeRanges(resolved);
}
