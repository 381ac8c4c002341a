// One thread's listeners: each protocol's server over the socket that the main thread bound.
import type { Socket } from 'node:net';
import type { SecureContext } from 'node:tls';
import type { Clock } from '../../base/clock.ts';
import type { IdleWheel } from '../../base/idle-wheel.ts';
import type { Log } from '../../base/log.ts';
import { inCidr, parseIp, type Cidr } from '../../base/net/ip.ts';
import { listenOn, type ListeningSocket } from '../../base/net/listen-on.ts';
import { serverContext } from '../../base/tls/secure-context.ts';
import { ImapServer, type ImapPeer } from '../../protocols/imap/index.ts';
import { Pop3Server, type Pop3Peer } from '../../protocols/pop3/index.ts';
import { createSmtpServer, type SmtpServer, type SmtpService } from '../../protocols/smtp/index.ts';
import { createImapSessions, type AccountConnections } from '../../servers/imap/session.ts';
import { createPop3Sessions } from '../../servers/pop3/session.ts';
import { createSmtpSession } from '../../servers/smtp/session.ts';
import type { Admission, AdmissionTicket } from '../../services/connections/admission.ts';
import type { Login } from '../../services/login/login.ts';
import type { MailParts } from '../../services/mailboxes/mail-parts.ts';
import type { MailboxLocks } from '../../services/mailboxes/mailbox-locks.ts';
import type { ServerCounters } from '../../services/metrics/counters.ts';
import { isService, type ServiceName } from '../../services/metrics/metric-table.ts';
import type { RecipientJudge } from '../../services/reception/recipient-judge.ts';
import type { Store } from '../../storage/store.ts';
import type { Config, Listener } from '../config/config.ts';
import type { ThreadListener, TlsMaterial } from '../threads/thread-data.ts';
import type { MailServices } from '../wiring/mail-services.ts';

export interface ThreadServices {
  readonly config: Config;
  readonly store: Store;
  readonly mail: MailServices;
  readonly login: Login;
  readonly admission: Admission;
  readonly recipients: RecipientJudge;
  readonly locks: MailboxLocks;
  readonly mailboxes: MailParts;
  readonly imapConnections: AccountConnections;
  readonly tls: TlsMaterial;
  readonly idleWheel: IdleWheel;
  readonly counters: ServerCounters;
  readonly clock: Clock;
  readonly log: Log;
}

export interface ThreadListeners {
  /** New connections get these services; those that are open keep theirs. */
  configure(services: ThreadServices): void;
  /** Closes the listening sockets, lets sessions finish, cuts what is left after `withinMs`. */
  drain(withinMs: number): Promise<void>;
}

/** What serves one listener's connections. */
interface ConnectionServer {
  /** Connections open now. */
  readonly connectionCount: number;
  accept(socket: Socket): void;
  drain(withinMs: number): Promise<void>;
}

const SMTP_SERVICES: readonly ServiceName[] = ['smtp', 'submission', 'submissions', 'lmtp'];

/** Begins to listen on all of them; resolves when every one accepts. */
export async function startListeners(
  bound: readonly ThreadListener[],
  services: ThreadServices,
): Promise<ThreadListeners> {
  const listeners = bound.map((each) => new RunningListener(each, services));
  await Promise.all(listeners.map((listener) => listener.listen()));
  return {
    configure(next) {
      for (const listener of listeners) listener.configure(next);
    },
    async drain(withinMs) {
      await Promise.all(listeners.map((listener) => listener.drain(withinMs)));
    },
  };
}

/** That connections are closed for want of descriptors is said no more often. */
const CROWDED_LOG_INTERVAL_MS = 60_000;

/** One listening socket. A new configuration makes a new server for new connections; older ones keep theirs. */
class RunningListener {
  readonly #bound: ThreadListener;
  readonly #service: ServiceName;
  readonly #log: Log;
  readonly #counters: ServerCounters;
  readonly #clock: Clock;
  #crowdedMs = Number.NEGATIVE_INFINITY;
  #servers: ConnectionServer[] = [];
  #current: ConnectionServer;
  #listening: ListeningSocket | null = null;

  constructor(bound: ThreadListener, services: ThreadServices) {
    const { protocol } = bound;
    if (!isService(protocol)) throw new Error('metrics are served by the main thread');
    this.#bound = bound;
    this.#service = protocol;
    this.#log = services.log;
    this.#clock = services.clock;
    this.#current = this.#addServer(services);
    this.#counters = services.counters;
    services.counters.onSnapshot(() => services.counters.set('postroad_connections_open', this.#open(), protocol));
  }

  async listen(): Promise<void> {
    const { fd } = this.#bound;
    const service = this.#service;
    this.#listening = await listenOn(fd, {
      onConnection: (socket) => {
        this.#counters.add('postroad_connections_total', service);
        this.#current.accept(socket);
      },
      onError: (error) => this.#log.error({ err: error, protocol: service }, 'a connection could not be accepted'),
      onCrowded: () => this.#crowded(),
      // Only the SMTP library copies what it keeps.
      borrowedReads: SMTP_SERVICES.includes(service),
    });
  }

  configure(services: ThreadServices): void {
    this.#servers = this.#servers.filter(({ connectionCount }) => connectionCount > 0);
    this.#current = this.#addServer(services);
  }

