// Octets in PostgreSQL. Segment 0 holds small messages, each under its unit's id; any other segment is one large message
// in pieces. A place's offset is the key, so the place of a small message is (0, unit id).
import { MailError } from '../../base/errors/mail-error.ts';
import type { BlobPlace } from '../blob-place.ts';
import { PIECE_BYTES } from './limits.ts';
import type { ReadingConnections } from './reading-connections.ts';

export const ADD_OCTETS = 'INSERT INTO blob_octets (segment, position, octets) VALUES (?, ?, ?)';

/** Octets [start, end) of a record. */
export async function readOctets(
  sql: ReadingConnections,
  place: BlobPlace,
  start: number,
  end: number,
): Promise<Buffer> {
  const from = Math.max(0, start);
  const to = Math.min(end, place.length);
  if (from >= to) return Buffer.alloc(0);
  return place.segment === 0 ? await readSmall(sql, place, from, to) : await readPieces(sql, place, from, to);
}

async function readSmall(sql: ReadingConnections, place: BlobPlace, from: number, to: number): Promise<Buffer> {
  const row = await sql.get<{ octets: Buffer }>(
    'SELECT octets FROM blob_octets WHERE segment = 0 AND position = ?',
    place.offset,
  );
  if (row === undefined) throw gone(place);
  return row.octets.subarray(from, to);
}

async function readPieces(sql: ReadingConnections, place: BlobPlace, from: number, to: number): Promise<Buffer> {
  const [first, last] = [place.offset + from, place.offset + to];
  const rows = await sql.all<{ position: number; octets: Buffer }>(
    `SELECT position, octets FROM blob_octets WHERE segment = ? AND position > ? AND position < ? ORDER BY position`,
    place.segment,
    first - PIECE_BYTES,
    last,
  );
  let at = first;
  const pieces: Buffer[] = [];
  for (const { position, octets } of rows) {
    if (position + octets.length <= at) continue;
    if (position > at) throw gone(place);
    const piece = octets.subarray(at - position, last - position);
    pieces.push(piece);
    at += piece.length;
  }
  if (at < last) throw gone(place);
  return Buffer.concat(pieces, to - from);
}

/** Whole records, in the order asked; the small ones with one statement. */
export async function readRecords(sql: ReadingConnections, places: readonly BlobPlace[]): Promise<Buffer[]> {
  const small = places.filter((place) => place.segment === 0);
  const rows =
    small.length < 2
      ? []
      : await sql.list<{ position: number; octets: Buffer }>(
          'SELECT position, octets FROM blob_octets WHERE segment = 0 AND position = ANY($1::bigint[])',
          [small.map((place) => place.offset)],
        );
  const byPosition = new Map(rows.map((row) => [row.position, row.octets]));
  const records: Buffer[] = [];
  for (const place of places) {
    const known = place.segment === 0 ? byPosition.get(place.offset) : undefined;
    records.push(known ?? (await readOctets(sql, place, 0, place.length)));
  }
  return records;
}

function gone(place: BlobPlace): MailError {
  return new MailError('storage-failed', 'the message is gone', { temporary: true, details: { unit: place.id } });
}
