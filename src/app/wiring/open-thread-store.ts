// A thread's store on the engine that the configuration names. The cluster engine's code is loaded only where it is
// used: it costs memory and time at start.
import type { MessagePort } from 'node:worker_threads';
import type { Clock } from '../../base/clock.ts';
import type { Log } from '../../base/log.ts';
import type { Store } from '../../storage/store.ts';
import { openStore } from '../../storage/thread-store.ts';
import type { Config } from '../config/config.ts';
import { isCluster } from './is-cluster.ts';
import { readObjectOptions } from './object-options.ts';

export interface ThreadStoreParts {
  readonly config: Config;
  /** Of `THREAD_INDEX`. */
  readonly threadIndex: number;
  /** The other end is in the store thread. */
  readonly port: MessagePort;
  readonly clock: Clock;
  readonly log: Log;
  /** Octets of small messages of this thread that may wait in memory. */
  readonly waitingMaxBytes?: number;
  /** Told of every transaction of this thread: how long it took and how many writes it held. */
  readonly onGroup?: (ms: number, calls: number) => void;
}

/** Waits until the store thread has opened the storage. */
export async function openThreadStore(parts: ThreadStoreParts): Promise<Store> {
  const { config, threadIndex, onGroup, ...rest } = parts;
  if (!isCluster(config)) return await openStore({ dataDir: config.data, threadIndex, ...rest });
  const { connectionOptions, openClusterStore, openObjects } = await import('../../storage/cluster/open-cluster.ts');
  const connection = connectionOptions(config.store.url, `postroad ${config.hostname}`);
  const given = onGroup === undefined ? {} : { onGroup };
  const random = Math.random;
  const objectOptions = await readObjectOptions(config);
  const objects = objectOptions === null ? {} : { objects: await openObjects(objectOptions, { ...parts, random }) };
  return await openClusterStore({ connection, random, ...rest, ...given, ...objects });
}
