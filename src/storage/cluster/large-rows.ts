// A message that is too large to wait in memory, as it streams into PostgreSQL: a segment of its own, in pieces, each
// written in a transaction of its own. The segment is registered as pending before its first piece; the unit's
// transaction takes the registration away, and what stays registered for long is garbage.
import type { Hash } from 'node:crypto';
import { assert } from '../../base/errors/assert.ts';
import { MailError } from '../../base/errors/mail-error.ts';
import { PREFIX_MAX_BYTES } from '../limits.ts';
import { sealSegment } from '../records/segments.ts';
import { finishRecordHash, startRecordHash } from '../segments/record-hash.ts';
import type { Transaction } from '../sql/transaction.ts';
import type { LargeRecord, StoredRecord } from './large-record.ts';
import { PIECE_BYTES } from './limits.ts';
import { ADD_OCTETS } from './octets.ts';
import type { ReadingConnections } from './reading-connections.ts';

/** One large message being written. */
export class LargeRows implements LargeRecord {
  readonly #sql: ReadingConnections;
  readonly #segment: number;
  readonly #hash: Hash = startRecordHash();
  #piece = Buffer.allocUnsafeSlow(PIECE_BYTES);
  #filled = 0;
  #written = 0;
  #writing: Promise<unknown>;

  constructor(sql: ReadingConnections, segment: number) {
    this.#sql = sql;
    this.#segment = segment;
    this.#writing = sql.run('INSERT INTO pending_segment (id) VALUES (?)', segment);
    // A failure is heard by whoever writes or finishes.
    this.#writing.catch(() => {});
  }

  write(chunk: Uint8Array): void | Promise<void> {
    const part = chunk.subarray(0, PIECE_BYTES - this.#filled);
    this.#piece.set(part, this.#filled);
    this.#filled += part.length;
    if (this.#filled < PIECE_BYTES) return undefined;
    const rest = chunk.subarray(part.length);
    return this.#writeOn(rest.length === 0 ? null : Buffer.from(rest));
  }

  /** One piece is filled while the one before is written. */
  async #writeOn(rest: Buffer | null): Promise<void> {
    const before = this.#writing;
    this.#writePiece();
    await before;
    if (rest !== null) await this.write(rest);
  }

  #writePiece(): void {
    const body = this.#piece.subarray(0, this.#filled);
    const position = PREFIX_MAX_BYTES + this.#written;
    this.#hash.update(body);
    this.#written += this.#filled;
    this.#filled = 0;
    this.#piece = Buffer.allocUnsafeSlow(PIECE_BYTES);
    this.#writing = this.#writing.then(() => this.#sql.run(ADD_OCTETS, this.#segment, position, body));
    this.#writing.catch(() => {});
  }

  /** Waits for the body; then the record, and what the unit's transaction has to do for it. */
  async finish(prefix: Uint8Array): Promise<StoredRecord> {
    assert(prefix.length <= PREFIX_MAX_BYTES, 'a prefix fits in front of its body');
    if (this.#filled > 0) this.#writePiece();
    await this.#writing;
    this.#hash.update(prefix);
    const position = PREFIX_MAX_BYTES - prefix.length;
    const record = {
      segment: this.#segment,
      position,
      length: prefix.length + this.#written,
      prefixLength: prefix.length,
      hash: finishRecordHash(this.#hash),
    };
    const keep = async (tx: Transaction): Promise<void> => {
      const { changes } = await tx.run('DELETE FROM pending_segment WHERE id = ?', this.#segment);
      if (changes === 0)
        throw new MailError('storage-failed', 'the message took too long, try again', { temporary: true });
      if (prefix.length > 0) await tx.add(ADD_OCTETS, this.#segment, position, prefix);
      await sealSegment(tx, this.#segment, PREFIX_MAX_BYTES + this.#written);
    };
    return { record, keep };
  }

  /** What is written already goes with the next round of garbage. */
  async discard(): Promise<void> {
    await this.#writing.catch(() => {});
  }
}
