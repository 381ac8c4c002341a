// Reads octets from segments over file descriptors that are kept open. A descriptor in use is counted, so a segment
// that compaction removes stays readable for those who are in the middle of it.
import { join } from 'node:path';
import { segmentName } from '../data-folder.ts';
import { OPEN_SEGMENTS_MAX } from '../limits.ts';
import type { FileAccess } from './file-access.ts';

interface OpenFile {
  readonly segment: number;
  readonly fd: Promise<number>;
  users: number;
  /** Not in the cache any more: closed when the last user is gone. */
  dropped: boolean;
}

/** One per thread. */
export class SegmentReader {
  readonly #files: FileAccess;
  readonly #folder: string;
  readonly #openMax: number;
  /** Least recently used first. */
  readonly #open = new Map<number, OpenFile>();

  constructor(files: FileAccess, folder: string, openMax: number = OPEN_SEGMENTS_MAX) {
    this.#files = files;
    this.#folder = folder;
    this.#openMax = openMax;
  }

  get openFiles(): number {
    return this.#open.size;
  }

  /**
   * Octets [start, end) of a segment; rejects with Node's error, ENOENT when the segment is gone, or when they are not
   * all there. `now`: they are in the page cache, where a round through the pool costs more than the reading.
   */
  async read(segment: number, start: number, end: number, now = false): Promise<Buffer> {
    const file = this.#acquire(segment);
    try {
      const fd = await file.fd;
      const octets = Buffer.allocUnsafeSlow(end - start);
      let filled = 0;
      while (filled < octets.length) {
        const rest = octets.subarray(filled);
        const count = now
          ? this.#files.readNow(fd, rest, start + filled)
          : await this.#files.read(fd, rest, start + filled);
        if (count === 0)
          throw Object.assign(new Error(`segment ${segmentName(segment)} ends before octet ${end}`), { code: 'EIO' });
        filled += count;
      }
      return octets;
    } finally {
      this.#release(file);
    }
  }

  /** Closes what is not in use of these segments, and the rest as soon as it is not. */
  drop(segments: readonly number[]): void {
    for (const segment of segments) {
      const file = this.#open.get(segment);
      if (file !== undefined) this.#drop(file);
    }
  }

  close(): void {
    this.drop([...this.#open.keys()]);
  }

  #acquire(segment: number): OpenFile {
    let file = this.#open.get(segment);
    if (file === undefined) {
      file = {
        segment,
        fd: this.#files.openForReading(join(this.#folder, segmentName(segment))),
        users: 0,
        dropped: false,
      };
      this.#evict();
    } else {
      this.#open.delete(segment);
    }
    this.#open.set(segment, file);
    file.users++;
    return file;
  }

  #evict(): void {
    if (this.#open.size < this.#openMax) return;
    for (const file of this.#open.values()) {
      this.#drop(file);
      break;
    }
  }

  #release(file: OpenFile): void {
    file.users--;
    // A file that could not be opened must not stay in the cache.
    file.fd.catch(() => this.#drop(file));
    if (file.dropped && file.users === 0) this.#close(file);
  }

  #drop(file: OpenFile): void {
    if (file.dropped) return;
    file.dropped = true;
    if (this.#open.get(file.segment) === file) this.#open.delete(file.segment);
    if (file.users === 0) this.#close(file);
  }

  #close(file: OpenFile): void {
    file.fd.then((fd) => this.#files.close(fd)).catch(() => {});
  }
}
