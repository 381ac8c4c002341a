// A thread that talks to clients: every listener's protocol, over this thread's own socket and store.
import { workerData } from 'node:worker_threads';
import { systemClock } from '../../base/clock.ts';
import { IdleWheel } from '../../base/idle-wheel.ts';
import { serveCounters } from '../../base/metrics/collect.ts';
import { ConnectionLedger } from '../../services/connections/connection-ledger.ts';
import { createAdmission } from '../../services/connections/admission.ts';
import { connectSignInThrottle } from '../../services/login/throttle.ts';
import { connectMailboxLocks } from '../../services/mailboxes/mailbox-locks.ts';
import { connectHashQueue } from '../../services/passwords/hash-queue.ts';
import { createCounters, watchThread } from '../../services/metrics/counters.ts';
import { createRecipientJudge } from '../../services/reception/recipient-judge.ts';
import { openStore } from '../../storage/thread-store.ts';
import { createLog } from '../log.ts';
import { startListeners, type ThreadServices } from '../serve/listeners.ts';
import { createMailServices } from '../wiring/mail-services.ts';
import { createThreadLogin } from '../wiring/thread-login.ts';
import { ownHost } from '../wiring/own-host.ts';
import { THREAD_INDEX, type ProtocolThreadData } from './thread-data.ts';
import { liveThread } from './thread-life.ts';

const data = workerData as ProtocolThreadData;
const { config } = data;
const log = createLog({ level: config.log.level, thread: data.name });

await liveThread(log, async () => {
  const clock = systemClock;
  const threadIndex = THREAD_INDEX.firstProtocol + data.number;
  const store = await openStore({ dataDir: config.data, threadIndex, port: data.store, clock, log });
  const counters = createCounters();
  watchThread(counters);
  serveCounters(data.counters, counters, log);
  const mail = createMailServices({ config, store, ownHost: ownHost(config, data.bound), clock, log, counters });
  const login = await createThreadLogin({
    store,
    hashQueue: connectHashQueue(data.hashQueue),
    throttle: connectSignInThrottle(data.throttle),
    secret: Buffer.from(data.loginSecret),
    defaultDomain: config.auth.defaultDomain,
    clock,
    log,
  });
  const { limits, threads } = config;
  const admission = createAdmission({
    ledger: new ConnectionLedger(data.ledger, data.number),
    limits: {
      openPerAddress: limits.connectionsPerAddressMax,
      openPerNetwork: limits.connectionsPerNetworkMax,
      newPerAddressPerMinute: limits.connectionRatePerAddressMax,
    },
    connectionsMax: Math.ceil(limits.connectionsMax / threads),
    trustedNetworks: limits.trustedNetworks,
    clock,
  });
  const services: ThreadServices = {
    config,
    store,
    mail,
    login,
    admission,
    recipients: createRecipientJudge(mail.directory, store.read),
    locks: connectMailboxLocks(data.locks),
    tls: data.tls,
    idleWheel: new IdleWheel(clock),
    counters,
    clock,
    log,
  };
  const listeners = await startListeners(data.listeners, services);
  return {
    onMessage(message) {
      if (message.kind !== 'configure') return;
      listeners.configure({ ...services, config: message.config, tls: message.tls });
    },
    async drain(withinMs) {
      await listeners.drain(withinMs);
      await login.settled();
      await store.close();
    },
  };
});
