// When a deferred key is tried again: derived from the message's age alone, so that nothing has to be remembered.
// 1, 5, 15 and 30 minutes after the first failures, then half its age, up to 4 hours.
import { DELAY_REPORT_AFTER_MS, RETRY_MAX_MS } from './limits.ts';

const MINUTE_MS = 60_000;
/** [age below which it holds, wait]: the ages are where the earlier waits end. */
const FIRST_WAITS: readonly (readonly [number, number])[] = [
  [1 * MINUTE_MS, 1 * MINUTE_MS],
  [6 * MINUTE_MS, 5 * MINUTE_MS],
  [21 * MINUTE_MS, 15 * MINUTE_MS],
  [60 * MINUTE_MS, 30 * MINUTE_MS],
];
/** Part of a wait that chance may add, so that what failed together does not come together. */
const JITTER = 0.1;

/** The wait after a failure at this age of the message, in whole ms; `random` in [0, 1). */
export function retryWaitMs(ageMs: number, random: number): number {
  const first = FIRST_WAITS.find(([below]) => ageMs < below);
  const wait = first === undefined ? Math.min(RETRY_MAX_MS, ageMs / 2) : first[1];
  const jittered = Math.floor(wait * (1 + JITTER * random));
  // One attempt falls on the hour at which the sender is told of the delay.
  const toReport = DELAY_REPORT_AFTER_MS - ageMs;
  return toReport > MINUTE_MS && jittered > toReport ? toReport : jittered;
}
