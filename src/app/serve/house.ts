// The threads of a running server: the main thread starts them, joins them with ports, and replaces those that die.
// Docs: docs/design/threads.md.
import { availableParallelism } from 'node:os';
import { MessageChannel, type MessagePort } from 'node:worker_threads';
import { systemClock } from '../../base/clock.ts';
import type { Log } from '../../base/log.ts';
import type { Cidr } from '../../base/net/ip.ts';
import { ownSource, portSource, type SnapshotSource, type ThreadSnapshot } from '../../base/metrics/collect.ts';
import { createPortCaller, type PortCaller } from '../../base/threads/port-calls.ts';
import { allocateConnectionLedger, ConnectionLedger } from '../../services/connections/connection-ledger.ts';
import { createSignInThrottle, serveSignInThrottle } from '../../services/login/throttle.ts';
import { createMailboxLocks, serveMailboxLocks, shareMailboxLocks } from '../../services/mailboxes/mailbox-locks.ts';
import { createHashQueue, serveHashQueue, type LocalHashQueue } from '../../services/passwords/hash-queue.ts';
import { createCounters, watchProcess, watchThread } from '../../services/metrics/counters.ts';
import type { QueueClaims } from '../../storage/queue-store.ts';
import type { Store } from '../../storage/store.ts';
import type { Config } from '../config/config.ts';
import { HouseThread } from '../threads/house-thread.ts';
import { THREAD_INDEX, type RelayCommand, type TlsMaterial } from '../threads/thread-data.ts';
import { openThreadStore } from '../wiring/open-thread-store.ts';
import { startUpkeep } from './upkeep.ts';
import { takeThreadSockets, type BoundPort } from './listening-ports.ts';

/** How long sessions may take to finish when the server stops. */
const DRAIN_MS = 10_000;
const DRAIN_GRACE_MS = 5_000;
/** A thread that died is started again after this long, so that a fault at start does not spin. */
const RESTART_DELAY_MS = 500;

export interface HouseParts {
  readonly config: Config;
  readonly bound: readonly BoundPort[];
  readonly tls: TlsMaterial;
  readonly loginSecret: Buffer;
  readonly log: Log;
  /** Something without which the server cannot go on has died. */
  readonly onFatal: (reason: string) => void;
}

type ThreadFile = 'store' | 'relay' | 'protocol';

interface ThreadStart {
  readonly name: string;
  readonly data: object;
  readonly transfer: readonly MessagePort[];
}

export class House {
  readonly #parts: HouseParts;
  readonly #ledger = allocateConnectionLedger();
  readonly #locks = shareMailboxLocks(createMailboxLocks(), () => this.#claims, systemClock);
  readonly #throttle;
  readonly #protocolThreads: HouseThread[] = [];
  readonly hashQueue: LocalHashQueue;
  readonly #numbers = new Map<string, SnapshotSource>();
  readonly #counters = createCounters();
  #config: Config;
  #tls: TlsMaterial;
  #storeThread: HouseThread | null = null;
  #stopUpkeep: (() => Promise<void>) | null = null;
  #relayThread: HouseThread | null = null;
  #relayCommands: PortCaller<RelayCommand, number> | null = null;
  #store: Store | null = null;
  /** What this node has for itself, where there are others; null: there are none. */
  #claims: QueueClaims | null = null;
  /** The storage is open: a thread that dies is replaced. Before that the start has failed. */
  #isOpen = false;
  #stopping = false;

