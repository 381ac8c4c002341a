// Randomness is a parameter like time: services take a RandomInt, tests give them a known sequence.
import { randomInt } from 'node:crypto';

/** A whole number in [0, below), every one equally likely. */
export type RandomInt = (below: number) => number;

/** Not predictable from earlier values. */
export const systemRandomInt: RandomInt = (below) => randomInt(below);

/** Puts `list` into a random order, in place, every order equally likely. */
export function shuffle<T>(list: T[], randomInt: RandomInt): T[] {
  for (let i = list.length - 1; i > 0; i--) {
    const j = randomInt(i + 1);
    const kept = list[i]!;
    list[i] = list[j]!;
    list[j] = kept;
  }
  return list;
}
