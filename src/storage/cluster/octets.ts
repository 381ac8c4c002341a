// Where octets are read. Segment 0 holds small messages, each under its unit's id; a segment above 0 is one large message
// in pieces of rows; one below 0 is an object of the object store, with one message or many. A place's offset is the key,
// so the place of a small message is (0, unit id).
import { MailError } from '../../base/errors/mail-error.ts';
import type { BlobPlace } from '../blob-place.ts';
import { findPlace } from '../records/blobs.ts';
import { PIECE_BYTES } from './limits.ts';
import type { ObjectReader } from './objects/object-reader.ts';
import type { ReadingConnections } from './reading-connections.ts';

export const ADD_OCTETS = 'INSERT INTO blob_octets (segment, position, octets) VALUES (?, ?, ?)';

/** Reads octets wherever they are; one per thread. */
export class OctetReader {
  readonly #sql: ReadingConnections;
  /** null: this node has no object store. */
  readonly #objects: ObjectReader | null;

  constructor(sql: ReadingConnections, objects: ObjectReader | null) {
    this.#sql = sql;
    this.#objects = objects;
  }

  /** Octets [start, end) of a record. A record that has moved since its place was read is looked for once more. */
  async read(place: BlobPlace, start: number, end: number): Promise<Buffer> {
    const from = Math.max(0, start);
    const to = Math.min(end, place.length);
    if (from >= to) return Buffer.alloc(0);
    const octets = await this.#readAt(place, from, to);
    if (octets !== null) return octets;
    const now = await findPlace(this.#sql, place.id);
    const moved = now !== null && (now.segment !== place.segment || now.offset !== place.offset);
    const found = moved ? await this.#readAt(now, from, to) : null;
    if (found === null) throw gone(place);
    return found;
  }

  /** Whole records, in the order asked; the small ones that are rows with one statement, objects side by side. */
  async readAll(places: readonly BlobPlace[]): Promise<Buffer[]> {
    const small = places.filter((place) => place.segment === 0);
    const rows = small.length < 2 ? [] : await this.#rows(small);
    const byPosition = new Map(rows.map((row) => [row.position, row.octets]));
    return await Promise.all(
      places.map(async (place) => {
        const known = place.segment === 0 ? byPosition.get(place.offset) : undefined;
        return known ?? (await this.read(place, 0, place.length));
      }),
    );
  }

  async #rows(places: readonly BlobPlace[]): Promise<{ position: number; octets: Buffer }[]> {
    return await this.#sql.list<{ position: number; octets: Buffer }>(
      'SELECT position, octets FROM blob_octets WHERE segment = 0 AND position = ANY($1::bigint[])',
      [places.map((place) => place.offset)],
    );
  }

  /** null: they are not there. */
  async #readAt(place: BlobPlace, from: number, to: number): Promise<Buffer | null> {
    if (place.segment > 0) return await this.#readPieces(place, from, to);
    if (place.segment === 0) return await this.#readSmall(place, from, to);
    if (this.#objects === null)
      throw new MailError('storage-failed', 'storage failed, try again later', {
        temporary: true,
        details: { unit: place.id, fault: 'it is in an object store, and [store] blobs names none' },
      });
    return await this.#objects.read(place.segment, place.offset + from, place.offset + to);
  }

  async #readSmall(place: BlobPlace, from: number, to: number): Promise<Buffer | null> {
    const row = await this.#sql.get<{ octets: Buffer }>(
      'SELECT octets FROM blob_octets WHERE segment = 0 AND position = ?',
      place.offset,
    );
    return row === undefined ? null : row.octets.subarray(from, to);
  }

  async #readPieces(place: BlobPlace, from: number, to: number): Promise<Buffer | null> {
    const [first, last] = [place.offset + from, place.offset + to];
    const rows = await this.#sql.all<{ position: number; octets: Buffer }>(
      `SELECT position, octets FROM blob_octets WHERE segment = ? AND position > ? AND position < ? ORDER BY position`,
      place.segment,
      first - PIECE_BYTES,
      last,
    );
    let at = first;
    const pieces: Buffer[] = [];
    for (const { position, octets } of rows) {
      if (position + octets.length <= at) continue;
      if (position > at) return null;
      const piece = octets.subarray(at - position, last - position);
      pieces.push(piece);
      at += piece.length;
    }
    return at < last ? null : Buffer.concat(pieces, to - from);
  }
}

function gone(place: BlobPlace): MailError {
  return new MailError('storage-failed', 'the message is gone', { temporary: true, details: { unit: place.id } });
}
