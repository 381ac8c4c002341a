// Checkpoints, compaction, and the end of old journeys: in the main thread, which is idle otherwise. A checkpoint blocks
// it for some milliseconds; nobody's mail waits for that, and a thread of its own would cost 18 MB.
import { systemClock } from '../../base/clock.ts';
import type { Log } from '../../base/log.ts';
import type { Store } from '../../storage/store.ts';
import { ThreadStore } from '../../storage/thread-store.ts';
import { runCheckpoints } from '../../storage/upkeep/checkpoints.ts';
import { Compactor } from '../../storage/upkeep/compaction.ts';
import { runUpkeep } from '../../storage/upkeep/upkeep.ts';
import type { Config } from '../config/config.ts';

const DAY_MS = 86_400_000;

/** Starts it; the returned function stops it and resolves when the running step is done. */
export async function startUpkeep(store: Store, config: Config, log: Log): Promise<() => Promise<void>> {
  const clock = systemClock;
  const dataDir = config.data;
  const { keepMs, sizeMaxBytes, shortenAddressesAfterMs } = config.journey;
  const journeys = {
    journeyDays: keepMs / DAY_MS,
    journeyMaxBytes: sizeMaxBytes,
    ...(shortenAddressesAfterMs === null ? {} : { journeyAddressDays: shortenAddressesAfterMs / DAY_MS }),
  };
  if (!(store instanceof ThreadStore)) {
    const { runClusterUpkeep } = await import('../../storage/cluster/open-cluster.ts');
    return runClusterUpkeep({ store, clock, log, ...journeys });
  }
  const stopCheckpoints = runCheckpoints({ dataDir, clock, log });
  const compactor = new Compactor(store, { dataDir, log });
  const stopUpkeep = runUpkeep({ store, compactor, clock, log, ...journeys });
  return async () => {
    await stopUpkeep();
    stopCheckpoints();
  };
}
