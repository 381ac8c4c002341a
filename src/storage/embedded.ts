// The embedded engine in one thread: writer and store side by side. For the command line when no server runs, for
// tests, and for `threads = 1`.
import { MessageChannel } from 'node:worker_threads';
import { type Clock, systemClock } from '../base/clock.ts';
import { type Log, silentLog } from '../base/log.ts';
import { lockDataFolder } from './data-folder.ts';
import type { FileAccess } from './segments/file-access.ts';
import { openStore, type ThreadStore } from './thread-store.ts';
import { StoreWriter } from './writer/store-writer.ts';

export interface EmbeddedOptions {
  readonly clock?: Clock;
  readonly log?: Log;
  readonly files?: FileAccess;
  readonly segmentRollBytes?: number;
  readonly waitingMaxBytes?: number;
}

export type EmbeddedStore = ThreadStore & { readonly writer: StoreWriter };

/** Takes the data folder for this process and opens it; throws when another process has it. `close` gives it back. */
export async function openEmbedded(dataDir: string, options: EmbeddedOptions = {}): Promise<EmbeddedStore> {
  const lock = lockDataFolder(dataDir);
  if (lock === null) throw new Error(`the data folder ${dataDir} is in use by another postroad; stop that one first`);
  try {
    const { clock = systemClock, log = silentLog, ...rest } = options;
    const writer = await StoreWriter.open({ dataDir, clock, log });
    const { port1, port2 } = new MessageChannel();
    writer.attach(port1, 0);
    port1.unref();
    const store = await openStore({ dataDir, threadIndex: 0, port: port2, clock, log, ...rest });
    const closeStore = store.close.bind(store);
    return Object.assign(store, {
      writer,
      async close(): Promise<void> {
        await closeStore();
        await writer.close();
        lock.release();
      },
    });
  } catch (error) {
    lock.release();
    throw error;
  }
}
