// What the database of a cluster needs now and then, done by one node at a time: notes that nobody reads any more, octets
// that nothing points at, old journeys. Ages are by the database's clock.
import type { Clock } from '../../base/clock.ts';
import type { Log } from '../../base/log.ts';
import type { SqlWriter } from '../sql/sql.ts';
import type { Store } from '../store.ts';
import { describeWaitingEmails, pruneLongLogs, sweepLeavingEmails } from '../upkeep/mailbox-upkeep.ts';
import { type Job, purgeOldJourneys, repeatJobs } from '../upkeep/upkeep.ts';
import { ClusterStore } from './cluster-store.ts';
import { Leases } from './leases.ts';
import {
  GARBAGE_PER_ROUND,
  LEASES_KEPT_SECONDS,
  PENDING_MAX_SECONDS,
  UPKEEP_INTERVAL_MS,
  UPKEEP_LEASE_MS,
} from './limits.ts';
import { removeOldNotes } from './note-reader.ts';
import { objectUpkeep } from './objects/object-upkeep.ts';

export interface ClusterUpkeepOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  readonly journeyDays: number;
  readonly journeyMaxBytes: number;
  readonly journeyAddressDays?: number;
}

/** Starts it; the returned function stops it and resolves when the running step is done. */
export function runClusterUpkeep(options: ClusterUpkeepOptions): () => Promise<void> {
  const { store, clock, log } = options;
  if (!(store instanceof ClusterStore)) throw new TypeError('not a store of a cluster');
  const leases = new Leases(store.read, { clock, token: store.newUnitId(), forMs: UPKEEP_LEASE_MS });
  const job: Job = {
    everyMs: UPKEEP_INTERVAL_MS,
    what: 'upkeep of the cluster',
    async run() {
      if (!(await leases.take(['upkeep'])).has('upkeep')) return;
      await removeOldNotes(store.read);
      await removeGarbage(store.read);
      await store.read.run(
        'DELETE FROM lease WHERE until < clock_timestamp() - make_interval(secs => CAST(? AS DOUBLE PRECISION))',
        LEASES_KEPT_SECONDS,
      );
      for (const work of [purgeOldJourneys, sweepLeavingEmails, describeWaitingEmails, pruneLongLogs])
        if (leases.isHeld('upkeep')) await work(options);
    },
  };
  const stop = repeatJobs([job, ...objectUpkeep({ store, log, isOurs: () => leases.isHeld('upkeep') })], {
    clock,
    log,
  });
  return async () => {
    await stop();
    await leases.releaseAll().catch(() => {});
  };
}

/**
 * Removes octets of large messages in rows that no unit has or has any more. A registration that is old is taken away first, so a
 * unit that comes too late finds it missing and fails. How many segments went.
 */
export async function removeGarbage(sql: SqlWriter, pendingSeconds = PENDING_MAX_SECONDS): Promise<number> {
  const late = await sql.run(
    `WITH late AS (DELETE FROM pending_segment WHERE id IN (SELECT id FROM pending_segment
       WHERE id > 0 AND at < now() - make_interval(secs => CAST(? AS DOUBLE PRECISION)) LIMIT ?) RETURNING id)
     DELETE FROM blob_octets USING late WHERE segment = late.id`,
    pendingSeconds,
    GARBAGE_PER_ROUND,
  );
  const empty = await sql.run(
    `WITH empty AS (DELETE FROM segment WHERE id IN (SELECT id FROM segment
       WHERE id > 0 AND state = 'sealed' AND live_bytes = 0 LIMIT ?) RETURNING id)
     DELETE FROM blob_octets USING empty WHERE segment = empty.id`,
    GARBAGE_PER_ROUND,
  );
  return late.changes + empty.changes;
}
