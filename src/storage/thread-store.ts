// One thread's Store: its own reading connection, its own segment, and the port to the writer.
import type { MessagePort } from 'node:worker_threads';
import type { Clock } from '../base/clock.ts';
import { assert } from '../base/errors/assert.ts';
import { MailError } from '../base/errors/mail-error.ts';
import type { Log } from '../base/log.ts';
import type { BlobPlace } from './blob-place.ts';
import type { CommitUnit, PlacedMessage } from './commit-unit.ts';
import { databasePath, segmentsFolder } from './data-folder.ts';
import { Bundle } from './incoming/bundle.ts';
import { GroupCommit, type GroupedUnit } from './incoming/group-commit.ts';
import { describeHeader } from './incoming/describe-message.ts';
import { IncomingMessage, type MessageDestination, type TakenLarge } from './incoming/incoming-message.ts';
import { LargeMessage } from './incoming/large-message.ts';
import { OctetBudget } from './incoming/octet-budget.ts';
import { WritePieces } from './incoming/write-pieces.ts';
import { FRESH_READ_MAX_BYTES, FRESH_READ_MS, RUN_READ_BYTES, WAITING_MAX_BYTES } from './limits.ts';
import type { QueueArrival } from './queue-store.ts';
import { findPlace, type NewRecord } from './records/blobs.ts';
import { toUnitCall, type UnitCall } from './records/units.ts';
import { type FileAccess, nodeFiles } from './segments/file-access.ts';
import { SegmentAppender } from './segments/segment-appender.ts';
import { SegmentReader } from './segments/segment-reader.ts';
import { SqliteConnection } from './sql/sqlite-connection.ts';
import { openReaderDatabase } from './sql/sqlite-dialect.ts';
import { errorCode, toStorageError } from './storage-errors.ts';
import type { Change, CompleteMessage, MessageWriter, Store } from './store.ts';
import { UnitIds, timeOfUnitId } from './unit-ids.ts';
import { type OutgoingCall, WriterPort } from './writer/writer-port.ts';
import type { WriteOperations } from './write-operations.ts';

export interface StoreOptions {
  readonly dataDir: string;
  /** Different for every thread that has a store at the same time, below `THREADS_MAX`. */
  readonly threadIndex: number;
  /** The other end was given to `StoreWriter.attach`. */
  readonly port: MessagePort;
  readonly clock: Clock;
  readonly log: Log;
  /** Small messages of this thread that may wait in memory. */
  readonly waitingMaxBytes?: number;
  /** A segment is sealed when it is longer. */
  readonly segmentRollBytes?: number;
  /** Tests let writes and syncs fail here. */
  readonly files?: FileAccess;
}

/** Waits until the writer has opened the storage. */
export async function openStore(options: StoreOptions): Promise<ThreadStore> {
  const reader = new SegmentReader(options.files ?? nodeFiles, segmentsFolder(options.dataDir));
  const { writer, greatestUnitId, directoryVersion } = await WriterPort.open(options.port, (segments) => {
    reader.drop(segments);
  });
  const ids = new UnitIds(options.clock, options.threadIndex, greatestUnitId);
  return new ThreadStore(options, { reader, writer, ids, directoryVersion });
}

export interface StoreCounts {
  /** Groups of small messages that were synced, the messages in them, and their octets. */
  readonly groups: number;
  readonly groupedMessages: number;
  readonly groupedBytes: number;
  /** Groups whose write or sync failed. */
  readonly failedGroups: number;
  readonly largeMessages: number;
  /** Octets of small messages that wait in memory now. */
  readonly waitingBytes: number;
  readonly openSegments: number;
}

interface StoreParts {
  readonly reader: SegmentReader;
  readonly writer: WriterPort;
  readonly ids: UnitIds;
  readonly directoryVersion: Int32Array;
}

/** A Store with what the upkeep of the storage needs besides. */
export class ThreadStore implements Store, MessageDestination<LargeMessage> {
  readonly read: SqliteConnection;
  readonly budget: OctetBudget;
  readonly #pieces = new WritePieces();
  readonly #files: FileAccess;
  readonly #folder: string;
  readonly #ids: UnitIds;
  readonly #clock: Clock;
  readonly #reader: SegmentReader;
  readonly #writer: WriterPort;
  readonly #groups: GroupCommit;
  readonly #directoryVersion: Int32Array;
  #largeMessages = 0;

