// The cluster engine in one thread: hub and store side by side. For the command line and for tests.
import { randomInt } from 'node:crypto';
import { MessageChannel } from 'node:worker_threads';
import { type Clock, systemClock } from '../../base/clock.ts';
import { type Log, silentLog } from '../../base/log.ts';
import type { ConnectionOptions } from '../sql/postgres-connection.ts';
import { type ClusterStore, openClusterStore } from './cluster-store.ts';
import { runClusterUpkeep } from './cluster-upkeep.ts';
import { ClusterHub } from './hub.ts';
import { type ObjectOptions, openObjects } from './objects/thread-objects.ts';
import { ANSWER_TIMEOUT_MS, CONNECT_TIMEOUT_MS, STATEMENT_TIMEOUT_MS } from './limits.ts';

export { ClusterHub, openClusterStore, openObjects, runClusterUpkeep };

const NODE_MAX = 2 ** 47;

export interface ClusterOptions {
  readonly clock?: Clock;
  readonly log?: Log;
  readonly waitingMaxBytes?: number;
  /** Absent: all octets are in the database. */
  readonly objects?: ObjectOptions;
}

/** How a thread of this program talks with the database. */
export function connectionOptions(url: string, applicationName: string): ConnectionOptions {
  return {
    url,
    applicationName,
    connectTimeoutMs: CONNECT_TIMEOUT_MS,
    statementTimeoutMs: STATEMENT_TIMEOUT_MS,
    answerTimeoutMs: ANSWER_TIMEOUT_MS,
  };
}

/** A number that no other node has. */
export function newNode(): number {
  return randomInt(1, NODE_MAX);
}

/** Opens the database, and brings its schema forward. */
export async function openCluster(url: string, options: ClusterOptions = {}): Promise<ClusterStore> {
  const { clock = systemClock, log = silentLog, objects: objectOptions, ...rest } = options;
  const connection = connectionOptions(url, 'postroad');
  const parts = { clock, log, random: Math.random };
  const objects = objectOptions === undefined ? {} : { objects: await openObjects(objectOptions, parts) };
  const hub = await ClusterHub.open({ connection, node: newNode(), clock, log });
  try {
    const { port1, port2 } = new MessageChannel();
    hub.attach(port1);
    port1.unref();
    const store = await openClusterStore({ connection, port: port2, ...parts, ...rest, ...objects });
    const closeStore = store.close.bind(store);
    return Object.assign(store, {
      async close(): Promise<void> {
        await closeStore();
        await hub.close();
      },
    });
  } catch (error) {
    await hub.close();
    throw error;
  }
}
