// The frame of every worker thread: its log, its one answer when it is ready, and what it does when told to drain.
import { parentPort } from 'node:worker_threads';
import type { Log } from '../../base/log.ts';
import type { MainMessage, ThreadMessage } from './thread-data.ts';

export interface RunningThread {
  /** Finishes what is under way within so many ms, and closes. */
  drain(withinMs: number): Promise<void>;
  /** Messages other than drain. */
  onMessage?(message: Exclude<MainMessage, { kind: 'drain' }>): void;
}

/** Starts the thread's work and answers the main thread; a thread that drained ends itself. */
export async function liveThread(log: Log, start: () => Promise<RunningThread>): Promise<void> {
  const port = parentPort;
  if (port === null) throw new Error('this file runs as a worker thread');
  const say = (message: ThreadMessage): void => port.postMessage(message);
  // Messages that come before the thread is ready wait for it.
  const early: MainMessage[] = [];
  let running: RunningThread | null = null;
  const hear = (message: MainMessage): void => {
    if (running === null) early.push(message);
    else if (message.kind === 'drain') void drain(running, message.withinMs);
    else running.onMessage?.(message);
  };
  const drain = async (thread: RunningThread, withinMs: number): Promise<void> => {
    await thread.drain(withinMs);
    say({ kind: 'drained' });
    port.close();
  };
  port.on('message', hear);
  try {
    running = await start();
    say({ kind: 'ready' });
    for (const message of early) hear(message);
  } catch (error) {
    log.error({ err: error }, 'a thread could not start');
    say({ kind: 'failed', text: error instanceof Error ? error.message : String(error) });
    port.close();
  }
}
