// A message that is too large to wait in memory: it streams into a file of its own as it arrives, behind a hole that is
// filled with the trace fields at the end, so that the record is one piece. The file becomes a one-message segment.
import type { Hash } from 'node:crypto';
import { join } from 'node:path';
import { assert } from '../../base/errors/assert.ts';
import { segmentName } from '../data-folder.ts';
import { LARGE_WRITE_BYTES, PREFIX_MAX_BYTES } from '../limits.ts';
import type { NewRecord } from '../records/blobs.ts';
import type { FileAccess } from '../segments/file-access.ts';
import { finishRecordHash, startRecordHash } from '../segments/record-hash.ts';

/** One file being written. Every method but `write` may be called once. */
export class LargeMessage {
  readonly #files: FileAccess;
  readonly #folder: string;
  readonly #segment: number;
  readonly #path: string;
  readonly #hash: Hash = startRecordHash();
  readonly #fd: Promise<number>;
  #open = true;
  #piece = Buffer.allocUnsafeSlow(LARGE_WRITE_BYTES);
  #filled = 0;
  #spare: Buffer<ArrayBuffer> | null = null;
  /** The body's octets that were handed to the file. */
  #written = 0;
  #writing: Promise<void> = Promise.resolve();

  constructor(files: FileAccess, folder: string, segment: number) {
    this.#files = files;
    this.#folder = folder;
    this.#segment = segment;
    this.#path = join(folder, segmentName(segment));
    this.#fd = files.create(this.#path);
    // A failure is heard by whoever writes or finishes.
    this.#fd.catch(() => {});
  }

  /** Copies the chunk; a promise means: wait before the next one. Rejects with Node's error. */
  write(chunk: Uint8Array): void | Promise<void> {
    let rest = chunk;
    let wait: void | Promise<void> = undefined;
    while (rest.length > 0) {
      const part = rest.subarray(0, LARGE_WRITE_BYTES - this.#filled);
      this.#piece.set(part, this.#filled);
      this.#filled += part.length;
      rest = rest.subarray(part.length);
      if (this.#filled < LARGE_WRITE_BYTES) continue;
      if (rest.length > 0) return this.#writeRest(rest);
      wait = this.#writePiece();
    }
    return wait;
  }

  async #writeRest(rest: Uint8Array): Promise<void> {
    // The chunk is only valid during the call.
    const copy = Buffer.from(rest);
    await this.#writePiece();
    await this.write(copy);
  }

  /** Hands the full piece to the file; the promise is that of the piece before, so that one is filled while one is written. */
  #writePiece(): Promise<void> {
    const before = this.#writing;
    const piece = this.#piece;
    const body = piece.subarray(0, this.#filled);
    const position = PREFIX_MAX_BYTES + this.#written;
    this.#hash.update(body);
    this.#written += this.#filled;
    this.#filled = 0;
    this.#piece = this.#spare ?? Buffer.allocUnsafeSlow(LARGE_WRITE_BYTES);
    this.#spare = null;
    this.#writing = before.then(async () => {
      await this.#files.write(await this.#fd, body, position);
      this.#spare = piece;
    });
    this.#writing.catch(() => {});
    return before;
  }

  /** Puts the prefix in front of the body and makes file and name durable. Rejects with Node's error; the file is gone then. */
  async finish(prefix: Uint8Array): Promise<{ record: NewRecord; fileBytes: number }> {
    assert(prefix.length <= PREFIX_MAX_BYTES, 'a prefix fits in front of its body');
    try {
      if (this.#filled > 0) void this.#writePiece();
      await this.#writing;
      const fd = await this.#fd;
      this.#hash.update(prefix);
      const position = PREFIX_MAX_BYTES - prefix.length;
      if (prefix.length > 0) await this.#files.write(fd, prefix, position);
      await this.#files.sync(fd);
      await this.#files.syncFolder(this.#folder);
      this.#open = false;
      await this.#files.close(fd);
      const record = {
        segment: this.#segment,
        position,
        length: prefix.length + this.#written,
        prefixLength: prefix.length,
        hash: finishRecordHash(this.#hash),
      };
      return { record, fileBytes: PREFIX_MAX_BYTES + this.#written };
    } catch (error) {
      await this.discard();
      throw error;
    }
  }

  /** Removes the file. */
  async discard(): Promise<void> {
    await this.#writing.catch(() => {});
    const fd = await this.#fd.catch(() => null);
    if (fd === null) return;
    if (this.#open) await this.#files.close(fd).catch(() => {});
    this.#open = false;
    await this.#files.unlink(this.#path).catch(() => {});
  }
}
