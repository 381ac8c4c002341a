// Embedded engine: the only writer of the database. Cluster engine: the hub through which the threads and the other
// nodes hear of each other's commits. Imports little, so that it starts fast and stays small.
import { type MessagePort, workerData } from 'node:worker_threads';
import { systemClock } from '../../base/clock.ts';
import { serveCounters } from '../../base/metrics/collect.ts';
import { createCounters, watchThread } from '../../services/metrics/counters.ts';
import { createLog } from '../log.ts';
import { isCluster } from '../wiring/is-cluster.ts';
import type { ThreadData } from './thread-data.ts';
import { liveThread } from './thread-life.ts';

const { config, name, counters: countersPort } = workerData as ThreadData;
const log = createLog({ level: config.log.level, thread: name });
const counters = createCounters();

/** What the stores of the other threads have at the other ends of their ports. */
interface Attachable {
  attach(port: MessagePort, threadIndex: number): void;
  close(): Promise<void>;
}

async function openWriter(): Promise<Attachable> {
  const { StoreWriter } = await import('../../storage/writer/store-writer.ts');
  const writer = await StoreWriter.open({
    dataDir: config.data,
    clock: systemClock,
    log,
    onCommit(ms, calls) {
      counters.observe('postroad_commit_seconds', ms / 1000);
      counters.observe('postroad_group_size', calls);
    },
  });
  counters.onSnapshot(() => counters.set('postroad_wal_bytes', writer.counts.walBytes));
  return writer;
}

async function openHub(): Promise<Attachable> {
  const { ClusterHub, connectionOptions, newNode } = await import('../../storage/cluster/open-cluster.ts');
  const connection = connectionOptions(config.store.url, `postroad ${config.hostname} hub`);
  return await ClusterHub.open({ connection, node: newNode(), clock: systemClock, log });
}

await liveThread(log, async () => {
  watchThread(counters);
  serveCounters(countersPort, counters, log);
  const store = isCluster(config) ? await openHub() : await openWriter();
  return {
    onMessage(message) {
      if (message.kind === 'attach') store.attach(message.port, message.threadIndex);
    },
    drain: () => store.close(),
  };
});
