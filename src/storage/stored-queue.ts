// The queue as the relay service works with it, over one thread's store.
import { QUEUE_KEYS_MAX } from './limits.ts';
import type { QueueItem, QueueStore } from './queue-store.ts';
import { findQueueItem, listWaiting, listWaitingOf } from './records/queue.ts';
import type { Store } from './store.ts';

/** The queue of `store`. */
export function createQueueStore(store: Store): QueueStore {
  return {
    claims: store.claimQueue(),
    loadWaiting: (after, limit) => listWaiting(store.read, after, limit),
    async loadItems(keys) {
      const items = await Promise.all(keys.slice(0, QUEUE_KEYS_MAX).map((key) => findQueueItem(store.read, key)));
      return items.filter((item): item is QueueItem => item !== null);
    },
    readBody: (place, start, end) => store.readBlob(place, start, end),
    settle: (settlements) => store.execute('queue.settle', settlements),
    defer: (deferrals) => store.executeUnsynced('queue.defer', deferrals),
    command: (command, selection, options) => store.execute('queue.command', command, selection, options),
    onArrivals: (listener) => store.onQueueArrivals(listener),
    onElsewhere: (listener) =>
      store.onQueueElsewhere((unitIds) => {
        const pages = unitIds.map((unitId) => listWaitingOf(store.read, unitId));
        // What cannot be read now is found when its claim is free, or at the next start.
        for (const page of pages) page.then(listener).catch(() => {});
      }),
  };
}
