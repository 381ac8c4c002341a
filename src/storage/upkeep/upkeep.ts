// What the storage does for itself while it is in use: compaction, the words of journeys, the end of old journeys. In
// small steps, each of which commits wait for only a few milliseconds. Runs in the checkpoint thread.
import type { Clock, Timer } from '../../base/clock.ts';
import type { Log } from '../../base/log.ts';
import {
  COMPACT_INTERVAL_MS,
  DESCRIBE_INTERVAL_MS,
  LOG_PRUNE_INTERVAL_MS,
  SWEEP_INTERVAL_MS,
  JOURNEY_DAYS,
  JOURNEY_INDEX_BUSY_MS,
  JOURNEY_INDEX_INTERVAL_MS,
  JOURNEY_INDEX_ROWS,
  JOURNEY_MAX_BYTES,
  JOURNEY_PURGE_INTERVAL_MS,
  JOURNEY_PURGE_ROWS,
} from '../limits.ts';
import { countUnindexed } from '../records/journey.ts';
import type { Store } from '../store.ts';
import { describeWaitingEmails, pruneLongLogs, sweepLeavingEmails } from './mailbox-upkeep.ts';
import type { Compactor } from './compaction.ts';

export interface UpkeepOptions {
  readonly store: Store;
  readonly compactor: Compactor;
  readonly clock: Clock;
  readonly log: Log;
  readonly journeyDays?: number;
  readonly journeyMaxBytes?: number;
  /** After so many days clients' addresses in journeys are shortened; absent: never. */
  readonly journeyAddressDays?: number;
}

const DAY_MS = 86_400_000;

/** A job that runs again and again, never beside itself. */
export interface Job {
  readonly everyMs: number;
  readonly what: string;
  readonly run: () => Promise<void>;
}

/** Starts the upkeep; the returned function stops it and resolves when the running steps are done. */
export function runUpkeep(options: UpkeepOptions): () => Promise<void> {
  const jobs: readonly Job[] = [
    { everyMs: COMPACT_INTERVAL_MS, what: 'compaction', run: async () => void (await options.compactor.run()) },
    { everyMs: JOURNEY_INDEX_INTERVAL_MS, what: 'journey words', run: () => indexJourneyWords(options) },
    { everyMs: SWEEP_INTERVAL_MS, what: 'removal of messages', run: () => sweepLeavingEmails(options) },
    { everyMs: DESCRIBE_INTERVAL_MS, what: 'description of messages', run: () => describeWaitingEmails(options) },
    { everyMs: LOG_PRUNE_INTERVAL_MS, what: 'change logs', run: () => pruneLongLogs(options) },
    { everyMs: JOURNEY_PURGE_INTERVAL_MS, what: 'journey purge', run: () => purgeOldJourneys(options) },
  ];
  return repeatJobs(jobs, options);
}

/** Runs each job again and again until the returned function is called; it resolves when the running ones are done. */
export function repeatJobs(jobs: readonly Job[], parts: Pick<UpkeepOptions, 'clock' | 'log'>): () => Promise<void> {
  const stops = jobs.map((job) => repeat(job, parts));
  return async () => {
    await Promise.all(stops.map((stop) => stop()));
  };
}

/** Writes the words of new journeys, as long as the writer has time. */
export async function indexJourneyWords({ store, clock }: Pick<UpkeepOptions, 'store' | 'clock'>): Promise<void> {
  while ((await countUnindexed(store.read)) > 0) {
    const start = clock.monotonic();
    await store.execute('journey.index', JOURNEY_INDEX_ROWS);
    if (clock.monotonic() - start > JOURNEY_INDEX_BUSY_MS) return;
  }
}

/** Removes journeys that are too old or too many, and shortens addresses in those that are old. */
export async function purgeOldJourneys(options: Omit<UpkeepOptions, 'compactor' | 'log'>): Promise<void> {
  const bounds = {
    beforeMs: options.clock.now() - (options.journeyDays ?? JOURNEY_DAYS) * DAY_MS,
    bytesMax: options.journeyMaxBytes ?? JOURNEY_MAX_BYTES,
    limit: JOURNEY_PURGE_ROWS,
  };
  while ((await options.store.executeUnsynced('journey.purge', bounds)) > 0);
  if (options.journeyAddressDays === undefined) return;
  const beforeMs = options.clock.now() - options.journeyAddressDays * DAY_MS;
  while ((await options.store.executeUnsynced('journey.shorten-addresses', beforeMs, JOURNEY_PURGE_ROWS)) > 0);
}

function repeat(job: Job, { clock, log }: Pick<UpkeepOptions, 'clock' | 'log'>): () => Promise<void> {
  let stopped = false;
  let timer: Timer | null = null;
  let running = Promise.resolve();
  const plan = (): void => {
    timer = clock.after(job.everyMs, () => {
      running = job
        .run()
        .catch((error: unknown) => {
          if (!stopped)
            log.error({ job: job.what, error: String(error) }, 'upkeep of the storage failed; it is tried again');
        })
        .then(() => (stopped ? undefined : plan()));
    });
  };
  plan();
  return async () => {
    stopped = true;
    timer?.cancel();
    await running;
  };
}
