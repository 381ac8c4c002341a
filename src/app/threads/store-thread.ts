// The only writer of the database. Imports little, so that it starts fast and stays small.
import { workerData } from 'node:worker_threads';
import { systemClock } from '../../base/clock.ts';
import { serveCounters } from '../../base/metrics/collect.ts';
import { createCounters, watchThread } from '../../services/metrics/counters.ts';
import { StoreWriter } from '../../storage/writer/store-writer.ts';
import { createLog } from '../log.ts';
import type { ThreadData } from './thread-data.ts';
import { liveThread } from './thread-life.ts';

const { config, name, counters: countersPort } = workerData as ThreadData;
const log = createLog({ level: config.log.level, thread: name });

await liveThread(log, async () => {
  const counters = createCounters();
  watchThread(counters);
  serveCounters(countersPort, counters, log);
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
  return {
    onMessage(message) {
      if (message.kind === 'attach') writer.attach(message.port, message.threadIndex);
    },
    drain: () => writer.close(),
  };
});
