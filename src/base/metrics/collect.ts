// Snapshots travel from each thread to the one that shows them, when asked. A thread that does not answer in time is
// told as down and keeps nobody waiting.
import type { MessagePort } from 'node:worker_threads';
import type { Clock } from '../clock.ts';
import type { Log } from '../log.ts';
import { answerPort, createPortCaller } from '../threads/port-calls.ts';
import type { Counters } from './counters.ts';
import type { MetricTable } from './metric-spec.ts';

/** A thread that needs longer is taken for stuck. */
export const SNAPSHOT_TIMEOUT_MS = 1000;

/** One thread's numbers; null: it did not answer. */
export interface ThreadSnapshot {
  readonly thread: string;
  readonly cells: Float64Array | null;
}

/** Where one thread's numbers come from. */
export interface SnapshotSource {
  /** Never rejects. */
  snapshot(): Promise<ThreadSnapshot>;
  close(): void;
}

/** In the thread that counts: answers the questions that come over `port`. */
export function serveCounters<T extends MetricTable>(port: MessagePort, counters: Counters<T>, log: Log): void {
  answerPort(port, async () => counters.snapshot(), log);
  port.unref();
}

/** In the thread that shows: the other end of the port. */
export function portSource(port: MessagePort, thread: string, clock: Clock): SnapshotSource {
  const caller = createPortCaller<'snapshot', Float64Array>(port);
  return {
    snapshot: () =>
      new Promise((resolve) => {
        const timer = clock.after(SNAPSHOT_TIMEOUT_MS, () => resolve({ thread, cells: null }));
        const end = (cells: Float64Array | null): void => {
          timer.cancel();
          resolve({ thread, cells });
        };
        caller.call('snapshot').then(end, () => end(null));
      }),
    close: () => caller.close(),
  };
}

/** The numbers of this thread itself. */
export function ownSource<T extends MetricTable>(counters: Counters<T>, thread: string): SnapshotSource {
  return { snapshot: async () => ({ thread, cells: counters.snapshot() }), close() {} };
}