  async drain(withinMs: number): Promise<void> {
    this.#listening?.close();
    await Promise.all(this.#servers.map((server) => server.drain(withinMs)));
  }

  #crowded(): void {
    this.#counters.add('postroad_connections_refused_total', this.#service);
    const nowMs = this.#clock.monotonic();
    if (nowMs - this.#crowdedMs < CROWDED_LOG_INTERVAL_MS) return;
    this.#crowdedMs = nowMs;
    this.#log.warn(
      { protocol: this.#service },
      'connections are closed at once: hardly any file descriptors are left; raise the limit of open files (LimitNOFILE)',
    );
  }

  #open(): number {
    return this.#servers.reduce((sum, server) => sum + server.connectionCount, 0);
  }

  #addServer(services: ThreadServices): ConnectionServer {
    const settings = services.config.listeners[this.#bound.index] as Listener;
    const { admission } = services;
    const onRefused = (): void => services.counters.add('postroad_connections_refused_total', this.#service);
    const own = { ...services, admission: watchRefusals(admission, onRefused) };
    const server = createServer(this.#service, settings, own);
    this.#servers.push(server);
    return server;
  }
}

function createServer(service: ServiceName, settings: Listener, services: ThreadServices): ConnectionServer {
  const context = serverContext(services.tls);
  switch (service) {
    case 'smtp':
    case 'submission':
    case 'submissions':
    case 'lmtp':
      return smtpConnections(service, settings, services, context);
    case 'pop3':
    case 'pop3s':
      return pop3Connections(service, services, context);
    case 'imap':
    case 'imaps':
      return imapConnections(service, services, context);
    default:
      return service satisfies never;
  }
}

function smtpConnections(
  service: SmtpService,
  settings: Listener,
  services: ThreadServices,
  context: SecureContext,
): SmtpServer {
  const { config, mail, login, admission, recipients, idleWheel, clock, log } = services;
  const { limits, auth } = config;
  const parts = {
    directory: mail.directory,
    reception: mail.reception,
    recipients,
    login,
    admission,
    plaintextNetworks: auth.allowPlaintextFrom,
    channelBinding: auth.channelBinding,
    relayNetworks: limits.relayNetworks,
  };
  const isSubmission = service === 'submission' || service === 'submissions';
  return createSmtpServer({
    service,
    hostname: config.hostname,
    limits: {
      messageMaxBytes: limits.messageMaxBytes,
      recipientsMax: isSubmission ? limits.submissionRecipientsMax : limits.recipientsMax,
    },
    tls: { secureContextFor: () => context },
    log,
    clock,
    idleWheel,
    createSession: () => createSmtpSession(parts),
    isProxyPeer: (address) => isIn(address, settings.proxyNetworks),
    bannerPauseMs: settings.greetingPauseMs,
  });
}

function pop3Connections(
  service: 'pop3' | 'pop3s',
  services: ThreadServices,
  context: SecureContext,
): ConnectionServer {
  const { config, store, login, locks, admission, idleWheel, clock, log } = services;
  const server = new Pop3Server({
    hostname: config.hostname,
    clock,
    idleWheel,
    log,
    secureContext: () => context,
    openSession: createPop3Sessions({
      store,
      login,
      locks,
      plaintextNetworks: config.auth.allowPlaintextFrom,
      channelBinding: config.auth.channelBinding,
      ...admitPeers(admission),
    }),
  });
  return {
    get connectionCount() {
      return server.size;
    },
    accept: (socket) => server.accept(socket, service),
    drain: () => server.close(),
  };
}

function imapConnections(
  service: 'imap' | 'imaps',
  services: ThreadServices,
  context: SecureContext,
): ConnectionServer {
  const { config, login, admission, mailboxes, imapConnections: connections, idleWheel, clock, log } = services;
  const server = new ImapServer({
    hostname: config.hostname,
    clock,
    idleWheel,
    log,
    secureContext: () => context,
    openSession: createImapSessions({
      mail: mailboxes,
      login,
      plaintextNetworks: config.auth.allowPlaintextFrom,
      channelBinding: config.auth.channelBinding,
      connections,
      ...admitPeers(admission),
    }),
  });
  return {
    get connectionCount() {
      return server.size;
    },
    accept: (socket) => server.accept(socket, service),
    drain: () => server.close(),
  };
}

interface PeerAdmission {
  readonly admit: (peer: Pop3Peer | ImapPeer) => string | null;
  readonly leave: (peer: Pop3Peer | ImapPeer) => void;
}

/** Counts clients in and out. */
function admitPeers(admission: Admission): PeerAdmission {
  const tickets = new Map<Pop3Peer | ImapPeer, AdmissionTicket>();
  return {
    admit(peer) {
      const ticket = admission.enter(peer.address);
      if (ticket.kind === 'refused') return ticket.text;
      tickets.set(peer, ticket);
      return null;
    },
    leave(peer) {
      const ticket = tickets.get(peer);
      if (ticket !== undefined) admission.leave(ticket);
      tickets.delete(peer);
    },
  };
}

function watchRefusals(admission: Admission, onRefused: () => void): Admission {
  return {
    enter(address) {
      const ticket = admission.enter(address);
      if (ticket.kind === 'refused') onRefused();
      return ticket;
    },
    leave: (ticket) => admission.leave(ticket),
    get open() {
      return admission.open;
    },
  };
}

function isIn(address: string, networks: readonly Cidr[]): boolean {
  if (networks.length === 0) return false;
  const ip = parseIp(address);
  return ip !== null && networks.some((network) => inCidr(network, ip));
}
