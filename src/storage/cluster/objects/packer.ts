// Moves small messages out of the database into objects of many, large ones that are rows into objects of their own, and
// packs objects anew of which little is left. The object is registered, then durable, before one statement points the rows at it and removes the octets; whoever reads
// with an old place looks again. Only records whose hash is right are moved.
import { createHash } from 'node:crypto';
import { assert } from '../../../base/errors/assert.ts';
import type { Log } from '../../../base/log.ts';
import { findPlace } from '../../records/blobs.ts';
import { finishRecordHash, hasHash, startRecordHash } from '../../segments/record-hash.ts';
import { unitIdAt } from '../../unit-ids.ts';
import { OctetReader } from '../octets.ts';
import type { ReadingConnections } from '../reading-connections.ts';
import { REGISTER_SEGMENT } from './large-object.ts';
import {
  DAMAGED_RECORDS_MAX,
  OBJECT_UPLOAD_PIECE_BYTES,
  PACK_AGE_SECONDS,
  PACK_BYTES,
  PACK_MIN_BYTES,
  PACK_RECORDS_MAX,
  REPACK_OBJECTS_MAX,
} from './limits.ts';
import { bodyOf, type ObjectBody, type ObjectStore } from './object-store.ts';

export interface PackerOptions {
  readonly sql: ReadingConnections;
  readonly store: Pick<ObjectStore, 'put' | 'get'>;
  readonly newUnitId: () => number;
  readonly log: Log;
  /** Asked between objects; false ends the round. */
  readonly goesOn: () => boolean;
  readonly ageSeconds?: number;
  readonly minBytes?: number;
}

interface Packable {
  readonly id: number;
  readonly segment: number;
  readonly position: number;
  readonly length: number;
  readonly prefixLength: number;
  readonly hash: Uint8Array;
}

interface Packed {
  readonly record: Packable;
  readonly octets: Uint8Array;
}

const RECORD_COLUMNS = 'b.id, b.segment, b.position, b.length, b.prefix_length AS "prefixLength", b.hash';

/** One per node; it works while the node has the lease for it. */
export class Packer {
  readonly #options: PackerOptions;
  /** Octets that are not what was stored: told once, left where they are. */
  readonly #damaged = new Set<number>();

  constructor(options: PackerOptions) {
    this.#options = options;
  }

  /** Moves everything that is old enough, then packs what is half empty; how many records moved. */
  async run(): Promise<number> {
    let moved = 0;
    const until = await this.#oldEnough();
    for (let after = 0; this.#options.goesOn();) {
      const records = await this.#nextSmall(after, until);
      const last = records.at(-1);
      if (last === undefined) break;
      after = last.id;
      moved += await this.#pack(await this.#readRows(records));
    }
    moved += await this.#moveLarge(until);
    while (this.#options.goesOn()) {
      const again = await this.#repack();
      if (again === 0) break;
      moved += again;
    }
    return moved;
  }

