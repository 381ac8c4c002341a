// How late this thread's event loop is: what everything else in it waits for.
import { monitorEventLoopDelay } from 'node:perf_hooks';

const RESOLUTION_MS = 20;
const NANOSECONDS = 1e9;

export interface EventLoopDelay {
  readonly medianSeconds: number;
  readonly p99Seconds: number;
  readonly maxSeconds: number;
}

/** Starts measuring; each call of the returned function tells of the time since the last one. */
export function watchEventLoop(): () => EventLoopDelay {
  const histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  histogram.enable();
  // The timer's own period is no delay.
  const late = (nanoseconds: number): number => Math.max(0, nanoseconds / NANOSECONDS - RESOLUTION_MS / 1000);
  return () => {
    const empty = histogram.count === 0;
    const delay = {
      medianSeconds: empty ? 0 : late(histogram.percentile(50)),
      p99Seconds: empty ? 0 : late(histogram.percentile(99)),
      maxSeconds: empty ? 0 : late(histogram.max),
    };
    histogram.reset();
    return delay;
  };
}
