// The queue runner's thread: outbound mail.
import { workerData } from 'node:worker_threads';
import { systemClock } from '../../base/clock.ts';
import { systemDnsServers } from '../../base/dns/servers.ts';
import { StubResolver } from '../../base/dns/stub-resolver.ts';
import { clientContext } from '../../base/tls/secure-context.ts';
import { serveCounters } from '../../base/metrics/collect.ts';
import { answerPort } from '../../base/threads/port-calls.ts';
import { systemRandomInt } from '../../base/random.ts';
import { openConnection, TlsSessionCache } from '../../protocols/smtp/index.ts';
import { createCounters, watchThread } from '../../services/metrics/counters.ts';
import { convertMessage } from '../../services/relay/convert.ts';
import { Relay } from '../../services/relay/relay.ts';
import { ANY_ADDRESS, type RelaySource } from '../../services/relay/source.ts';
import { HELD_MAX_BYTES } from '../../services/reception/limits.ts';
import { Router } from '../../services/routing/router.ts';
import { OctetBudget } from '../../storage/incoming/octet-budget.ts';
import type { Config } from '../config/config.ts';
import { createLog } from '../log.ts';
import { openDropFolder } from '../wiring/drop.ts';
import { createMailServices } from '../wiring/mail-services.ts';
import { openThreadStore } from '../wiring/open-thread-store.ts';
import { ownHost } from '../wiring/own-host.ts';
import { THREAD_INDEX, type RelayCommand, type RelayThreadData } from './thread-data.ts';
import { liveThread } from './thread-life.ts';

const data = workerData as RelayThreadData;
const { config } = data;
const log = createLog({ level: config.log.level, thread: data.name });

function relaySources({ hostname, outbound }: Config): RelaySource[] {
  if (outbound.addresses.length === 0) return [{ heloName: hostname, ipv4: ANY_ADDRESS, ipv6: ANY_ADDRESS }];
  const byName = new Map<string, RelaySource>();
  for (const { address, helo } of outbound.addresses) {
    const known = byName.get(helo) ?? { heloName: helo, ipv4: null, ipv6: null };
    byName.set(helo, address.includes(':') ? { ...known, ipv6: address } : { ...known, ipv4: address });
  }
  return [...byName.values()];
}

await liveThread(log, async () => {
  const clock = systemClock;
  const store = await openThreadStore({
    config,
    threadIndex: THREAD_INDEX.relay,
    port: data.store,
    clock,
    log,
  });
  const host = ownHost(config, data.listeners);
  const counters = createCounters();
  watchThread(counters);
  serveCounters(data.counters, counters, log);
  const held = new OctetBudget(HELD_MAX_BYTES / config.threads);
  const mail = createMailServices({ config, store, ownHost: host, held, clock, log, counters });
  const servers = config.dns.servers.length > 0 ? () => config.dns.servers : systemDnsServers(clock);
  const resolver = new StubResolver({ servers, clock, randomInt: systemRandomInt });
  const { port, allowPrivateAddresses, connectionsMax, connectionsPerSiteMax } = config.outbound;
  const { retriesMs, retryMaxMs, delayWarningMs } = config.outbound;
  const routes = new Router({
    resolver,
    randomInt: systemRandomInt,
    port,
    allowPrivateAddresses,
    isOwnHost: (key) => host.isOwnHost(key),
    isOwnEndpoint: (address, endpointPort) => host.isOwnEndpoint(address, endpointPort),
    routes: config.routes,
  });
  const secureContext = clientContext();
  const clientParts = { clock, secureContext, sessions: new TlsSessionCache(), convert: convertMessage };
  const relay = new Relay(
    {
      store: mail.queue,
      routes,
      reports: mail.reports,
      open: (target, signal) => openConnection(target, { ...clientParts, signal }),
      clock,
      log,
      random: Math.random,
    },
    {
      sources: relaySources(config),
      siteConnectionsMax: connectionsPerSiteMax,
      totalConnectionsMax: connectionsMax,
      schedule: { firstWaitsMs: retriesMs, waitMaxMs: retryMaxMs, delayReportAfterMs: delayWarningMs },
    },
  );
  counters.onSnapshot(() => counters.set('postroad_queue_waiting', relay.load.waiting));
  const drop = openDropFolder({ config, store, mail, clock, log });
  let stopping = false;
  const started = relay.start().then(
    // Not earlier: a command must find what waits.
    () => answerPort(data.commands, ({ command, selection }: RelayCommand) => relay.command(command, selection), log),
    (error: unknown) => {
      if (stopping) return;
      log.error({ err: error }, 'the queue could not be read; this thread ends, and another one tries');
      process.exit(1);
    },
  );
  return {
    async drain() {
      await drop.close();
      stopping = true;
      await relay.stop();
      await started;
      resolver.close();
      await store.close();
    },
  };
});
