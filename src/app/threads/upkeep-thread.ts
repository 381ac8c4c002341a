// Checkpoints, compaction, and the end of old journeys, beside the writer. Imports little.
import { workerData } from 'node:worker_threads';
import { systemClock } from '../../base/clock.ts';
import { serveCounters } from '../../base/metrics/collect.ts';
import { createCounters, watchThread } from '../../services/metrics/counters.ts';
import { openStore } from '../../storage/thread-store.ts';
import { runCheckpoints } from '../../storage/upkeep/checkpoints.ts';
import { Compactor } from '../../storage/upkeep/compaction.ts';
import { runUpkeep } from '../../storage/upkeep/upkeep.ts';
import { createLog } from '../log.ts';
import { THREAD_INDEX, type UpkeepThreadData } from './thread-data.ts';
import { liveThread } from './thread-life.ts';

const DAY_MS = 86_400_000;

const data = workerData as UpkeepThreadData;
const { config } = data;
const log = createLog({ level: config.log.level, thread: data.name });

await liveThread(log, async () => {
  const clock = systemClock;
  const counters = createCounters();
  watchThread(counters);
  serveCounters(data.counters, counters, log);
  const dataDir = config.data;
  const store = await openStore({ dataDir, threadIndex: THREAD_INDEX.upkeep, port: data.store, clock, log });
  const stopCheckpoints = runCheckpoints({ dataDir, clock, log });
  const { keepMs, sizeMaxBytes, shortenAddressesAfterMs } = config.journey;
  const stopUpkeep = runUpkeep({
    store,
    compactor: new Compactor(store, { dataDir, log }),
    clock,
    log,
    journeyDays: keepMs / DAY_MS,
    journeyMaxBytes: sizeMaxBytes,
    ...(shortenAddressesAfterMs === null ? {} : { journeyAddressDays: shortenAddressesAfterMs / DAY_MS }),
  });
  return {
    async drain() {
      await stopUpkeep();
      stopCheckpoints();
      await store.close();
    },
  };
});
