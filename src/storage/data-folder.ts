// The names inside the data folder, and its lock: one process owns it at a time.
import { closeSync, fsyncSync, mkdirSync, openSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { takeExclusively } from './sql/sqlite-dialect.ts';

/** The database. */
export function databasePath(dataDir: string): string {
  return join(dataDir, 'postroad.db');
}

export function segmentsFolder(dataDir: string): string {
  return join(dataDir, 'segments');
}

/** What the server made for itself and must stay the same. */
export function secretsFolder(dataDir: string): string {
  return join(dataDir, 'secrets');
}

/** The certificate that the server made for itself, and its key. */
export function tlsFolder(dataDir: string): string {
  return join(dataDir, 'tls');
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
  syncName(dataDir);
  const database = takeExclusively(join(dataDir, 'lock.db'));
  return database === null ? null : { release: () => database.close() };
}

/** Makes the folder's own name durable. A user who may not read the folder around it was given it by another. */
function syncName(dataDir: string): void {
  if (process.platform === 'win32') return;
  let fd: number;
  try {
    fd = openSync(dirname(dataDir), 'r');
  } catch (error) {
    if ((error as { code?: string }).code === 'EACCES') return;
    throw error;
  }
  fsyncSync(fd);
  closeSync(fd);
}
