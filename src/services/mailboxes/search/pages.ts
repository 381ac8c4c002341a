// Sets of uids in pieces, so that no statement reads too much at once.
import type { NumberSet } from '../../../formats/number-set.ts';
import { rangesOf } from '../../../storage/records/message-sets.ts';

/** A set in pieces of at most `size` numbers. */
export function* pagesOf(set: NumberSet, size: number): Generator<NumberSet> {
  let page: number[] = [];
  let room = size;
  for (const [first, last] of rangesOf(set))
    for (let from = first; from <= last;) {
      const to = Math.min(last, from + room - 1);
      page.push(from, to);
      room -= to - from + 1;
      from = to + 1;
      if (room > 0) continue;
      yield page;
      page = [];
      room = size;
    }
  if (page.length > 0) yield page;
}
