// The only writer. Calls that have arrived from all threads while one transaction ran form the next one; nobody waits
// for a timer. A call is answered after the COMMIT that has it is on disk.
import { statSync } from 'node:fs';
import { type MessagePort, receiveMessageOnPort } from 'node:worker_threads';
import type { Clock, Timer } from '../../base/clock.ts';
import { MailError } from '../../base/errors/mail-error.ts';
import type { Log } from '../../base/log.ts';
import { TRANSACTION_MAX_CALLS, UNSYNCED_MAX_CALLS, UNSYNCED_WAIT_MS, WAL_RESTART_BYTES } from '../limits.ts';
import type { UnitCall } from '../records/units.ts';
import { SqliteConnection } from '../sql/sqlite-connection.ts';
import { restartWal, setSynced, sqliteFault } from '../sql/sqlite-dialect.ts';
import type { Effects } from '../sql/transaction.ts';
import { sendError, toStorageError } from '../storage-errors.ts';
import type { Answer, Call, ToStore, ToWriter } from './channel.ts';
import { openStorage } from './open-storage.ts';
import { Retirement } from './retirement.ts';
import { allFailed, type BatchResult, transact } from './transact.ts';

export interface StoreWriterOptions {
  readonly dataDir: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly walRestartBytes?: number;
  /** Told after every transaction: how long it took, sync included, and how many writes it held. */
  readonly onCommit?: (ms: number, calls: number) => void;
}

interface Client {
  readonly port: MessagePort;
  readonly threadIndex: number;
  changes: boolean;
  directory: boolean;
  arrivals: boolean;
  /** Set before anything else happens: `receiveMessageOnPort` on a closed port ends the process (Node 24.21). */
  closed: boolean;
  /** Waits until this one is gone. */
  successor?: Client;
}

interface Waiting {
  readonly client: Client;
  readonly call: Call;
}

/** How often the size of the WAL is looked at, in transactions. */
const WAL_LOOK_EVERY = 16;

export interface WriterCounts {
  readonly transactions: number;
  readonly calls: number;
  readonly failedCalls: number;
  readonly walBytes: number;
  readonly waitingCalls: number;
}

/** Runs in the store thread; opens, migrates and mends the storage when made. The caller holds the data folder's lock. */
export class StoreWriter {
  readonly #options: StoreWriterOptions;
  readonly #connection: SqliteConnection;
  readonly #walPath: string;
  readonly #clients = new Set<Client>();
  readonly #retirement = new Retirement<Client>();
  readonly #directoryVersion = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  #waiting: Waiting[] = [];
  #waitingSynced = 0;
  #running: Promise<void> | null = null;
  #unsyncedTimer: Timer | null = null;
  #greatestUnitId: number;
  /** A sync of the WAL may have failed. */
  #walSuspect = false;
  #counts = { transactions: 0, calls: 0, failedCalls: 0 };

  private constructor(
    options: StoreWriterOptions,
    connection: SqliteConnection,
    greatestUnitId: number,
    walPath: string,
  ) {
    this.#options = options;
    this.#connection = connection;
    this.#greatestUnitId = greatestUnitId;
    this.#walPath = walPath;
  }

  static async open(options: StoreWriterOptions): Promise<StoreWriter> {
    const { database, greatestUnitId, walPath } = await openStorage(options);
    return new StoreWriter(options, new SqliteConnection(database), greatestUnitId, walPath);
  }

