// Sets of message numbers as ascending ranges: RFC 9051 §9 sequence-set, without '*'. A million neighbours are two
// numbers. The change log, the search index and IMAP speak of messages in this form.
import { SyntaxFault } from '../base/errors/syntax-fault.ts';

/** first, last, first, last … ascending, with a gap before each range. Never changed once made. */
export type NumberSet = readonly number[];

/** No numbers. */
export const EMPTY_SET: NumberSet = [];

/** The largest number of the grammar (nz-number is 32 bits). */
export const NUMBER_MAX = 4_294_967_295;

/** The set of ascending numbers (each once). */
export function toNumberSet(ascending: Iterable<number>): NumberSet {
  const ranges: number[] = [];
  for (const n of ascending) addToRanges(ranges, n);
  return ranges;
}

/** Adds a number above all others to ranges that are being built. */
export function addToRanges(ranges: number[], n: number): void {
  if (ranges.length > 0 && ranges[ranges.length - 1] === n - 1) ranges[ranges.length - 1] = n;
  else ranges.push(n, n);
}

/** The set of ranges in any order, overlapping or not, each [low, high]. */
export function mergeRanges(ranges: readonly (readonly [number, number])[]): NumberSet {
  const sorted = [...ranges].sort((a, b) => a[0] - b[0]);
  const merged: number[] = [];
  for (const [low, high] of sorted) {
    const end = merged[merged.length - 1];
    if (end !== undefined && low <= end + 1) merged[merged.length - 1] = Math.max(end, high);
    else merged.push(low, high);
  }
  return merged;
}

/** How many numbers are in it. */
export function countNumbers(set: NumberSet): number {
  let count = 0;
  for (let i = 0; i < set.length; i += 2) count += set[i + 1]! - set[i]! + 1;
  return count;
}

/** Whether `n` is in it. */
export function hasNumber(set: NumberSet, n: number): boolean {
  let low = 0;
  let high = set.length / 2;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (set[middle * 2 + 1]! < n) low = middle + 1;
    else high = middle;
  }
  return low * 2 < set.length && set[low * 2]! <= n;
}

/** Every number, ascending. The caller bounds the set. */
export function* numbersOf(set: NumberSet): Generator<number, void, undefined> {
  for (let i = 0; i < set.length; i += 2) for (let n = set[i]!; n <= set[i + 1]!; n++) yield n;
}

/** Numbers in both. */
export function intersectSets(a: NumberSet, b: NumberSet): NumberSet {
  const both: number[] = [];
  for (let i = 0, j = 0; i < a.length && j < b.length;) {
    const low = Math.max(a[i]!, b[j]!);
    const high = Math.min(a[i + 1]!, b[j + 1]!);
    if (low <= high) both.push(low, high);
    if (a[i + 1]! < b[j + 1]!) i += 2;
    else j += 2;
  }
  return both;
}

/** Numbers of `a` that are not in `b`. */
export function subtractSet(a: NumberSet, b: NumberSet): NumberSet {
  const rest: number[] = [];
  let j = 0;
  for (let i = 0; i < a.length; i += 2) {
    let low = a[i]!;
    const high = a[i + 1]!;
    while (j < b.length && b[j + 1]! < low) j += 2;
    for (let k = j; k < b.length && b[k]! <= high; k += 2) {
      if (b[k]! > low) rest.push(low, b[k]! - 1);
      low = b[k + 1]! + 1;
    }
    if (low <= high) rest.push(low, high);
  }
  return rest;
}

/** Numbers in either. */
export function uniteSets(a: NumberSet, b: NumberSet): NumberSet {
  if (a.length === 0) return b;
  if (b.length === 0) return a;
  const ranges: [number, number][] = [];
  for (const set of [a, b]) for (let i = 0; i < set.length; i += 2) ranges.push([set[i]!, set[i + 1]!]);
  return mergeRanges(ranges);
}

/** '1:3,7'; '' for the empty set. */
export function formatNumberSet(set: NumberSet): string {
  let text = '';
  for (let i = 0; i < set.length; i += 2) {
    if (i > 0) text += ',';
    text += set[i] === set[i + 1] ? `${set[i]}` : `${set[i]}:${set[i + 1]}`;
  }
  return text;
}

const RANGE = /^([1-9][0-9]{0,9})(?::([1-9][0-9]{0,9}))?$/u;

/** What formatNumberSet wrote, or any sequence-set without '*'. Throws SyntaxFault. */
export function parseNumberSet(text: string): NumberSet {
  if (text === '') return EMPTY_SET;
  let offset = 0;
  const ranges = text.split(',').map((part): [number, number] => {
    const found = RANGE.exec(part);
    const first = Number(found?.[1]);
    const last = Number(found?.[2] ?? found?.[1]);
    if (found === null || first > NUMBER_MAX || last > NUMBER_MAX) throw new SyntaxFault('a set of numbers', offset);
    offset += part.length + 1;
    return first <= last ? [first, last] : [last, first];
  });
  return mergeRanges(ranges);
}