  constructor(parts: HouseParts) {
    this.#parts = parts;
    this.#config = parts.config;
    this.#tls = parts.tls;
    const { log } = parts;
    watchThread(this.#counters);
    watchProcess(this.#counters);
    this.#counters.onSnapshot(() =>
      this.#counters.set('postroad_hash_queue_depth', this.hashQueue.depth.running + this.hashQueue.depth.waiting),
    );
    this.hashQueue = createHashQueue({ cores: availableParallelism(), clock: systemClock });
    const trusted = (): readonly Cidr[] => this.#config.limits.trustedNetworks;
    this.#throttle = createSignInThrottle({ clock: systemClock, log, trustedNetworks: trusted });
  }

  /** The main thread's own store, for administration. */
  get store(): Store {
    if (this.#store === null) throw new Error('the house has not been opened');
    return this.#store;
  }

  /** The numbers of every thread. */
  async collect(): Promise<readonly ThreadSnapshot[]> {
    const sources = [ownSource(this.#counters, 'main'), ...this.#numbers.values()];
    return await Promise.all(sources.map((source) => source.snapshot()));
  }

  /** What is missing for mail to be taken; empty: nothing. */
  missing(): readonly string[] {
    return this.#stopping ? ['the server is stopping'] : [];
  }

  /** Has the queue runner carry out a command; resolves with the number of keys that changed. */
  async commandQueue(command: RelayCommand): Promise<number> {
    if (this.#relayCommands === null) throw new Error('the queue runner is not there');
    return await this.#relayCommands.call(command);
  }

  /** Starts every thread; resolves when all listeners accept. When it rejects, no thread is left. */
  async open(): Promise<void> {
    try {
      await this.#open();
    } catch (error) {
      this.#stopping = true;
      const started = [...this.#protocolThreads, this.#storeThread].filter((thread) => thread !== null);
      await Promise.all(started.map((thread) => thread.kill()));
      throw error;
    }
  }

  async #open(): Promise<void> {
    const { bound, log } = this.#parts;
    this.#storeThread = this.#start('store', { name: 'store', data: {}, transfer: [] }, () =>
      this.#parts.onFatal('the store thread died'),
    );
    // Protocol threads load their code while the storage is opened; their stores wait for its welcome.
    const protocols = Array.from({ length: this.#config.threads }, (_, number) => this.#startProtocol(number));
    const port = this.#attach(THREAD_INDEX.main);
    await this.#storeThread.ready;
    this.#isOpen = true;
    const parts = { config: this.#config, threadIndex: THREAD_INDEX.main, port, clock: systemClock, log };
    this.#store = await openThreadStore(parts);
    this.#claims = this.#store.claimQueue();
    this.#claims?.onLost(() => {});
    await Promise.all(protocols.map((thread) => thread.ready));
    this.#stopUpkeep = await startUpkeep(this.#store, this.#config, log);
    this.#startRelay();
    log.info({ threads: this.#config.threads, listeners: bound.length }, 'all listeners accept');
  }

  /** Takes over settings that need no restart: protocol threads use them for new connections, the relay starts anew. */
  async reconfigure(config: Config, tls: TlsMaterial): Promise<void> {
    this.#config = config;
    this.#tls = tls;
    for (const thread of this.#protocolThreads) thread.post({ kind: 'configure', config, tls });
    await this.#stopUpkeep?.();
    this.#stopUpkeep = await startUpkeep(this.store, config, this.#parts.log);
    await this.#relayThread?.drain(DRAIN_MS, DRAIN_GRACE_MS);
    this.#startRelay();
  }

  /** Ends one protocol thread as a crash would; another takes its place. For tests of exactly that. */
  async killProtocolThread(number: number): Promise<void> {
    await this.#protocolThreads[number]?.kill();
  }

  /** Lets sessions and attempts finish, then closes the storage. */
  async close(): Promise<void> {
    this.#stopping = true;
    await Promise.all(this.#protocolThreads.map((thread) => thread.drain(DRAIN_MS, DRAIN_GRACE_MS)));
    await this.#relayThread?.drain(DRAIN_MS, DRAIN_GRACE_MS);
    await this.#stopUpkeep?.();
    await this.#claims?.releaseAll().catch(() => {});
    await this.#store?.close();
    await this.#storeThread?.drain(DRAIN_MS, DRAIN_GRACE_MS);
  }

  #start(file: ThreadFile, { name, data, transfer }: ThreadStart, onDeath: () => void): HouseThread {
    const { port1, port2 } = new MessageChannel();
    this.#numbers.get(name)?.close();
    this.#numbers.set(name, portSource(port1, name, systemClock));
    return new HouseThread({
      file: new URL(`../threads/${file}-thread.ts`, import.meta.url),
      data: { config: this.#config, name, counters: port2, ...data },
      transfer: [...transfer, port2],
      onDeath: (error) => {
        this.#parts.log.error({ died: name, err: error }, 'a thread died');
        if (this.#isOpen && !this.#stopping) onDeath();
      },
    });
  }

  /** A port to the store thread for the store of another thread. */
  #attach(threadIndex: number): MessagePort {
    const { port1, port2 } = new MessageChannel();
    this.#storeThread?.post({ kind: 'attach', port: port1, threadIndex }, [port1]);
    return port2;
  }

  #startProtocol(number: number): HouseThread {
    const sockets = takeThreadSockets(this.#parts.bound);
    if (sockets === null) {
      this.#parts.onFatal('no spare sockets are left for a new protocol thread');
      throw new Error('no spare sockets are left');
    }
    const serve = (answer: (port: MessagePort) => void): MessagePort => {
      const { port1, port2 } = new MessageChannel();
      answer(port1);
      return port2;
    };
    const { log, loginSecret, bound } = this.#parts;
    const data = {
      number,
      store: this.#attach(THREAD_INDEX.firstProtocol + number),
      hashQueue: serve((port) => serveHashQueue(port, this.hashQueue, log)),
      throttle: serve((port) => serveSignInThrottle(port, this.#throttle, log)),
      locks: serve((port) => serveMailboxLocks(this.#locks, port, log)),
      ledger: this.#ledger,
      loginSecret,
      tls: this.#tls,
      listeners: sockets,
      bound: bound.map(({ protocol, address, port }) => ({ protocol, address, port })),
    };
    const transfer = [data.store, data.hashQueue, data.throttle, data.locks];
    const thread = this.#start('protocol', { name: `protocol-${number + 1}`, data, transfer }, () => {
      new ConnectionLedger(this.#ledger, number).forgetThread(number);
      this.#later(() => this.#startProtocol(number));
    });
    this.#protocolThreads[number] = thread;
    return thread;
  }

  #startRelay(): void {
    const store = this.#attach(THREAD_INDEX.relay);
    const listeners = this.#parts.bound.map(({ protocol, address, port }) => ({ protocol, address, port }));
    const { port1, port2 } = new MessageChannel();
    this.#relayCommands = createPortCaller<RelayCommand, number>(port1);
    const data = { store, listeners, commands: port2 };
    this.#relayThread = this.#start('relay', { name: 'relay', data, transfer: [store, port2] }, () =>
      this.#later(() => this.#startRelay()),
    );
  }

  #later(start: () => void): void {
    systemClock.after(RESTART_DELAY_MS, () => {
      if (!this.#stopping) start();
    });
  }
}
