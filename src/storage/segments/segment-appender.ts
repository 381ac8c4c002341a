// The segment that one thread appends to. A group of records is one write and one sync; the folder is synced before
// anything can point into a new file. After a failed sync nothing is known about the file's pages, so the segment is
// abandoned: its committed records stay readable, it gets no more, and that sync is never tried again.
import type { Clock } from '../../base/clock.ts';
import { SEGMENT_ROLL_BYTES, SPARE_AFTER_GROUPS } from '../limits.ts';
import { errorCode } from '../storage-errors.ts';
import {
  createSegment,
  discardSegment,
  type NewSegment,
  type NewSegmentOptions,
  SpareSegment,
} from './spare-segment.ts';

export interface AppenderOptions extends NewSegmentOptions {
  readonly clock: Clock;
  /** The segment has all records that it will ever have; comes after the last group that points into it was handed out. */
  readonly onSealed: (segment: number, bytes: number) => void;
  readonly rollBytes?: number;
}

interface OpenSegment extends NewSegment {
  /** Where the next group goes: behind everything that was synced. */
  length: number;
  groups: number;
}

/** Appends groups of records, one group at a time. */
export class SegmentAppender {
  readonly #options: AppenderOptions;
  readonly #rollBytes: number;
  readonly #spare: SpareSegment;
  #segment: OpenSegment | null = null;

  constructor(options: AppenderOptions) {
    this.#options = options;
    this.#rollBytes = options.rollBytes ?? SEGMENT_ROLL_BYTES;
    this.#spare = new SpareSegment(options, options.clock);
  }

  /**
   * Makes `pieces` durable; where the first octet is. Rejects with Node's error when it could not; then none of it is
   * in use. Not to be called before the last call has settled.
   */
  async append(pieces: readonly Uint8Array[], bytes: number): Promise<{ segment: number; position: number }> {
    if (this.#segment !== null && this.#isFull(this.#segment)) await this.#seal(this.#segment);
    this.#segment ??= { ...(this.#spare.take() ?? (await createSegment(this.#options))), length: 0, groups: 0 };
    const segment = this.#segment;
    const position = segment.length;
    try {
      this.#options.files.writeNow(segment.fd, pieces, position);
    } catch (error) {
      // On a full disk the next group overwrites what this one left behind, as soon as there is room.
      if (errorCode(error) !== 'ENOSPC') await this.#seal(segment);
      throw error;
    }
    try {
      await this.#options.files.sync(segment.fd);
    } catch (error) {
      await this.#seal(segment);
      throw error;
    }
    segment.length = position + bytes;
    segment.groups++;
    if (segment.groups >= SPARE_AFTER_GROUPS && segment.length * 2 > segment.prepared) this.#spare.prepare();
    return { segment: segment.id, position };
  }

  /** Seals the segment that is open. */
  async close(): Promise<void> {
    if (this.#segment !== null) await this.#seal(this.#segment);
    await this.#spare.close();
  }

  #isFull(segment: OpenSegment): boolean {
    if (segment.length >= this.#rollBytes) return true;
    return segment.length > 0 && segment.length >= segment.prepared && this.#spare.isReady;
  }

  async #seal(segment: OpenSegment): Promise<void> {
    this.#segment = null;
    const { files } = this.#options;
    if (segment.length === 0) {
      await discardSegment(files, segment);
      return;
    }
    this.#options.onSealed(segment.id, segment.length);
    // The octets behind the last synced group belong to nobody; a failure to cut them off costs only room.
    await files.truncate(segment.fd, segment.length).catch(() => {});
    await files.close(segment.fd).catch(() => {});
  }
}
