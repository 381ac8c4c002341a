// The services that every thread with mail in its hands needs: directory, reports, reception.
import { randomBytes } from 'node:crypto';
import type { Clock } from '../../base/clock.ts';
import type { Log } from '../../base/log.ts';
import { domainKey } from '../../formats/address/domain.ts';
import { Bounces } from '../../services/bounces/bounces.ts';
import { rememberDirectory } from '../../services/directory/remembered-directory.ts';
import { createDirectory, type Directory } from '../../services/directory/directory.ts';
import { createReception, type Reception } from '../../services/reception/reception.ts';
import { createSubmitReport } from '../../services/reception/submit-report.ts';
import type { OwnHost } from '../../services/routing/own-host.ts';
import type { ServerCounters } from '../../services/metrics/counters.ts';
import { isReceiving } from '../../services/metrics/metric-table.ts';
import type { OctetBudget } from '../../storage/incoming/octet-budget.ts';
import { findDomain } from '../../storage/records/domains.ts';
import { createQueueStore } from '../../storage/stored-queue.ts';
import { readDirectory } from '../../storage/stored-directory.ts';
import type { QueueStore } from '../../storage/queue-store.ts';
import type { Store } from '../../storage/store.ts';
import type { Config } from '../config/config.ts';
import { countEvents, countOutcomes } from './count-outcomes.ts';

const TOKEN_OCTETS = 12;

export interface MailServicesParts {
  readonly config: Config;
  readonly store: Store;
  readonly ownHost: OwnHost;
  readonly clock: Clock;
  readonly log: Log;
  readonly counters: ServerCounters;
  /** Of this thread; it outlives a change of the configuration. */
  readonly held: OctetBudget;
}

export interface MailServices {
  readonly directory: Directory;
  /** What becomes of recipients is counted. */
  readonly queue: QueueStore;
  readonly reports: Bounces;
  readonly reception: Reception;
}

/** Builds them over one thread's store. */
export function createMailServices(parts: MailServicesParts): MailServices {
  const { config, store, ownHost, clock, log, counters, held } = parts;
  const relayDomains = new Set(
    config.routes.filter((route) => route.relayDomain).map(({ domain }) => domainKey(domain)),
  );
  const directory = createDirectory({
    reader: rememberDirectory(readDirectory(store.read), () => store.directoryVersion),
    log,
    isOwnHost: (key) => ownHost.isOwnHost(key),
    isRelayDomain: (key) => relayDomains.has(key),
  });
  const queue = countOutcomes(createQueueStore(store), counters);
  const { hostname } = config;
  const { expiryMs } = config.outbound;
  const onReport = (copies: number): void => {
    counters.add('postroad_messages_received_total', 'local');
    counters.addMany('postroad_messages_delivered_total', copies);
  };
  const submitReport = createSubmitReport({ store, directory, clock, hostname, expiryMs, onEnd: onReport });
  const reports = new Bounces(
    {
      async submitReport(letter) {
        const refusal = await submitReport(letter);
        if (refusal === null) countEvents(letter.settlement.events, counters);
        return refusal;
      },
      readBody: (place, start, end) => store.readBlob(place, start, end),
      settle: (settlement) => queue.settle([settlement]),
      isOurDomain: async (domain) => (await findDomain(store.read, domainKey(domain))) !== null,
      newToken: () => randomBytes(TOKEN_OCTETS).toString('hex'),
      zoneMinutes: (atMs) => -new Date(atMs).getTimezoneOffset(),
      onDoubleBounce: () => counters.add('postroad_double_bounces_total'),
      log,
    },
    { hostname, postmaster: `postmaster@${hostname}` },
  );
  const options = { hostname, hopsMax: config.limits.hopsMax, expiryMs };
  const onEnd = (service: string, copies: number | null): void => {
    if (!isReceiving(service)) return;
    counters.add(copies === null ? 'postroad_messages_refused_total' : 'postroad_messages_received_total', service);
    if (copies !== null) counters.addMany('postroad_messages_delivered_total', copies);
  };
  const reception = createReception({ store, directory, reports, held, clock, log, options, onEnd });
  return { directory, queue, reports, reception };
}
