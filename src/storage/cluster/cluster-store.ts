// One thread's Store on PostgreSQL: reads over connections of its own, writes in groups over one more. Loaded only when
// the configuration says so.
import type { MessagePort } from 'node:worker_threads';
import type { Clock } from '../../base/clock.ts';
import type { Log } from '../../base/log.ts';
import type { BlobPlace } from '../blob-place.ts';
import type { CommitUnit } from '../commit-unit.ts';
import { IncomingMessage, type MessageDestination } from '../incoming/incoming-message.ts';
import { OctetBudget } from '../incoming/octet-budget.ts';
import { WAITING_MAX_BYTES } from '../limits.ts';
import type { QueueArrival } from '../queue-store.ts';
import { commitUnit, toUnitCall } from '../records/units.ts';
import { hashRecord } from '../segments/record-hash.ts';
import { type ConnectionOptions, PostgresConnection } from '../sql/postgres-connection.ts';
import type { Transaction } from '../sql/transaction.ts';
import type { Change, MessageWriter, Store } from '../store.ts';
import { UnitIds } from '../unit-ids.ts';
import { WRITE_OPERATIONS, type WriteOperations } from '../write-operations.ts';
import { GroupWriter } from './group-writer.ts';
import { HubPort } from './hub-port.ts';
import type { WantedFolder } from './kept-numbers.ts';
import { LargeRows } from './large-rows.ts';
import { ADD_OCTETS, readOctets, readRecords } from './octets.ts';
import { ReadingConnections } from './reading-connections.ts';
import { takeThreadNumber } from './thread-number.ts';

export interface ClusterStoreOptions {
  readonly connection: Omit<ConnectionOptions, 'onNotification' | 'onEnd'>;
  /** The other end was given to `ClusterHub.attach`. */
  readonly port: MessagePort;
  readonly clock: Clock;
  readonly log: Log;
  readonly random: () => number;
  /** Small messages of this thread that may wait in memory. */
  readonly waitingMaxBytes?: number;
  readonly onGroup?: (ms: number, calls: number) => void;
}

/** Waits until the hub has opened the database. */
export async function openClusterStore(options: ClusterStoreOptions): Promise<ClusterStore> {
  const { hub, node } = await HubPort.open(options.port);
  try {
    const first = await PostgresConnection.open(options.connection);
    const number = await takeThreadNumber(first, null);
    return new ClusterStore(options, { hub, node, first, number });
  } catch (error) {
    hub.close();
    throw error;
  }
}

interface StoreParts {
  readonly hub: HubPort;
  readonly node: number;
  /** The writing connection; it holds the thread's number. */
  readonly first: PostgresConnection;
  readonly number: { readonly thread: number; readonly greatestUnitId: number };
}

/** Operations whose first argument is the account that they change. */
const OF_ACCOUNT = /^(?:message|mailbox)\./;

export class ClusterStore implements Store, MessageDestination<LargeRows> {
  readonly read: ReadingConnections;
  readonly budget: OctetBudget;
  readonly #options: ClusterStoreOptions;
  readonly #hub: HubPort;
  readonly #writer: GroupWriter;
  #ids: UnitIds;
  #thread: number;

