// The octets of a stored message as a client reads them: the row's prefix, then the record; and where its parts lie.
import { parseMessage } from '../../formats/mime/parse-message.ts';
import type { OctetsRow } from '../../storage/records/message-pages.ts';
import { type PartOffsets, toPartOffsets, unpackParts } from '../../storage/packed-parts.ts';
import type { Store } from '../../storage/store.ts';
import { WHOLE_READ_MAX_OCTETS } from './limits.ts';

/** One message, open for reading. */
export class MessageOctets {
  readonly uid: number;
  readonly size: number;
  readonly #store: Store;
  readonly #row: OctetsRow;
  /** All of it, when it is short or was needed whole. */
  #whole: Buffer | null;

  constructor(store: Store, row: OctetsRow, whole: Buffer | null) {
    this.uid = row.uid;
    this.size = row.size;
    this.#store = store;
    this.#row = row;
    this.#whole = whole;
  }

  /** Octets [start, end). Rejects with storage-failed when they are gone. */
  read(start: number, end: number): Buffer | Promise<Buffer> {
    if (this.#whole !== null) return this.#whole.subarray(start, end);
    return this.size <= WHOLE_READ_MAX_OCTETS
      ? this.readWhole().then((whole) => whole.subarray(start, end))
      : this.#readPiece(start, end);
  }

  /** All octets at once. */
  async readWhole(): Promise<Buffer> {
    this.#whole ??= await this.#readPiece(0, this.size);
    return this.#whole;
  }

  async structure(): Promise<PartOffsets> {
    const { parts, prefix, recordPrefixLength } = this.#row;
    if (parts !== null) return unpackParts(parts, prefix.length + recordPrefixLength);
    const whole = await this.readWhole();
    const structure = toPartOffsets(parseMessage(whole).root);
    // A long message is not held for the sake of its structure.
    if (this.size > WHOLE_READ_MAX_OCTETS) this.#whole = null;
    return structure;
  }

  async #readPiece(start: number, end: number): Promise<Buffer> {
    const { prefix, place } = this.#row;
    const from = Math.max(0, start);
    const to = Math.min(end, this.size);
    if (from >= prefix.length) return await this.#store.readBlob(place, from - prefix.length, to - prefix.length);
    const head = Buffer.from(prefix.buffer, prefix.byteOffset, prefix.length).subarray(from, to);
    if (to <= prefix.length) return head;
    return Buffer.concat([head, await this.#store.readBlob(place, 0, to - prefix.length)]);
  }
}

/** A message as a client reads it. */
export function withPrefix(prefix: Uint8Array, record: Buffer): Buffer {
  return prefix.length === 0 ? record : Buffer.concat([prefix, record]);
}