  /**
   * Serves the store at the other end of `port` until the port closes. A thread that was started again is welcomed when
   * its predecessor's last calls are done.
   */
  attach(port: MessagePort, threadIndex: number): void {
    const client: Client = { port, threadIndex, changes: false, directory: false, arrivals: false, closed: false };
    const predecessor = [...this.#clients].find((other) => other.threadIndex === threadIndex);
    this.#clients.add(client);
    port.on('message', (message: ToWriter) => {
      this.#receive(client, message);
      this.#schedule();
    });
    port.on('close', () => {
      client.closed = true;
      void this.#detach(client);
    });
    if (predecessor === undefined) this.#welcome(client);
    else predecessor.successor = client;
  }

  #welcome(client: Client): void {
    this.#post(client, {
      kind: 'welcome',
      greatestUnitId: this.#greatestUnitId,
      directoryVersion: this.#directoryVersion,
    });
  }

  get counts(): WriterCounts {
    return { ...this.#counts, walBytes: fileSize(this.#walPath), waitingCalls: this.#waiting.length };
  }

  /** Commits what has arrived and closes the database. */
  async close(): Promise<void> {
    this.#unsyncedTimer?.cancel();
    this.#drain();
    await this.#flush();
    for (const client of this.#clients) client.port.close();
    this.#clients.clear();
    this.#connection.close();
  }

  /** Commits everything that waits, synced or not. */
  async #flush(): Promise<void> {
    while (this.#waiting.length > 0 || this.#running !== null) await (this.#running ?? this.#start());
  }

  #receive(client: Client, message: ToWriter): void {
    switch (message.kind) {
      case 'calls':
        for (const call of message.calls) {
          this.#waiting.push({ client, call });
          if (call.synced) this.#waitingSynced++;
        }
        break;
      case 'subscribe':
        client.changes = message.changes;
        client.directory = message.directory;
        client.arrivals = message.arrivals;
        this.#answer(client, message.id);
        break;
      case 'pin':
        this.#retirement.pin(client);
        this.#answer(client, message.id);
        break;
      case 'unpin':
        this.#retirement.unpin(client);
        break;
      case 'retire':
        this.#retire(client, message.id, message.segments);
        break;
      case 'let-go':
        this.#retirement.letGo(client, message.epoch);
        break;
    }
  }

  #retire(asker: Client, id: number, segments: readonly number[]): void {
    const epoch = this.#retirement.begin(this.#clients, () => this.#answer(asker, id));
    for (const client of this.#clients) this.#post(client, { kind: 'let-go', epoch, segments });
  }

  #answer(client: Client, id: number): void {
    this.#post(client, { kind: 'committed', answers: [{ id, value: undefined }], change: null, arrivals: null });
  }

  #drain(): void {
    for (const client of this.#clients)
      while (!client.closed) {
        const got = receiveMessageOnPort(client.port);
        if (got === undefined) break;
        this.#receive(client, got.message as ToWriter);
      }
  }

  #schedule(): void {
    if (this.#running !== null || this.#waiting.length === 0) return;
    if (this.#waitingSynced > 0 || this.#waiting.length >= UNSYNCED_MAX_CALLS) {
      void this.#start();
      return;
    }
    this.#unsyncedTimer ??= this.#options.clock.after(UNSYNCED_WAIT_MS, () => {
      this.#unsyncedTimer = null;
      if (this.#running === null && this.#waiting.length > 0) void this.#start();
    });
  }

  #start(): Promise<void> {
    this.#running = this.#run().finally(() => {
      this.#running = null;
      this.#schedule();
    });
    return this.#running;
  }

  async #run(): Promise<void> {
    do {
      this.#drain();
      const batch = this.#waiting.splice(0, TRANSACTION_MAX_CALLS);
      const synced = batch.filter((waiting) => waiting.call.synced).length;
      this.#waitingSynced -= synced;
      await this.#commit(batch, synced > 0);
      this.#drain();
      // Lets ports, timers and signals have their turn between transactions.
      if (this.#waitingSynced > 0) await new Promise((resolve) => setImmediate(resolve));
    } while (this.#waitingSynced > 0);
  }

  async #commit(batch: readonly Waiting[], synced: boolean): Promise<void> {
    if (batch.length === 0) return;
    const startedMs = this.#options.clock.monotonic();
    const { outcomes, effects } = await this.#transact(
      batch.map((waiting) => waiting.call),
      synced,
    );
    if (effects.directory) Atomics.add(this.#directoryVersion, 0, 1);
    this.#options.onCommit?.(this.#options.clock.monotonic() - startedMs, batch.length);
    this.#counts.transactions++;
    this.#counts.calls += batch.length;
    const answers = new Map<Client, Answer[]>();
    for (const [index, { client, call }] of batch.entries()) {
      const outcome = outcomes[index];
      if (outcome === undefined) continue;
      if ('error' in outcome) this.#noteFailure(call, outcome.error);
      if (call.name === 'unit.commit')
        this.#greatestUnitId = Math.max(this.#greatestUnitId, (call.args[0] as UnitCall).id);
      if (call.id === 0) continue;
      let list = answers.get(client);
      if (list === undefined) answers.set(client, (list = []));
      list.push(
        'error' in outcome
          ? { id: call.id, error: sendError(toStorageError(outcome.error)) }
          : { id: call.id, value: outcome.value },
      );
    }
    this.#tell(answers, effects);
    if (this.#counts.transactions % WAL_LOOK_EVERY === 0) this.#boundWal();
  }

  async #transact(calls: readonly Call[], synced: boolean): Promise<BatchResult> {
    const database = this.#connection.database;
    const suspicion = this.#walSuspect ? this.#abandonWal() : null;
    if (suspicion !== null) return allFailed(calls, suspicion);
    if (!synced) setSynced(database, false);
    const result = await transact(this.#connection, calls, this.#options.clock.now());
    if (!synced) setSynced(database, true);
    if (result.failure !== null && sqliteFault(result.failure) === 'io') this.#walSuspect = true;
    return result;
  }

  /**
   * After a failed sync the kernel may have dropped pages of the WAL and call them clean, so a later sync would prove
   * nothing. Brings what is committed into the database file, from where it is synced anew, and starts the WAL again;
   * why that failed, or null.
   */
  #abandonWal(): Error | null {
    try {
      const { busy, walFrames, copiedFrames } = restartWal(this.#connection.database);
      if (busy || copiedFrames < walFrames) throw Object.assign(new Error('the WAL is still read'), { code: 'EBUSY' });
      this.#walSuspect = false;
      return null;
    } catch (error) {
      return error instanceof Error ? error : new Error(String(error));
    }
  }

  /** Answers the callers and tells the others what changed. */
  #tell(answers: ReadonlyMap<Client, readonly Answer[]>, effects: Effects): void {
    const changed = effects.accountIds.size > 0 || effects.arrivals.length > 0 || effects.directory;
    const change = changed
      ? {
          accountIds: [...effects.accountIds],
          queuedUnits: effects.arrivals.map((arrival) => arrival.unitId),
          directory: effects.directory,
        }
      : null;
    const arrivals = effects.arrivals.length > 0 ? effects.arrivals : null;
    for (const client of this.#clients) {
      const own = answers.get(client);
      const ownChange = client.changes || (client.directory && effects.directory) ? change : null;
      const ownArrivals = client.arrivals ? arrivals : null;
      if (own === undefined && ownChange === null && ownArrivals === null) continue;
      this.#post(client, { kind: 'committed', answers: own ?? [], change: ownChange, arrivals: ownArrivals });
    }
  }

  #noteFailure(call: Call, error: unknown): void {
    this.#counts.failedCalls++;
    const { code, details } = sendError(toStorageError(error));
    const fields = { operation: call.name, code, ...details };
    // A refusal that a record family means is its caller's business.
    if (error instanceof MailError) this.#options.log.debug(fields, 'a write was refused');
    else this.#options.log.error(fields, 'a write failed');
  }

  #boundWal(): void {
    if (fileSize(this.#walPath) <= (this.#options.walRestartBytes ?? WAL_RESTART_BYTES)) return;
    const { busy } = restartWal(this.#connection.database);
    if (busy)
      this.#options.log.warn({ walBytes: fileSize(this.#walPath) }, 'the write-ahead log is long and still read');
  }

  async #detach(client: Client): Promise<void> {
    if (!this.#clients.has(client)) return;
    const call: Call = { id: 0, name: 'segment.seal-thread', args: [client.threadIndex], synced: true };
    this.#receive(client, { kind: 'calls', calls: [call] });
    await this.#flush();
    this.#clients.delete(client);
    this.#retirement.forget(client);
    if (client.successor !== undefined) this.#welcome(client.successor);
  }

  #post(client: Client, message: ToStore): void {
    client.port.postMessage(message);
  }
}

function fileSize(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}
