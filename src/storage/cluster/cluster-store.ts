// One thread's Store on PostgreSQL: reads over connections of its own, writes in groups over one more. Loaded only when
// the configuration says so.
import type { MessagePort } from 'node:worker_threads';
import type { Clock } from '../../base/clock.ts';
import { assert } from '../../base/errors/assert.ts';
import type { Log } from '../../base/log.ts';
import type { BlobPlace } from '../blob-place.ts';
import type { CommitUnit, PlacedMessage } from '../commit-unit.ts';
import { describeHeader, describeMessage } from '../incoming/describe-message.ts';
import { IncomingMessage, type MessageDestination, type TakenLarge } from '../incoming/incoming-message.ts';
import { OctetBudget } from '../incoming/octet-budget.ts';
import { WAITING_MAX_BYTES } from '../limits.ts';
import type { QueueArrival, QueueClaims } from '../queue-store.ts';
import type { NewRecord } from '../records/blobs.ts';
import { commitUnit, toUnitCall, type UnitCall } from '../records/units.ts';
import { hashRecord } from '../segments/record-hash.ts';
import { type ConnectionOptions, PostgresConnection } from '../sql/postgres-connection.ts';
import type { Transaction } from '../sql/transaction.ts';
import type { Change, CompleteMessage, MessageWriter, Store } from '../store.ts';
import { UnitIds } from '../unit-ids.ts';
import { WRITE_OPERATIONS, type WriteOperations } from '../write-operations.ts';
import { GroupWriter } from './group-writer.ts';
import { HubPort } from './hub-port.ts';
import type { WantedFolder } from './kept-numbers.ts';
import { Leases } from './leases.ts';
import { QUEUE_LEASE_MS } from './limits.ts';
import type { LargeRecord } from './large-record.ts';
import { LargeRows } from './large-rows.ts';
import type { ThreadObjects } from './objects/thread-objects.ts';
import { ADD_OCTETS, OctetReader } from './octets.ts';
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
  /** Where large messages go; absent: into rows. Closed with the store. */
  readonly objects?: ThreadObjects;
  readonly onGroup?: (ms: number, calls: number) => void;
}

/** Waits until the hub has opened the database. */
export async function openClusterStore(options: ClusterStoreOptions): Promise<ClusterStore> {
  const { hub, node } = await HubPort.open(options.port);
  try {
    const first = await PostgresConnection.open(options.connection);
    if (options.objects === undefined) await refuseWithoutObjects(first);
    const number = await takeThreadNumber(first, null);
    return new ClusterStore(options, { hub, node, first, number });
  } catch (error) {
    hub.close();
    throw error;
  }
}

