// When a deferred key is tried again: derived from the message's age alone, so that nothing has to be remembered.
// By default 1, 5, 15 and 30 minutes after the first failures, then half its age, up to 4 hours.
import { DELAY_REPORT_AFTER_MS, RETRY_FIRST_WAITS_MS, RETRY_MAX_MS, RETRY_MIN_MS } from './limits.ts';

export interface RetrySchedule {
  /** The waits after the first failures. */
  readonly firstWaitsMs: readonly number[];
  /** The longest wait; at least RETRY_MIN_MS is waited. */
  readonly waitMaxMs: number;
  /** The age at which the sender is told of the delay. */
  readonly delayReportAfterMs: number;
}

export const DEFAULT_SCHEDULE: RetrySchedule = {
  firstWaitsMs: RETRY_FIRST_WAITS_MS,
  waitMaxMs: RETRY_MAX_MS,
  delayReportAfterMs: DELAY_REPORT_AFTER_MS,
};

const MINUTE_MS = 60_000;
/** Part of a wait that chance may add, so that what failed together does not come together. */
const JITTER = 0.1;

/** The wait after a failure at this age of the message, in whole ms; `random` in [0, 1). */
export function retryWaitMs(ageMs: number, random: number, schedule: RetrySchedule = DEFAULT_SCHEDULE): number {
  const wait = Math.min(schedule.waitMaxMs, firstWait(ageMs, schedule) ?? laterWait(ageMs, schedule));
  const jittered = Math.floor(Math.max(RETRY_MIN_MS, wait) * (1 + JITTER * random));
  // One attempt falls on the hour at which the sender is told of the delay.
  const toReport = schedule.delayReportAfterMs - ageMs;
  return toReport > MINUTE_MS && jittered > toReport ? toReport : jittered;
}

/** Each of the first waits holds up to the age at which it ends. */
function firstWait(ageMs: number, { firstWaitsMs }: RetrySchedule): number | undefined {
  let endMs = 0;
  return firstWaitsMs.find((waitMs) => {
    endMs += waitMs;
    return ageMs < endMs;
  });
}

function laterWait(ageMs: number, { firstWaitsMs }: RetrySchedule): number {
  return Math.max(firstWaitsMs.at(-1) ?? 0, ageMs / 2);
}
