// Numbers for units and segments: milliseconds since 2025, then the thread, then a count. They grow with time, are
// unique over all threads, and stay safe integers until 2094.
import type { Clock } from '../base/clock.ts';
import { THREADS_MAX } from './limits.ts';

const EPOCH_MS = Date.UTC(2025, 0, 1);
const PER_THREAD = 64;
const PER_MS = THREADS_MAX * PER_THREAD;

/** The wall clock of an id, in milliseconds since 1970. */
export function timeOfUnitId(id: number): number {
  return Math.floor(id / PER_MS) + EPOCH_MS;
}

/** Ids that were given before this time, in milliseconds since 1970, are smaller. */
export function unitIdAt(ms: number): number {
  return Math.max(0, ms - EPOCH_MS) * PER_MS;
}

/** The thread that gave an id. */
export function threadOfUnitId(id: number): number {
  return Math.floor((id % PER_MS) / PER_THREAD);
}

/** Gives ids for one thread, always growing, even when the clock is set back. */
export class UnitIds {
  readonly #clock: Clock;
  readonly #thread: number;
  #ms: number;
  #count = PER_THREAD;

  /** `greatest`: the greatest id that is known, of any thread. */
  constructor(clock: Clock, threadIndex: number, greatest: number) {
    if (!Number.isInteger(threadIndex) || threadIndex < 0 || threadIndex >= THREADS_MAX)
      throw new RangeError(`thread index ${threadIndex} is not below ${THREADS_MAX}`);
    this.#clock = clock;
    this.#thread = threadIndex;
    this.#ms = Math.floor(greatest / PER_MS);
  }

  next(): number {
    const now = this.#clock.now() - EPOCH_MS;
    if (now > this.#ms) {
      this.#ms = Math.floor(now);
      this.#count = 0;
    } else if (this.#count >= PER_THREAD) {
      this.#ms++;
      this.#count = 0;
    }
    return this.#ms * PER_MS + this.#thread * PER_THREAD + this.#count++;
  }
}
