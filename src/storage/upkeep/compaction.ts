// Compaction of sealed segments that are mostly garbage: copy what is alive, sync, sync the folder, commit the new
// positions, wait until every thread has let go of the old files and no backup pins them, and only then remove them.
// A crash at any point leaves each record in at least one file that its row points at.
import { join } from 'node:path';
import type { Log } from '../../base/log.ts';
import { segmentName, segmentsFolder } from '../data-folder.ts';
import { COMPACT_SEGMENTS_MAX, MOVES_PER_CALL, RUN_READ_BYTES, SEGMENT_ROLL_BYTES } from '../limits.ts';
import { type BlobRow, listBlobsOfSegment } from '../records/blobs.ts';
import { type BlobMove, listCompactable } from '../records/segments.ts';
import { type FileAccess, nodeFiles } from '../segments/file-access.ts';
import { hasHash } from '../segments/record-hash.ts';
import { SegmentReader } from '../segments/segment-reader.ts';
import { errorCode } from '../storage-errors.ts';
import type { ThreadStore } from '../thread-store.ts';

export interface CompactionResult {
  /** Files that went. */
  readonly removed: number;
  /** Records that were copied. */
  readonly moved: number;
}

/** One per process, in the main thread. */
export class Compactor {
  readonly #store: ThreadStore;
  readonly #folder: string;
  readonly #files: FileAccess;
  readonly #log: Log;
  /** Segments with octets that do not prove true: left alone, for `verify` and for people. */
  readonly #damaged = new Set<number>();

  constructor(store: ThreadStore, options: { dataDir: string; log: Log; files?: FileAccess }) {
    this.#store = store;
    this.#folder = segmentsFolder(options.dataDir);
    this.#files = options.files ?? nodeFiles;
    this.#log = options.log;
  }

  /** One round over the segments that have become garbage. Rejects when a file or the writer fails; nothing is lost then. */
  async run(): Promise<CompactionResult> {
    const listed = await listCompactable(this.#store.read, COMPACT_SEGMENTS_MAX);
    const candidates = listed.filter((segment) => !this.#damaged.has(segment.id));
    const sources: number[] = [];
    let bytes = 0;
    for (const segment of candidates) {
      if (segment.liveBytes === 0 || bytes + segment.liveBytes > SEGMENT_ROLL_BYTES) continue;
      sources.push(segment.id);
      bytes += segment.liveBytes;
    }
    const moved = sources.length === 0 ? 0 : await this.#copy(sources);
    const empty = candidates.filter((segment) => segment.liveBytes === 0).map((segment) => segment.id);
    const dropped = await this.#store.execute('segment.drop', [...empty, ...sources]);
    if (dropped.length === 0) return { removed: 0, moved };
    await this.#store.retireSegments(dropped);
    for (const id of dropped) await this.#unlink(id);
    await this.#store.execute('segment.forget', dropped);
    return { removed: dropped.length, moved };
  }

  /** Copies the live records of `sources` into one new segment and points their rows there. */
  async #copy(sources: readonly number[]): Promise<number> {
    const to = this.#store.newUnitId();
    const path = join(this.#folder, segmentName(to));
    const reader = new SegmentReader(this.#files, this.#folder);
    const fd = await this.#files.create(path);
    const moves: BlobMove[] = [];
    let length = 0;
    try {
      for (const source of sources) length = await this.#copySegment(source, { reader, fd, moves, length });
      await this.#files.sync(fd);
      await this.#files.syncFolder(this.#folder);
    } catch (error) {
      await this.#files.close(fd).catch(() => {});
      await this.#files.unlink(path).catch(() => {});
      throw error;
    } finally {
      reader.close();
    }
    await this.#files.close(fd);
    let moved = 0;
    for (let i = 0; i < moves.length; i += MOVES_PER_CALL)
      moved += await this.#store.execute('segment.move', to, moves.slice(i, i + MOVES_PER_CALL));
    // After the moves: a sealed segment that nothing points at is taken for garbage.
    await this.#store.execute('segment.seal', to, length);
    return moved;
  }

  /** Where the next record goes. */
  async #copySegment(
    source: number,
    target: { reader: SegmentReader; fd: number; moves: BlobMove[]; length: number },
  ): Promise<number> {
    const blobs = await listBlobsOfSegment(this.#store.read, source);
    let length = target.length;
    const moves: BlobMove[] = [];
    for (let i = 0; i < blobs.length;) {
      const run = takeRun(blobs, i);
      i += run.length;
      const pieces = await this.#readChecked(target.reader, run);
      if (pieces === null) return target.length;
      for (const [index, blob] of run.entries()) {
        const piece = pieces[index];
        if (piece === undefined) continue;
        await this.#files.write(target.fd, piece, length);
        moves.push({ id: blob.id, from: source, length: blob.length, position: length });
        length += blob.length;
      }
    }
    target.moves.push(...moves);
    return length;
  }

  /** The records of a run; null when one of them is not what was stored. */
  async #readChecked(reader: SegmentReader, run: readonly BlobRow[]): Promise<Buffer[] | null> {
    const first = run[0];
    const last = run.at(-1);
    if (first === undefined || last === undefined) return [];
    let fault = 'the hash differs';
    try {
      const octets = await reader.read(first.segment, first.position, last.position + last.length);
      const pieces = run.map((blob) =>
        octets.subarray(blob.position - first.position, blob.position - first.position + blob.length),
      );
      if (run.every((blob, index) => hasHash(pieces[index] ?? Buffer.alloc(0), blob.prefixLength, blob.hash)))
        return pieces;
    } catch (error) {
      fault = error instanceof Error ? error.message : String(error);
    }
    this.#damaged.add(first.segment);
    this.#log.error({ segment: segmentName(first.segment), fault }, 'a segment is damaged; run verify');
    return null;
  }

  async #unlink(segment: number): Promise<void> {
    try {
      await this.#files.unlink(join(this.#folder, segmentName(segment)));
    } catch (error) {
      if (errorCode(error) !== 'ENOENT') throw error;
    }
  }
}

/** Blobs from `start` on that may be read in one go: small gaps of garbage are read along. */
function takeRun(blobs: readonly BlobRow[], start: number): readonly BlobRow[] {
  const first = blobs[start];
  if (first === undefined) return [];
  let end = start + 1;
  for (; end < blobs.length; end++) {
    const blob = blobs[end];
    if (blob === undefined || blob.position + blob.length - first.position > RUN_READ_BYTES) break;
  }
  return blobs.slice(start, end);
}
