// Proves that the storage is whole: every row's octets are there and have their hash, every count is the count of what
// it counts. Reports every fault that it finds and changes nothing. May run beside a server.
import type { BlobPlace } from './blob-place.ts';
import { segmentsFolder } from './data-folder.ts';
import { VERIFY_FAULTS_PER_CHECK, VERIFY_PAGE_ROWS } from './limits.ts';
import { type BlobRow, findPlace, listBlobs } from './records/blobs.ts';
import { CONSISTENCY_CHECKS } from './records/consistency.ts';
import { nodeFiles } from './segments/file-access.ts';
import { hasHash } from './segments/record-hash.ts';
import { SegmentReader } from './segments/segment-reader.ts';
import type { SqliteConnection } from './sql/sqlite-connection.ts';
import { findPageFaults } from './sql/sqlite-dialect.ts';

export interface VerifyProgress {
  readonly records: number;
  readonly recordsDone: number;
  readonly bytes: number;
}

export interface VerifyResult {
  readonly records: number;
  readonly bytes: number;
  readonly faults: number;
}

export interface VerifyOptions {
  readonly dataDir: string;
  readonly read: SqliteConnection;
  /** One line for people: what is wrong with what. */
  readonly onFault: (fault: string) => void;
  readonly onProgress?: (progress: VerifyProgress) => void;
}

/** Checks everything; the result counts what `onFault` heard. */
export async function verify(options: VerifyOptions): Promise<VerifyResult> {
  const { read, dataDir } = options;
  let faults = 0;
  const fault = (text: string): void => {
    faults++;
    options.onFault(text);
  };
  for (const text of findPageFaults(read.database, VERIFY_FAULTS_PER_CHECK)) fault(`database: ${text}`);
  for (const check of CONSISTENCY_CHECKS) for (const text of await check(read, VERIFY_FAULTS_PER_CHECK)) fault(text);
  const reader = new SegmentReader(nodeFiles, segmentsFolder(dataDir));
  const records = (await read.get<{ n: number }>('SELECT count(*) AS n FROM blob'))?.n ?? 0;
  let recordsDone = 0;
  let bytes = 0;
  try {
    for (let after = 0; ;) {
      const page = await listBlobs(read, after, VERIFY_PAGE_ROWS);
      for (const blob of page) {
        const text = await checkOctets(read, reader, blob);
        if (text !== null) fault(text);
        bytes += blob.length;
      }
      recordsDone += page.length;
      options.onProgress?.({ records, recordsDone, bytes });
      const last = page.at(-1);
      if (last === undefined || page.length < VERIFY_PAGE_ROWS) break;
      after = last.id;
    }
  } finally {
    reader.close();
  }
  return { records: recordsDone, bytes, faults };
}

async function checkOctets(read: SqliteConnection, reader: SegmentReader, blob: BlobRow): Promise<string | null> {
  const fault = await readFault(reader, blob, { ...blob, offset: blob.position });
  if (fault === null) return null;
  // It may have been moved or removed since its row was read.
  const now = await findPlace(read, blob.id);
  if (now === null) return null;
  const again = now.segment === blob.segment ? fault : await readFault(reader, blob, now);
  return again === null ? null : `unit ${blob.id}: ${again}`;
}

async function readFault(reader: SegmentReader, blob: BlobRow, place: BlobPlace): Promise<string | null> {
  try {
    const octets = await reader.read(place.segment, place.offset, place.offset + place.length);
    return hasHash(octets, blob.prefixLength, blob.hash) ? null : 'its octets are not the ones that were stored';
  } catch (error) {
    return `its octets cannot be read (${error instanceof Error ? error.message : String(error)})`;
  }
}
