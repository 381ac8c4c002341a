// The names inside the data folder, and its lock: one process owns it at a time.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { takeExclusively } from './sql/sqlite-dialect.ts';

/** The database. */
export function databasePath(dataDir: string): string {
  return join(dataDir, 'postroad.db');
}

export function segmentsFolder(dataDir: string): string {
  return join(dataDir, 'segments');
}

/** Copies of the database that migrations put aside. */
export function copiesFolder(dataDir: string): string {
  return join(dataDir, 'copies');
}

/** File name of a segment inside its folder. */
export function segmentName(segment: number): string {
  return `${segment.toString(36).padStart(11, '0')}.seg`;
}

/** The segment that a file name means; null when it is none. */
export function parseSegmentName(name: string): number | null {
  const match = /^([0-9a-z]{11})\.seg$/.exec(name);
  const id = match === null ? Number.NaN : Number.parseInt(match[1] ?? '', 36);
  return Number.isSafeInteger(id) ? id : null;
}

export interface DataFolderLock {
  release(): void;
}

/** Makes the folder when it is missing and takes it for this process; null when another process has it. */
export function lockDataFolder(dataDir: string): DataFolderLock | null {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const database = takeExclusively(join(dataDir, 'lock.db'));
  return database === null ? null : { release: () => database.close() };
}