  constructor(options: ClusterStoreOptions, parts: StoreParts) {
    this.read = new ReadingConnections(options.connection);
    this.budget = new OctetBudget(options.waitingMaxBytes ?? WAITING_MAX_BYTES);
    this.#options = options;
    this.#hub = parts.hub;
    this.#thread = parts.number.thread;
    this.#ids = new UnitIds(options.clock, this.#thread, parts.number.greatestUnitId);
    let first: PostgresConnection | null = parts.first;
    this.#writer = new GroupWriter({
      connect: async () => {
        const given = first;
        first = null;
        return given ?? (await this.#connect());
      },
      newToken: () => this.#ids.next(),
      node: parts.node,
      clock: options.clock,
      log: options.log,
      random: options.random,
      onCommitted: (effects) => this.#hub.committed(effects),
      ...(options.onGroup === undefined ? {} : { onGroup: options.onGroup }),
    });
  }

  /** What other nodes change counts when this node has heard of it: within moments, at most `LOOK_INTERVAL_MS`. */
  get directoryVersion(): number {
    return this.#hub.directoryVersion;
  }

  newUnitId(): number {
    return this.#ids.next();
  }

  openMessage(): MessageWriter {
    return new IncomingMessage(this);
  }

  openLarge(): LargeRows {
    return new LargeRows(this.read, this.#ids.next());
  }

  async commitSmall(octets: Buffer, prefixLength: number, unit: CommitUnit): Promise<void> {
    const bodyLength = octets.length - prefixLength;
    // Prefix and then body, as they are read.
    const stored = Buffer.concat([octets.subarray(bodyLength), octets.subarray(0, bodyLength)], octets.length);
    const record = { segment: 0, position: unit.id, length: octets.length, prefixLength, hash: hashRecord(octets) };
    await this.#commitUnit(unit, octets.length, async (tx, call) => {
      await tx.add(ADD_OCTETS, 0, unit.id, stored);
      await commitUnit(tx, call, record);
    });
  }

  async commitLarge(large: LargeRows, prefix: Uint8Array, unit: CommitUnit): Promise<void> {
    const { record, keep } = await large.finish(prefix);
    await this.#commitUnit(unit, prefix.length, async (tx, call) => {
      await keep(tx);
      await commitUnit(tx, call, record);
    });
  }

  execute<K extends keyof WriteOperations>(
    name: K,
    ...args: Parameters<WriteOperations[K]>
  ): Promise<Awaited<ReturnType<WriteOperations[K]>>> {
    return this.#call(name, args, true) as Promise<Awaited<ReturnType<WriteOperations[K]>>>;
  }

  executeUnsynced<K extends keyof WriteOperations>(
    name: K,
    ...args: Parameters<WriteOperations[K]>
  ): Promise<Awaited<ReturnType<WriteOperations[K]>>> {
    return this.#call(name, args, false) as Promise<Awaited<ReturnType<WriteOperations[K]>>>;
  }

  readBlob(place: BlobPlace, start: number, end: number): Promise<Buffer> {
    return readOctets(this.read, place, start, end);
  }

  readBlobs(places: readonly BlobPlace[]): Promise<Buffer[]> {
    return readRecords(this.read, places);
  }

  onChange(listener: (change: Change) => void): () => void {
    return this.#hub.onChange(listener);
  }

  onDirectoryChange(listener: () => void): Promise<() => void> {
    return this.#hub.onDirectoryChange(listener);
  }

  onQueueArrivals(listener: (arrivals: readonly QueueArrival[]) => void): Promise<() => void> {
    return this.#hub.onArrivals(listener);
  }

  async close(): Promise<void> {
    await this.#writer.close();
    this.#hub.close();
    await this.read.close();
  }

  async #connect(): Promise<PostgresConnection> {
    const connection = await PostgresConnection.open(this.#options.connection);
    const { thread, greatestUnitId } = await takeThreadNumber(connection, this.#thread);
    if (thread !== this.#thread) this.#ids = new UnitIds(this.#options.clock, thread, greatestUnitId);
    this.#thread = thread;
    return connection;
  }

  #commitUnit(
    unit: CommitUnit,
    bytes: number,
    run: (tx: Transaction, call: ReturnType<typeof toUnitCall>) => Promise<void>,
  ): Promise<void> {
    const call = toUnitCall(unit);
    const isKept = unit.deliveries.length > 0 || unit.queued !== null;
    const folders = unit.deliveries.map(({ accountId, mailbox }): WantedFolder => ({ accountId, folder: mailbox }));
    return new Promise((resolve, reject) => {
      this.#writer.add({
        name: 'unit.commit',
        // Nobody gets the octets of a unit that everybody discarded.
        run: (tx) => (isKept ? run(tx, call) : commitUnit(tx, call, null)),
        accountIds: unit.deliveries.map((delivery) => delivery.accountId),
        folders,
        synced: true,
        bytes,
        resolve: () => resolve(),
        reject,
      });
    });
  }

  #call(name: keyof WriteOperations, args: readonly unknown[], synced: boolean): Promise<unknown> {
    const operation = WRITE_OPERATIONS[name] as (tx: Transaction, ...args: unknown[]) => Promise<unknown>;
    const [account] = args;
    return new Promise((resolve, reject) => {
      this.#writer.add({
        name,
        run: async (tx) => {
          // What other calls of the group have added is looked for by the words of each statement.
          return await operation(tx, ...args);
        },
        accountIds: OF_ACCOUNT.test(name) && typeof account === 'number' ? [account] : [],
        folders: [],
        synced,
        bytes: 0,
        resolve,
        reject,
      });
    });
  }
}
