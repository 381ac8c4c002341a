// Everything that only SQLite says: pragmas, checkpoints, the copy of a database, transaction words. No other file has
// SQL that PostgreSQL would not run. WAL with synchronous=FULL: a COMMIT that returned is on disk.
import { chmodSync, closeSync, fsyncSync, ftruncateSync, openSync, statSync, writeSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import {
  BUSY_TIMEOUT_MS,
  PAGE_BYTES,
  READER_CACHE_KIB,
  SQLITE_VERSION_MIN,
  WAL_FIRST_BYTES,
  WAL_KEEP_BYTES,
  WAL_RESTART_WAIT_MS,
  WRITER_CACHE_KIB,
} from '../limits.ts';
import type { SchemaWords } from './dialect.ts';

export const SQLITE_WORDS: SchemaWords = {
  integer: 'INTEGER',
  bytes: 'BLOB',
  identity: 'INTEGER PRIMARY KEY',
  plain: 'STRICT',
  clustered: 'STRICT, WITHOUT ROWID',
};

export const BEGIN = 'BEGIN IMMEDIATE';
export const COMMIT = 'COMMIT';
export const ROLLBACK = 'ROLLBACK';
export const SAVEPOINT = 'SAVEPOINT unit';
export const ROLLBACK_TO_SAVEPOINT = 'ROLLBACK TO SAVEPOINT unit';
export const RELEASE_SAVEPOINT = 'RELEASE SAVEPOINT unit';

/** Throws when this SQLite has the WAL-reset fault (mended in 3.51.3): it can lose committed rows. */
export function requireSafeVersion(version: string): void {
  const have = version.split('.').map(Number);
  const need = SQLITE_VERSION_MIN.split('.').map(Number);
  for (let i = 0; i < need.length; i++) {
    const difference = (have[i] ?? 0) - (need[i] ?? 0);
    if (difference > 0) return;
    if (difference < 0)
      throw new Error(`this Node has SQLite ${version}; use a Node with ${SQLITE_VERSION_MIN} or later`);
  }
}

/** The one connection that writes. Nothing else may have the database open yet. */
export function openWriterDatabase(path: string): DatabaseSync {
  requireSafeVersion(process.versions['sqlite'] ?? '0');
  layOutWal(`${path}-wal`);
  const db = new DatabaseSync(path, { timeout: BUSY_TIMEOUT_MS });
  db.exec(`PRAGMA page_size=${PAGE_BYTES}`);
  // SQLite gives its other files the same rights.
  chmodSync(path, 0o600);
  db.exec('PRAGMA journal_mode=WAL');
  db.exec('PRAGMA synchronous=FULL');
  db.exec('PRAGMA wal_autocheckpoint=0');
  db.exec(`PRAGMA journal_size_limit=${WAL_KEEP_BYTES}`);
  db.exec(`PRAGMA cache_size=-${WRITER_CACHE_KIB}`);
  db.exec('PRAGMA temp_store=MEMORY');
  return db;
}

/**
 * A commit into a WAL that need not grow costs 0.10 ms instead of 0.18 ms. SQLite takes a WAL whose header is zeros for
 * an empty one and writes over it. One that a crash has left is not touched.
 */
function layOutWal(path: string): void {
  if ((statSync(path, { throwIfNoEntry: false })?.size ?? 0) > 0) return;
  const fd = openSync(path, 'w', 0o600);
  try {
    const written = writeSync(fd, Buffer.alloc(WAL_FIRST_BYTES));
    if (written < WAL_FIRST_BYTES) ftruncateSync(fd, 0);
    fsyncSync(fd);
  } catch {
    // Without room it grows as it can.
    ftruncateSync(fd, 0);
  } finally {
    closeSync(fd);
  }
}

/** A connection that cannot write. */
export function openReaderDatabase(path: string): DatabaseSync {
  requireSafeVersion(process.versions['sqlite'] ?? '0');
  const db = new DatabaseSync(path, { readOnly: true, timeout: BUSY_TIMEOUT_MS });
  db.exec(`PRAGMA cache_size=-${READER_CACHE_KIB}`);
  db.exec('PRAGMA temp_store=MEMORY');
  return db;
}

/** A connection that only checkpoints. */
export function openCheckpointDatabase(path: string): DatabaseSync {
  const db = new DatabaseSync(path, { timeout: 0 });
  db.exec('PRAGMA synchronous=FULL');
  db.exec('PRAGMA wal_autocheckpoint=0');
  return db;
}

/** With `synced` false the next COMMITs are written but not synced; they keep their order. Outside a transaction only. */
export function setSynced(db: DatabaseSync, synced: boolean): void {
  db.exec(synced ? 'PRAGMA synchronous=FULL' : 'PRAGMA synchronous=NORMAL');
}

export interface CheckpointResult {
  readonly busy: boolean;
  readonly walFrames: number;
  readonly copiedFrames: number;
}

/** PASSIVE copies what it may without waiting for anybody; RESTART waits, so that the next writer starts the WAL anew. */
export function checkpoint(db: DatabaseSync, mode: 'PASSIVE' | 'RESTART' | 'TRUNCATE'): CheckpointResult {
  const row = db.prepare(`PRAGMA wal_checkpoint(${mode})`).get() as { busy: number; log: number; checkpointed: number };
  return { busy: row.busy !== 0, walFrames: row.log, copiedFrames: row.checkpointed };
}

/** Lets the WAL start anew; gives up soon when a reader (a backup) is still in it, because commits wait meanwhile. */
export function restartWal(db: DatabaseSync): CheckpointResult {
  db.exec(`PRAGMA busy_timeout=${WAL_RESTART_WAIT_MS}`);
  try {
    return checkpoint(db, 'RESTART');
  } finally {
    db.exec(`PRAGMA busy_timeout=${BUSY_TIMEOUT_MS}`);
  }
}

/** Writes a consistent, compact copy of the database into the new file `path`; other connections go on. */
export function copyDatabase(db: DatabaseSync, path: string): void {
  db.prepare('VACUUM INTO ?').run(path);
  chmodSync(path, 0o600);
}

/** Faults that SQLite finds in its own pages; empty when there are none. */
export function findPageFaults(db: DatabaseSync, limit: number): string[] {
  const rows = db.prepare(`PRAGMA integrity_check(${limit})`).all() as { integrity_check: string }[];
  return rows.map((row) => row.integrity_check).filter((text) => text !== 'ok');
}

/** Whether the database has this table. */
export function hasTable(db: DatabaseSync, name: string): boolean {
  return db.prepare("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?").get(name) !== undefined;
}

/** Takes the file for this process until the connection closes; null when another process has it. */
export function takeExclusively(path: string): DatabaseSync | null {
  const db = new DatabaseSync(path, { timeout: 0 });
  try {
    db.exec('PRAGMA journal_mode=DELETE');
    db.exec('BEGIN EXCLUSIVE');
    return db;
  } catch (error) {
    db.close();
    if (sqliteFault(error) === 'busy') return null;
    throw error;
  }
}

export type SqliteFault = 'full' | 'io' | 'busy' | 'constraint' | 'other';

/** What kind of failure SQLite reports; null when the error is not SQLite's. */
export function sqliteFault(error: unknown): SqliteFault | null {
  if (!(error instanceof Error) || !('errcode' in error) || typeof error.errcode !== 'number') return null;
  switch (error.errcode & 0xff) {
    case 13:
      return 'full';
    case 10: // SQLITE_IOERR
    case 8: // SQLITE_READONLY: a disk that the kernel has made read-only
    case 14: // SQLITE_CANTOPEN
      return 'io';
    case 5:
    case 6:
      return 'busy';
    case 19:
      return 'constraint';
    default:
      return 'other';
  }
}