/** Throws when mail is in an object store that this node does not know. */
async function refuseWithoutObjects(connection: PostgresConnection): Promise<void> {
  const object = await connection.get('SELECT 1 AS there FROM segment WHERE id < 0 LIMIT 1');
  if (object === undefined) return;
  await connection.close();
  throw new Error('mail of this database is in an object store; name it in [store] blobs');
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

export class ClusterStore implements Store, MessageDestination<LargeRecord> {
  readonly read: ReadingConnections;
  readonly budget: OctetBudget;
  /** null: all octets are in the database. */
  readonly objects: ThreadObjects | null;
  readonly #octets: OctetReader;
  readonly #options: ClusterStoreOptions;
  readonly #hub: HubPort;
  readonly #writer: GroupWriter;
  #ids: UnitIds;
  #thread: number;

  constructor(options: ClusterStoreOptions, parts: StoreParts) {
    this.read = new ReadingConnections(options.connection);
    this.budget = new OctetBudget(options.waitingMaxBytes ?? WAITING_MAX_BYTES);
    this.objects = options.objects ?? null;
    this.#octets = new OctetReader(this.read, this.objects?.reader ?? null);
    this.#options = options;
    this.#hub = parts.hub;
    this.#thread = parts.number.thread;
    this.#ids = new UnitIds(options.clock, this.#thread, parts.number.greatestUnitId);
    this.#writer = new GroupWriter({
      first: parts.first,
      connect: () => this.#connect(),
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

  openLarge(): LargeRecord {
    const id = this.#ids.next();
    return this.objects === null ? new LargeRows(this.read, id) : this.objects.openLarge(this.read, id);
  }

  async commitSmall(octets: Buffer, prefixLength: number, unit: CommitUnit): Promise<readonly PlacedMessage[]> {
    const [placed] = await this.#commitUnits([smallUnit(octets, prefixLength, unit)]);
    return placed ?? [];
  }

  async commitLarge(
    { large, head }: TakenLarge<LargeRecord>,
    prefix: Uint8Array,
    unit: CommitUnit,
  ): Promise<readonly PlacedMessage[]> {
    const [placed] = await this.#commitUnits([await largeUnit(large, head, prefix, unit)]);
    return placed ?? [];
  }

  async commitTogether(messages: readonly CompleteMessage[]): Promise<readonly (readonly PlacedMessage[])[]> {
    const parts = messages.map(({ message, prefix, unit }) => {
      assert(message instanceof IncomingMessage, 'messages of this store');
      return { taken: (message as IncomingMessage<LargeRecord>).take(prefix), prefix, unit };
    });
    try {
      const units: StoredUnit[] = [];
      for (const { taken, prefix, unit } of parts)
        units.push(
          taken.kind === 'small'
            ? smallUnit(taken.octets, prefix.length, unit)
            : await largeUnit(taken.large, taken.head, prefix, unit),
        );
      return await this.#commitUnits(units);
    } finally {
      for (const { taken } of parts) if (taken.kind === 'small') taken.release();
    }
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
    return this.#octets.read(place, start, end);
  }

  readBlobs(places: readonly BlobPlace[]): Promise<Buffer[]> {
    return this.#octets.readAll(places);
  }

  onChange(listener: (change: Change) => void): () => void {
    return this.#hub.onChange(listener);
  }

  onDirectoryChange(listener: () => void): Promise<() => void> {
    return this.#hub.onDirectoryChange(listener);
  }

  onQueueElsewhere(listener: (unitIds: readonly number[]) => void): () => void {
    return this.#hub.onElsewhere(listener);
  }

  claimQueue(): QueueClaims {
    return new Leases(this.read, {
      clock: this.#options.clock,
      token: this.newUnitId(),
      forMs: QUEUE_LEASE_MS,
    });
  }

  onQueueArrivals(listener: (arrivals: readonly QueueArrival[]) => void): Promise<() => void> {
    return this.#hub.onArrivals(listener);
  }

  async close(): Promise<void> {
    await this.#writer.close();
    this.#hub.close();
    await this.read.close();
    this.objects?.store.close();
  }

  async #connect(): Promise<PostgresConnection> {
    const connection = await PostgresConnection.open(this.#options.connection);
    const { thread, greatestUnitId } = await takeThreadNumber(connection, this.#thread);
    if (thread !== this.#thread) this.#ids = new UnitIds(this.#options.clock, thread, greatestUnitId);
    this.#thread = thread;
    return connection;
  }

  #commitUnits(units: readonly StoredUnit[]): Promise<readonly (readonly PlacedMessage[])[]> {
    const deliveries = units.flatMap(({ call }) => call.deliveries);
    return new Promise((resolve, reject) => {
      this.#writer.add({
        name: 'unit.commit',
        run: async (tx) => {
          const placed: (readonly PlacedMessage[])[] = [];
          for (const { call, record, keep } of units) {
            // Nobody gets the octets of a unit that everybody discarded.
            const isKept = call.deliveries.length > 0 || call.queued !== null;
            if (isKept) await keep(tx);
            placed.push(await commitUnit(tx, call, isKept ? record : null));
          }
          return placed;
        },
        isOfAccounts: units.every(({ call }) => call.settlement === null),
        accountIds: deliveries.map((delivery) => delivery.accountId),
        folders: deliveries.map(({ accountId, mailbox }): WantedFolder => ({ accountId, folder: mailbox })),
        synced: true,
        bytes: units.reduce((sum, { bytes }) => sum + bytes, 0),
        resolve: (placed) => resolve(placed as readonly (readonly PlacedMessage[])[]),
        reject,
      });
    });
  }

  #call(name: keyof WriteOperations, args: readonly unknown[], synced: boolean): Promise<unknown> {
    const operation = WRITE_OPERATIONS[name] as (tx: Transaction, ...args: unknown[]) => Promise<unknown>;
    return new Promise((resolve, reject) => {
      this.#writer.add({
        name,
        run: async (tx) => {
          // What other calls of the group have added is looked for by the words of each statement.
          return await operation(tx, ...args);
        },
        isOfAccounts: false,
        accountIds: OF_ACCOUNT.test(name) ? accountsOf(args) : [],
        folders: [],
        synced,
        bytes: 0,
        resolve,
        reject,
      });
    });
  }
}

/** A unit that is complete, and what stores its octets. */
interface StoredUnit {
  readonly call: UnitCall;
  readonly record: NewRecord;
  readonly bytes: number;
  readonly keep: (tx: Transaction) => Promise<unknown>;
}

function smallUnit(octets: Buffer, prefixLength: number, unit: CommitUnit): StoredUnit {
  const bodyLength = octets.length - prefixLength;
  const body = octets.subarray(0, bodyLength);
  // Prefix and then body, as they are read.
  const stored = Buffer.concat([octets.subarray(bodyLength), body], octets.length);
  const record = { segment: 0, position: unit.id, length: octets.length, prefixLength, hash: hashRecord(octets) };
  const call = unit.deliveries.length === 0 ? toUnitCall(unit) : toUnitCall(unit, describeMessage(body));
  return { call, record, bytes: octets.length, keep: (tx) => tx.add(ADD_OCTETS, 0, unit.id, stored) };
}

async function largeUnit(large: LargeRecord, head: Buffer, prefix: Uint8Array, unit: CommitUnit): Promise<StoredUnit> {
  const { record, keep } = await large.finish(prefix);
  return { call: toUnitCall(unit, describeHeader(head)), record, bytes: prefix.length, keep };
}

/** Accounts that a call is about: the first argument, or folders among the arguments. */
function accountsOf(args: readonly unknown[]): number[] {
  const [first] = args;
  if (typeof first === 'number') return [first];
  return args.flatMap((arg) =>
    typeof arg === 'object' && arg !== null && 'accountId' in arg && typeof arg.accountId === 'number'
      ? [arg.accountId]
      : [],
  );
}
