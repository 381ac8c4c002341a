// A message that is too large to wait in memory: it streams into a file of its own as it arrives, behind a hole that is
// filled with the trace fields at the end, so that the record is one piece. The file becomes a one-message segment.
import type { Hash } from 'node:crypto';
import { join } from 'node:path';
import { assert } from '../../base/errors/assert.ts';
import { segmentName } from '../data-folder.ts';
import { LARGE_WRITE_BYTES, LARGE_WRITE_NOW_BYTES, PREFIX_MAX_BYTES } from '../limits.ts';
import type { NewRecord } from '../records/blobs.ts';
import type { FileAccess } from '../segments/file-access.ts';
import { finishRecordHash, startRecordHash } from '../segments/record-hash.ts';
import type { WritePieces } from './write-pieces.ts';

export interface LargeMessageParts {
  readonly files: FileAccess;
  readonly folder: string;
  readonly segment: number;
  readonly pieces: WritePieces;
}

/** One file being written. Every method but `write` may be called once. */
export class LargeMessage {
  readonly #parts: LargeMessageParts;
  readonly #path: string;
  readonly #hash: Hash = startRecordHash();
  readonly #opening: Promise<number>;
  #fd: number | null = null;
  #open = true;
  /** The body's octets that were handed to the file. */
  #written = 0;
  #writing: Promise<void> | null = null;
  /** The first write that failed. */
  #failure: unknown = null;

  constructor(parts: LargeMessageParts) {
    this.#parts = parts;
    this.#path = join(parts.folder, segmentName(parts.segment));
    this.#opening = parts.files.create(this.#path);
    this.#opening.then(
      (fd) => {
        this.#fd = fd;
      },
      // A failure is heard by whoever writes or finishes.
      () => {},
    );
  }

  /**
   * The chunk may be used again after the call; not to be called before the promise of the call before has settled.
   * Throws or rejects with Node's error.
   */
  write(chunk: Uint8Array): void | Promise<void> {
    if (chunk.length > LARGE_WRITE_BYTES) return this.#writeParts(Buffer.from(chunk));
    const position = PREFIX_MAX_BYTES + this.#written;
    this.#written += chunk.length;
    const fd = this.#fd;
    if (fd !== null && chunk.length <= LARGE_WRITE_NOW_BYTES) return this.#writeNow(fd, chunk, position);
    const piece = this.#parts.pieces.take();
    if (piece === null && fd !== null) return this.#writeNow(fd, chunk, position);
    const body = piece === null ? Buffer.from(chunk) : piece.subarray(0, chunk.length);
    if (piece !== null) body.set(chunk);
    this.#writing = this.#writePiece(body, position, piece);
    // While the disk is at work.
    this.#hash.update(body);
    return this.#writing;
  }

  #writeNow(fd: number, chunk: Uint8Array, position: number): void {
    try {
      this.#parts.files.writeNow(fd, [chunk], position);
    } catch (error) {
      this.#failure ??= error;
      throw error;
    }
    this.#hash.update(chunk);
  }

  async #writeParts(chunk: Buffer): Promise<void> {
    for (let at = 0; at < chunk.length; at += LARGE_WRITE_BYTES) {
      await this.write(chunk.subarray(at, at + LARGE_WRITE_BYTES));
    }
  }

  async #writePiece(body: Uint8Array, position: number, piece: Buffer | null): Promise<void> {
    try {
      await this.#parts.files.write(this.#fd ?? (await this.#opening), body, position);
    } catch (error) {
      this.#failure ??= error;
      throw error;
    } finally {
      if (piece !== null) this.#parts.pieces.give(piece);
    }
  }

  /** Puts the prefix in front of the body and makes file and name durable. Rejects with Node's error; the file is gone then. */
  async finish(prefix: Uint8Array): Promise<{ record: NewRecord; fileBytes: number }> {
    assert(prefix.length <= PREFIX_MAX_BYTES, 'a prefix fits in front of its body');
    const { files, folder, segment } = this.#parts;
    try {
      await this.#writing;
      if (this.#failure !== null) throw this.#failure;
      const fd = await this.#opening;
      this.#hash.update(prefix);
      const position = PREFIX_MAX_BYTES - prefix.length;
      if (prefix.length > 0) await files.write(fd, prefix, position);
      await files.sync(fd);
      await files.syncFolder(folder);
      this.#open = false;
      await files.close(fd);
      const record = {
        segment,
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
    const { files } = this.#parts;
    await this.#writing?.catch(() => {});
    const fd = await this.#opening.catch(() => null);
    if (fd === null) return;
    if (this.#open) await files.close(fd).catch(() => {});
    this.#open = false;
    await files.unlink(this.#path).catch(() => {});
  }
}
