// A message that is too large to wait in memory, on its way into the object store: it is spooled into a file without a
// name while it arrives, so that slow clients hold no memory, and stored with one PUT when it is complete. The object
// is registered as pending before that; the unit's transaction takes the registration away.
import { createHash } from 'node:crypto';
import { MailError } from '../../../base/errors/mail-error.ts';
import { LargeMessage } from '../../incoming/large-message.ts';
import type { WritePieces } from '../../incoming/write-pieces.ts';
import { sealSegment } from '../../records/segments.ts';
import { type FileAccess, nodeFiles } from '../../segments/file-access.ts';
import type { SqlWriter } from '../../sql/sql.ts';
import type { Transaction } from '../../sql/transaction.ts';
import type { LargeRecord, StoredRecord } from '../large-record.ts';
import { OBJECT_UPLOAD_PIECE_BYTES } from './limits.ts';
import type { ObjectBody, ObjectStore } from './object-store.ts';

export interface LargeObjectParts {
  readonly sql: SqlWriter;
  readonly store: Pick<ObjectStore, 'put'>;
  /** A number that nobody else has, negative. */
  readonly segment: number;
  readonly pieces: WritePieces;
  /** Where the file is made. */
  readonly spoolFolder: string;
  readonly files?: FileAccess;
}

export const REGISTER_SEGMENT = 'INSERT INTO pending_segment (id) VALUES (?)';

/** One large message being spooled, then stored. */
export class LargeObject implements LargeRecord {
  readonly #parts: LargeObjectParts;
  readonly #spool: Spool;
  readonly #message: LargeMessage;

  constructor(parts: LargeObjectParts) {
    const { spoolFolder: folder, segment, pieces } = parts;
    this.#parts = parts;
    this.#spool = new Spool(parts.files ?? nodeFiles);
    this.#message = new LargeMessage({ files: this.#spool.access, folder, segment: -segment, pieces });
  }

  write(chunk: Uint8Array): void | Promise<void> {
    return this.#message.write(chunk);
  }

  async finish(prefix: Uint8Array): Promise<StoredRecord> {
    const { sql, store, segment } = this.#parts;
    try {
      const { record } = await this.#message.finish(prefix);
      const { length, position } = record;
      await sql.run(REGISTER_SEGMENT, segment);
      await store.put(segment, await this.#spool.body(position, length));
      return {
        record: { ...record, segment, position: 0 },
        keep: (tx) => keepObject(tx, segment, length),
      };
    } finally {
      await this.#spool.close();
    }
  }

  async discard(): Promise<void> {
    await this.#message.discard();
    await this.#spool.close();
  }
}

/** The registration goes and the segment comes, in the unit's transaction. Who is too late fails: the object may be gone. */
async function keepObject(tx: Transaction, segment: number, bytes: number): Promise<void> {
  const { changes } = await tx.run('DELETE FROM pending_segment WHERE id = ?', segment);
  if (changes === 0) throw new MailError('storage-failed', 'the message took too long, try again', { temporary: true });
  await sealSegment(tx, segment, bytes);
}

/** A file that need not outlive the process: its name goes as soon as it is open, nothing is synced. */
class Spool {
  readonly #files: FileAccess;
  readonly access: FileAccess;
  #fd: number | null = null;
  #closed = false;

  constructor(files: FileAccess) {
    const nothing = async (): Promise<void> => {};
    this.#files = files;
    this.access = {
      ...files,
      create: (path) => this.#create(path),
      sync: nothing,
      syncFolder: nothing,
      // Read again before it is closed.
      close: nothing,
      unlink: nothing,
    };
  }

  async #create(path: string): Promise<number> {
    this.#fd = await this.#files.create(path);
    await this.#files.unlink(path);
    return this.#fd;
  }

  /** `length` octets from `start`, to be read as often as need be. */
  async body(start: number, length: number): Promise<ObjectBody> {
    const read = (): AsyncIterable<Uint8Array> => this.#read(start, start + length);
    const hash = createHash('sha256');
    for await (const piece of read()) hash.update(piece);
    return { length, hash: hash.digest('hex'), read };
  }

  async *#read(start: number, end: number): AsyncIterable<Uint8Array> {
    for (let at = start; at < end;) {
      const piece = Buffer.allocUnsafeSlow(Math.min(OBJECT_UPLOAD_PIECE_BYTES, end - at));
      const count = this.#fd === null ? 0 : await this.#files.read(this.#fd, piece, at);
      if (count === 0) throw new MailError('storage-failed', 'storage failed, try again later', { temporary: true });
      yield piece.subarray(0, count);
      at += count;
    }
  }

  async close(): Promise<void> {
    const fd = this.#fd;
    if (fd === null || this.#closed) return;
    this.#closed = true;
    await this.#files.close(fd).catch(() => {});
  }
}