  constructor(options: StoreOptions, parts: StoreParts) {
    this.read = new SqliteConnection(openReaderDatabase(databasePath(options.dataDir)));
    this.budget = new OctetBudget(options.waitingMaxBytes ?? WAITING_MAX_BYTES);
    this.#files = options.files ?? nodeFiles;
    this.#folder = segmentsFolder(options.dataDir);
    this.#ids = parts.ids;
    this.#clock = options.clock;
    this.#reader = parts.reader;
    this.#writer = parts.writer;
    this.#directoryVersion = parts.directoryVersion;
    const appender = new SegmentAppender({
      folder: this.#folder,
      files: this.#files,
      newSegmentId: () => this.#ids.next(),
      clock: options.clock,
      onSealed: (segment, bytes) => this.#writer.send([sealCall(segment, bytes)]),
      ...(options.segmentRollBytes === undefined ? {} : { rollBytes: options.segmentRollBytes }),
    });
    this.#groups = new GroupCommit(appender, (units) => {
      const calls = units.flatMap(({ grouped, call, record }) =>
        grouped.bundle instanceof Bundle ? grouped.bundle.add(call, record) : [unitCall(call, record, grouped)],
      );
      this.#writer.send(calls);
    });
  }

  get counts(): StoreCounts {
    return {
      ...this.#groups.counts,
      largeMessages: this.#largeMessages,
      waitingBytes: this.budget.used,
      openSegments: this.#reader.openFiles,
    };
  }

  get directoryVersion(): number {
    return Atomics.load(this.#directoryVersion, 0);
  }

  newUnitId(): number {
    return this.#ids.next();
  }

  openMessage(): MessageWriter {
    return new IncomingMessage(this);
  }

  openLarge(): LargeMessage {
    this.#largeMessages++;
    const segment = this.#ids.next();
    return new LargeMessage({ files: this.#files, folder: this.#folder, segment, pieces: this.#pieces });
  }

  commitSmall(octets: Buffer, prefixLength: number, unit: CommitUnit): Promise<readonly PlacedMessage[]> {
    return new Promise((resolve, reject) => {
      if (isKept(unit)) this.#groups.add({ octets, prefixLength, unit, resolve, reject });
      else this.#writer.send([unitCall(toUnitCall(unit), null, { resolve, reject })]);
    });
  }

  async commitLarge(
    { large, head }: TakenLarge<LargeMessage>,
    prefix: Uint8Array,
    unit: CommitUnit,
  ): Promise<readonly PlacedMessage[]> {
    if (!isKept(unit)) {
      await large.discard();
      return await this.execute('unit.commit', toUnitCall(unit), null);
    }
    const { record, fileBytes } = await large.finish(prefix);
    try {
      return await new Promise((resolve, reject) => {
        // In this order: a sealed segment that nothing points at is taken for garbage.
        this.#writer.send([
          unitCall(toUnitCall(unit, describeHeader(head)), record, { resolve, reject }),
          sealCall(record.segment, fileBytes),
        ]);
      });
    } catch (error) {
      await large.discard();
      throw error;
    }
  }

  async commitTogether(messages: readonly CompleteMessage[]): Promise<readonly (readonly PlacedMessage[])[]> {
    const parts = messages.map(({ message, prefix, unit }) => {
      assert(message instanceof IncomingMessage && isKept(unit), 'messages of this store with a delivery');
      return { taken: (message as IncomingMessage<LargeMessage>).take(prefix), prefix, unit };
    });
    try {
      const bundle = await Bundle.finish(parts);
      return await new Promise((resolve, reject) => {
        bundle.settle = { resolve: (value: never) => resolve(value), reject };
        const small = bundle.smallUnits();
        if (small.length === 0) this.#writer.send(bundle.calls());
        else this.#groups.addBundle(small);
      });
    } catch (error) {
      for (const { taken } of parts) if (taken.kind === 'large') await taken.large.discard();
      throw toStorageError(error);
    } finally {
      for (const { taken } of parts) if (taken.kind === 'small') taken.release();
    }
  }

  execute<K extends keyof WriteOperations>(
    name: K,
    ...args: Parameters<WriteOperations[K]>
  ): Promise<Awaited<ReturnType<WriteOperations[K]>>> {
    return this.#writer.call(name, args, true) as Promise<Awaited<ReturnType<WriteOperations[K]>>>;
  }

  executeUnsynced<K extends keyof WriteOperations>(
    name: K,
    ...args: Parameters<WriteOperations[K]>
  ): Promise<Awaited<ReturnType<WriteOperations[K]>>> {
    return this.#writer.call(name, args, false) as Promise<Awaited<ReturnType<WriteOperations[K]>>>;
  }

  async readBlob(place: BlobPlace, start: number, end: number): Promise<Buffer> {
    const from = Math.max(0, start);
    const to = Math.min(end, place.length);
    if (from >= to) return Buffer.alloc(0);
    try {
      return await this.#reader.read(place.segment, place.offset + from, place.offset + to, this.#isFresh(place));
    } catch (error) {
      if (errorCode(error) !== 'ENOENT') throw toStorageError(error);
      return await this.#readMoved(place, from, to);
    }
  }

  async readBlobs(places: readonly BlobPlace[]): Promise<Buffer[]> {
    const records: Buffer[] = [];
    for (let i = 0; i < places.length;) {
      const run = takeRun(places, i);
      const first = run[0];
      const last = run.at(-1);
      if (first === undefined || last === undefined) break;
      i += run.length;
      if (run.length === 1) {
        records.push(await this.readBlob(first, 0, first.length));
        continue;
      }
      try {
        const octets = await this.#reader.read(first.segment, first.offset, last.offset + last.length);
        for (const place of run)
          records.push(octets.subarray(place.offset - first.offset, place.offset - first.offset + place.length));
      } catch {
        for (const place of run) records.push(await this.readBlob(place, 0, place.length));
      }
    }
    return records;
  }

  #isFresh({ id, length }: BlobPlace): boolean {
    return length <= FRESH_READ_MAX_BYTES && this.#clock.now() - timeOfUnitId(id) < FRESH_READ_MS;
  }

  onChange(listener: (change: Change) => void): () => void {
    return this.#writer.onChange(listener);
  }

  onDirectoryChange(listener: () => void): Promise<() => void> {
    return this.#writer.onDirectoryChange(listener);
  }

  onQueueElsewhere(): () => void {
    return () => {};
  }

  claimQueue(): null {
    return null;
  }

  onQueueArrivals(listener: (arrivals: readonly QueueArrival[]) => void): Promise<() => void> {
    return this.#writer.onArrivals(listener);
  }

  /** Until the returned function is called no file of a segment goes; for backups. */
  async pinSegments(): Promise<() => void> {
    await this.#writer.pin();
    return () => this.#writer.unpin();
  }

  /** Resolves when no thread has these dropped segments open and no backup pins them. */
  retireSegments(segments: readonly number[]): Promise<void> {
    return this.#writer.retire(segments);
  }

  async close(): Promise<void> {
    await this.#groups.close();
    // Everything before it on the port is answered before this.
    await this.#writer.call('segment.seal-thread', [-1], true).catch(() => {});
    this.#writer.close();
    this.#reader.close();
    this.read.close();
  }

  /** Compaction has moved the record since its row was read: the row says where to. Once. */
  async #readMoved(place: BlobPlace, start: number, end: number): Promise<Buffer> {
    const now = await findPlace(this.read, place.id);
    if (now === null || now.segment === place.segment)
      throw new MailError('storage-failed', 'the message is gone', { temporary: true, details: { unit: place.id } });
    try {
      return await this.#reader.read(now.segment, now.offset + start, now.offset + end);
    } catch (error) {
      throw toStorageError(error);
    }
  }
}

/** Whether anybody gets the octets. */
function isKept(unit: CommitUnit): boolean {
  return unit.deliveries.length > 0 || unit.queued !== null;
}

function unitCall(
  unit: UnitCall,
  record: NewRecord | null,
  pending: Pick<GroupedUnit, 'resolve' | 'reject'>,
): OutgoingCall {
  return { name: 'unit.commit', args: [unit, record], synced: true, pending };
}

function sealCall(segment: number, bytes: number): OutgoingCall {
  return { name: 'segment.seal', args: [segment, bytes], synced: true, pending: null };
}

/** The places from `start` on that lie behind each other and may be read in one go. */
function takeRun(places: readonly BlobPlace[], start: number): readonly BlobPlace[] {
  const first = places[start];
  if (first === undefined) return [];
  let end = start + 1;
  let bytes = first.length;
  for (let last = first; end < places.length; end++) {
    const place = places[end];
    if (place === undefined || place.segment !== last.segment || place.offset !== last.offset + last.length) break;
    bytes += place.length;
    if (bytes > RUN_READ_BYTES) break;
    last = place;
  }
  return places.slice(start, end);
}