  /** Units before this id are old enough, by the database's clock. */
  async #oldEnough(): Promise<number> {
    const { sql, ageSeconds = PACK_AGE_SECONDS } = this.#options;
    const row = await sql.get<{ ms: number }>('SELECT CAST(floor(extract(epoch FROM now()) * 1000) AS BIGINT) AS ms');
    assert(row !== undefined, 'the database knows the time');
    return unitIdAt(row.ms - ageSeconds * 1000);
  }

  /** The records of one object; none while there are too few octets for one. */
  async #nextSmall(after: number, until: number): Promise<readonly Packable[]> {
    const { sql, minBytes = PACK_MIN_BYTES } = this.#options;
    const rows = await sql.all<Packable>(
      `SELECT ${RECORD_COLUMNS} FROM blob_octets o JOIN blob b ON b.id = o.position AND b.segment = 0
       WHERE o.segment = 0 AND o.position > ? AND o.position < ? ORDER BY o.position LIMIT ?`,
      after,
      until,
      PACK_RECORDS_MAX,
    );
    const records = rows.filter((row) => !this.#damaged.has(row.id));
    let bytes = 0;
    let count = 0;
    while (count < records.length && bytes < PACK_BYTES) bytes += records[count++]?.length ?? 0;
    const isWorthIt = bytes >= minBytes || rows.length === PACK_RECORDS_MAX;
    return isWorthIt ? records.slice(0, count) : [];
  }

  async #readRows(records: readonly Packable[]): Promise<Packed[]> {
    const rows = await this.#options.sql.list<{ position: number; octets: Buffer }>(
      'SELECT position, octets FROM blob_octets WHERE segment = 0 AND position = ANY($1::bigint[])',
      [records.map((record) => record.position)],
    );
    const byPosition = new Map(rows.map((row) => [row.position, row.octets]));
    return records.flatMap((record) => {
      // What is not there any more was released meanwhile.
      const octets = byPosition.get(record.position);
      return octets === undefined ? [] : [{ record, octets }];
    });
  }

  /** Large messages from before there was an object store; their rows go with the next round of garbage. */
  async #moveLarge(until: number): Promise<number> {
    const { sql, store, newUnitId, goesOn } = this.#options;
    let moved = 0;
    for (let after = 0; goesOn();) {
      const [record] = await sql.all<Packable>(
        `SELECT ${RECORD_COLUMNS} FROM segment s JOIN blob b ON b.segment = s.id
         WHERE s.id > ? AND s.id < ? AND s.state = 'sealed' ORDER BY s.id LIMIT 1`,
        after,
        until,
      );
      if (record === undefined) break;
      after = record.segment;
      const body = this.#damaged.has(record.segment) ? null : await this.#bodyOfRows(record);
      if (body === null) continue;
      const segment = -newUnitId();
      await sql.run(REGISTER_SEGMENT, segment);
      await store.put(segment, body);
      moved += await moveRecords(sql, segment, record.length, [record]);
    }
    return moved;
  }

  /** null: its octets are not what was stored, or went meanwhile. */
  async #bodyOfRows(record: Packable): Promise<ObjectBody | null> {
    const { id, segment, position, length, prefixLength } = record;
    const octets = new OctetReader(this.#options.sql, null);
    const read = async function* (start = 0): AsyncIterable<Uint8Array> {
      for (let at = start; at < length; at += OBJECT_UPLOAD_PIECE_BYTES)
        yield await octets.read({ id, segment, offset: position, length }, at, at + OBJECT_UPLOAD_PIECE_BYTES);
    };
    try {
      const whole = createHash('sha256');
      for await (const piece of read()) whole.update(piece);
      const own = startRecordHash();
      for await (const piece of read(prefixLength)) own.update(piece);
      own.update(await octets.read({ id, segment, offset: position, length }, 0, prefixLength));
      if (Buffer.from(finishRecordHash(own), 'latin1').equals(record.hash))
        return { length, hash: whole.digest('hex'), read: () => read() };
      this.#noteDamage(segment, { unit: id, fault: 'its octets are not the ones that were stored' });
    } catch (error) {
      if ((await findPlace(this.#options.sql, id)) !== null) throw error;
    }
    return null;
  }

  /** Packs what is left of the emptiest objects into a new one; how many records moved. */
  async #repack(): Promise<number> {
    const { sql, store } = this.#options;
    const sources = await sql.all<{ id: number; bytes: number; liveBytes: number }>(
      `SELECT id, bytes, live_bytes AS "liveBytes" FROM segment
       WHERE id < 0 AND state = 'sealed' AND live_bytes > 0 AND live_bytes * 2 < bytes ORDER BY id LIMIT ?`,
      REPACK_OBJECTS_MAX,
    );
    let bytes = 0;
    const packed: Packed[] = [];
    for (const source of sources) {
      if (this.#damaged.has(source.id)) continue;
      if (bytes > 0 && bytes + source.liveBytes > PACK_BYTES) break;
      bytes += source.liveBytes;
      const object = await store.get(source.id, 0, source.bytes);
      const records = await sql.all<Packable>(
        `SELECT ${RECORD_COLUMNS} FROM blob b WHERE b.segment = ? ORDER BY b.position LIMIT ?`,
        source.id,
        PACK_RECORDS_MAX,
      );
      if (object === null) this.#noteDamage(source.id, { object: source.id, fault: 'it is not there' });
      else
        for (const record of records)
          packed.push({ record, octets: object.subarray(record.position, record.position + record.length) });
    }
    return await this.#pack(packed);
  }

  async #pack(found: readonly Packed[]): Promise<number> {
    const whole = found.filter((each) => this.#isWhole(each));
    if (whole.length === 0) return 0;
    const { sql, store, log, newUnitId } = this.#options;
    const segment = -newUnitId();
    const octets = Buffer.concat(whole.map((each) => each.octets));
    await sql.run(REGISTER_SEGMENT, segment);
    await store.put(segment, bodyOf(octets));
    const records = whole.map((each) => each.record);
    const moved = await moveRecords(sql, segment, octets.length, records);
    log.info({ records: moved, bytes: octets.length }, 'messages were packed into an object');
    return moved;
  }

  #isWhole({ record, octets }: Packed): boolean {
    if (octets.length === record.length && hasHash(octets, record.prefixLength, record.hash)) return true;
    // Of an object the whole is left alone: half of it packed again and again would never end.
    const damaged = record.segment === 0 ? record.id : record.segment;
    this.#noteDamage(damaged, { unit: record.id, fault: 'its octets are not the ones that were stored' });
    return false;
  }

  #noteDamage(id: number, fields: Record<string, unknown>): void {
    if (this.#damaged.has(id)) return;
    if (this.#damaged.size < DAMAGED_RECORDS_MAX) this.#damaged.add(id);
    this.#options.log.error(fields, 'a stored message is damaged; run verify');
  }
}

/**
 * Points the records that are still where they were at their copies in `segment`, which lie there one behind the other;
 * all of it in one statement. A record that somebody is changing stays: to wait for many while others wait for these is
 * how deadlocks are made. How many moved; 0 when the registration is gone, because it took too long.
 */
async function moveRecords(
  sql: ReadingConnections,
  segment: number,
  bytes: number,
  records: readonly Packable[],
): Promise<number> {
  let next = 0;
  const positions = records.map((record) => {
    next += record.length;
    return next - record.length;
  });
  const rows = await sql.list<{ moved: number }>(
    `WITH kept AS (DELETE FROM pending_segment WHERE id = $1 RETURNING id),
       free AS (SELECT b.id, m.source, m.position
         FROM kept, unnest($2::bigint[], $3::bigint[], $4::bigint[]) AS m(id, source, position), blob b
         WHERE b.id = m.id AND b.segment = m.source FOR UPDATE OF b SKIP LOCKED),
       moved AS (UPDATE blob SET segment = $1, position = free.position FROM free
         WHERE blob.id = free.id AND blob.segment = free.source RETURNING blob.id, free.source, blob.length),
       gone AS (DELETE FROM blob_octets USING moved
         WHERE moved.source = 0 AND blob_octets.segment = 0 AND blob_octets.position = moved.id),
       less AS (UPDATE segment SET live_bytes = segment.live_bytes - s.bytes
         FROM (SELECT source, sum(length) AS bytes FROM moved GROUP BY source) AS s
         WHERE segment.id = s.source AND s.source <> 0),
       sealed AS (INSERT INTO segment (id, state, bytes, live_bytes)
         SELECT kept.id, 'sealed', $5, (SELECT COALESCE(sum(length), 0) FROM moved) FROM kept)
     SELECT count(*) AS moved FROM moved`,
    [segment, records.map((record) => record.id), records.map((record) => record.segment), positions, bytes],
  );
  return rows[0]?.moved ?? 0;
}
