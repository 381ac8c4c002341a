// A thread that talks to clients: every listener's protocol, over this thread's own socket and store.
import { workerData } from 'node:worker_threads';
import { systemClock } from '../../base/clock.ts';
import { IdleWheel } from '../../base/idle-wheel.ts';
import { serveCounters } from '../../base/metrics/collect.ts';
import { ConnectionLedger } from '../../services/connections/connection-ledger.ts';
import { createAdmission, type AdmissionSettings } from '../../services/connections/admission.ts';
import { connectSignInThrottle } from '../../services/login/throttle.ts';
import { AccountConnections } from '../../servers/imap/session.ts';
import { createChangeHub } from '../../services/mailboxes/change-hub.ts';
import { KeywordTexts } from '../../services/mailboxes/keyword-texts.ts';
import { connectMailboxLocks } from '../../services/mailboxes/mailbox-locks.ts';
import { connectHashQueue } from '../../services/passwords/hash-queue.ts';
import { createCounters, watchThread } from '../../services/metrics/counters.ts';
import { isService } from '../../services/metrics/metric-table.ts';
import { HELD_MAX_BYTES } from '../../services/reception/limits.ts';
import { createRecipientJudge } from '../../services/reception/recipient-judge.ts';
import { OctetBudget } from '../../storage/incoming/octet-budget.ts';
import { WAITING_MAX_BYTES } from '../../storage/limits.ts';
import { createLog } from '../log.ts';
import { startListeners, type ThreadServices } from '../serve/listeners.ts';
import { createMailServices } from '../wiring/mail-services.ts';
import { openThreadStore } from '../wiring/open-thread-store.ts';
import { createThreadLogin } from '../wiring/thread-login.ts';
import { ownHost } from '../wiring/own-host.ts';
import { THREAD_INDEX, type ProtocolThreadData } from './thread-data.ts';
import { liveThread } from './thread-life.ts';

const data = workerData as ProtocolThreadData;
const log = createLog({ level: data.config.log.level, thread: data.name });
/** As they were configured last. */
let { config, tls } = data;

function admissionSettings(): AdmissionSettings {
  const { limits, threads } = config;
  return {
    limits: {
      openPerAddress: limits.connectionsPerAddressMax,
      openPerNetwork: limits.connectionsPerNetworkMax,
      newPerAddressPerMinute: limits.connectionRatePerAddressMax,
    },
    connectionsMax: Math.ceil(limits.connectionsMax / threads),
    trustedNetworks: limits.trustedNetworks,
  };
}

await liveThread(log, async () => {
  const clock = systemClock;
  const threadIndex = THREAD_INDEX.firstProtocol + data.number;
  const counters = createCounters();
  watchThread(counters);
  serveCounters(data.counters, counters, log);
  const onGroup = (ms: number, calls: number): void => {
    counters.observe('postroad_commit_seconds', ms / 1000);
    counters.observe('postroad_group_size', calls);
  };
  const waitingMaxBytes = WAITING_MAX_BYTES / config.threads;
  const store = await openThreadStore({ config, threadIndex, port: data.store, clock, log, waitingMaxBytes, onGroup });
  const login = await createThreadLogin({
    store,
    hashQueue: connectHashQueue(data.hashQueue),
    throttle: connectSignInThrottle(data.throttle),
    secret: Buffer.from(data.loginSecret),
    defaultDomain: () => config.auth.defaultDomain,
    onRefusal(protocol) {
      if (isService(protocol)) counters.add('postroad_sign_in_failures_total', protocol);
    },
    clock,
    log,
  });
  const held = new OctetBudget(HELD_MAX_BYTES / config.threads);
  const ledger = new ConnectionLedger(data.ledger, data.number);
  const lasting = {
    store,
    login,
    admission: createAdmission({ ledger, settings: admissionSettings, clock }),
    locks: connectMailboxLocks(data.locks),
    imapConnections: new AccountConnections(),
    idleWheel: new IdleWheel(clock),
    counters,
    clock,
    log,
  };
  const mailboxes = { store, hub: createChangeHub(store), keywords: new KeywordTexts(store.read), clock };
  /** What holds settings is made anew with them; what holds connections and subscriptions stays. */
  const services = (): ThreadServices => {
    const parts = { config, store, ownHost: ownHost(config, data.bound), held, clock, log, counters };
    const mail = createMailServices(parts);
    return {
      ...lasting,
      config,
      tls,
      mail,
      mailboxes: { ...mailboxes, appendMaxOctets: config.limits.messageMaxBytes },
      recipients: createRecipientJudge(mail.directory, store.read),
    };
  };
  const listeners = await startListeners(data.listeners, services());
  return {
    onMessage(message) {
      if (message.kind !== 'configure') return;
      ({ config, tls } = message);
      listeners.configure(services());
    },
    async drain(withinMs) {
      await listeners.drain(withinMs);
      await login.settled();
      await store.close();
    },
  };
});
