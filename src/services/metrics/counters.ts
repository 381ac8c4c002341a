// One thread's counters, with what every thread tells of itself, and what only one thread of the process tells.
import { Counters } from '../../base/metrics/counters.ts';
import { watchEventLoop } from '../../base/metrics/event-loop.ts';
import { METRICS, type PostroadMetrics } from './metric-table.ts';

export type ServerCounters = Counters<PostroadMetrics>;

/** Counters of this thread, all 0; without the measuring of `watchThread`. */
export function createCounters(): ServerCounters {
  return new Counters(METRICS);
}

/** Lets the counters tell how this thread is: its event loop and its heap. */
export function watchThread(counters: ServerCounters): void {
  const readDelay = watchEventLoop();
  counters.onSnapshot(() => {
    const delay = readDelay();
    counters.set('postroad_event_loop_delay_seconds', delay.medianSeconds, '0.5');
    counters.set('postroad_event_loop_delay_seconds', delay.p99Seconds, '0.99');
    counters.set('postroad_event_loop_delay_seconds', delay.maxSeconds, '1');
    counters.set('postroad_thread_memory_bytes', process.memoryUsage().heapUsed);
  });
}

/** Lets the counters tell how the process is; in one thread only. */
export function watchProcess(counters: ServerCounters): void {
  let toldCpuSeconds = 0;
  counters.set('postroad_process_start_time_seconds', Math.round(performance.timeOrigin / 1000));
  counters.onSnapshot(() => {
    const { user, system } = process.cpuUsage();
    const cpuSeconds = (user + system) / 1e6;
    counters.addMany('postroad_process_cpu_seconds_total', cpuSeconds - toldCpuSeconds);
    toldCpuSeconds = cpuSeconds;
    counters.set('postroad_process_memory_bytes', process.memoryUsage.rss());
  });
}
