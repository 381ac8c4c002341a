// The octets of a stored message as a client reads them: the row's prefix, then the record; and where its parts lie.
import { parseMessage } from '../../formats/mime/parse-message.ts';
import type { BodyPart } from '../../formats/mime/body-part.ts';
import { transferEncoding } from '../../formats/mime/section.ts';
import type { OctetsRow } from '../../storage/records/message-pages.ts';
import type { Store } from '../../storage/store.ts';
import { WHOLE_READ_MAX_OCTETS } from './limits.ts';

/** RFC 2045, as RFC 9051 §6.4.5.1 names sections; offsets count from the start of the message. */
export interface PartOffsets {
  readonly headerStart: number;
  readonly bodyStart: number;
  readonly bodyEnd: number;
  /** Lower case, 'text/plain'. */
  readonly mediaType: string;
  /** Lower case; '7bit' when there is none. */
  readonly encoding: string;
  readonly children: readonly PartOffsets[];
}

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
    if (parts !== null) return shiftParts(JSON.parse(parts) as PackedPart, prefix.length + recordPrefixLength, 0);
    const whole = await this.readWhole();
    const structure = toOffsets(parseMessage(whole).root);
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

function toOffsets(part: BodyPart): PartOffsets {
  return {
    headerStart: part.start,
    bodyStart: part.bodyStart,
    bodyEnd: part.end,
    mediaType: `${part.type ?? 'text'}/${part.subtype ?? 'plain'}`.toLowerCase(),
    encoding: transferEncoding(part),
    children: part.children.map(toOffsets),
  };
}

/** headerStart, bodyStart, bodyEnd, media type, encoding, children. */
export type PackedPart = readonly [number, number, number, string, string, readonly PackedPart[]];

/** The packed parts count from the start of what was delivered; in front of it stand `shift` octets of header. */
function shiftParts(
  [start, body, end, mediaType, encoding, children]: PackedPart,
  shift: number,
  depth: number,
): PartOffsets {
  return {
    headerStart: depth === 0 ? 0 : start + shift,
    bodyStart: body + shift,
    bodyEnd: end + shift,
    mediaType,
    encoding,
    children: children.map((child) => shiftParts(child, shift, depth + 1)),
  };
}
