// Counts what becomes of recipients as the queue's settlements tell it.
import type { ServerCounters } from '../../services/metrics/counters.ts';
import type { JourneyEvent } from '../../storage/commit-unit.ts';
import type { QueueStore } from '../../storage/queue-store.ts';

/** Counts the outcomes among some events. */
export function countEvents(events: readonly JourneyEvent[], counters: ServerCounters): void {
  for (const { kind } of events) {
    if (kind === 'relayed') counters.add('postroad_messages_relayed_total');
    else if (kind === 'failed' || kind === 'expired') counters.add('postroad_messages_bounced_total');
    else if (kind === 'deferred') counters.add('postroad_messages_deferred_total');
  }
}

/** The same queue, counted. */
export function countOutcomes(queue: QueueStore, counters: ServerCounters): QueueStore {
  return {
    ...queue,
    async settle(settlements) {
      await queue.settle(settlements);
      for (const { events } of settlements) countEvents(events, counters);
    },
    async defer(deferrals) {
      await queue.defer(deferrals);
      for (const { events } of deferrals) countEvents(events, counters);
    },
  };
}
