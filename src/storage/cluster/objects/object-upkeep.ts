// The upkeep of the object store, by the node that has the upkeep of the cluster: jobs of their own, so that a store that
// is down keeps nothing else from being done.
import type { Log } from '../../../base/log.ts';
import type { Job } from '../../upkeep/upkeep.ts';
import type { ReadingConnections } from '../reading-connections.ts';
import { OBJECT_UPKEEP_INTERVAL_MS } from './limits.ts';
import { dropObjects, removeDroppedObjects } from './object-garbage.ts';
import { Packer } from './packer.ts';
import type { ThreadObjects } from './thread-objects.ts';

export interface ObjectUpkeepOptions {
  readonly store: {
    readonly read: ReadingConnections;
    readonly objects: ThreadObjects | null;
    newUnitId(): number;
  };
  readonly log: Log;
  /** Whether this node has the lease; asked before each step. */
  readonly isOurs: () => boolean;
}

/** What is to be done again and again; nothing without an object store. */
export function objectUpkeep({ store, log, isOurs }: ObjectUpkeepOptions): readonly Job[] {
  const { read: sql, objects } = store;
  if (objects === null) return [];
  const packer = new Packer({
    sql,
    store: objects.store,
    newUnitId: () => store.newUnitId(),
    log,
    goesOn: isOurs,
  });
  return [
    {
      everyMs: OBJECT_UPKEEP_INTERVAL_MS,
      what: 'packing of small messages',
      async run() {
        if (isOurs()) await packer.run();
      },
    },
    {
      everyMs: OBJECT_UPKEEP_INTERVAL_MS,
      what: 'removal of objects',
      async run() {
        if (!isOurs()) return;
        await dropObjects(sql);
        while (isOurs() && (await removeDroppedObjects(sql, objects.store)) > 0);
      },
    },
  ];
}
