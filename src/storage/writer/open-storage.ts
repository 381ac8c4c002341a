// Opening the storage after whatever happened to it: the folders are made, the schema is brought forward, segments that
// a crash left open are cut behind their last committed record and sealed, and files that no row points at are removed.
import { closeSync, fsyncSync, ftruncateSync, mkdirSync, openSync, readdirSync, rmSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import type { Clock } from '../../base/clock.ts';
import type { Log } from '../../base/log.ts';
import { copiesFolder, databasePath, parseSegmentName, segmentName, segmentsFolder } from '../data-folder.ts';
import { forgetSegments, listSegments, sealSegment, segmentEnd } from '../records/segments.ts';
import { migrate } from '../schema/migrate.ts';
import { SqliteConnection } from '../sql/sqlite-connection.ts';
import { BEGIN, COMMIT, openWriterDatabase, sqliteFault } from '../sql/sqlite-dialect.ts';
import type { SqlReader } from '../sql/sql.ts';
import { errorCode } from '../storage-errors.ts';

interface OpenOptions {
  readonly dataDir: string;
  readonly clock: Clock;
  readonly log: Log;
}

export interface OpenedStorage {
  readonly database: DatabaseSync;
  readonly walPath: string;
  /** Of units and segments that rows or files know. */
  readonly greatestUnitId: number;
}

/** Opens, migrates and mends. Only the owner of the data folder's lock may call it. */
export async function openStorage(options: OpenOptions): Promise<OpenedStorage> {
  try {
    return await openAndMend(options);
  } catch (error) {
    if (sqliteFault(error) === null && errorCode(error) !== 'ENOSPC') throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`${options.dataDir} cannot be opened (${reason}); is the disk full or read-only?`, {
      cause: error,
    });
  }
}

async function openAndMend(options: OpenOptions): Promise<OpenedStorage> {
  const { dataDir, clock, log } = options;
  const path = databasePath(dataDir);
  const folder = segmentsFolder(dataDir);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const database = openWriterDatabase(path);
  try {
    const migration = migrate(database, copiesFolder(dataDir), clock.now());
    if (migration !== null) log.info({ ...migration }, 'the database schema was brought forward');
    syncFolders([folder, dataDir]);
    const connection = new SqliteConnection(database);
    await removeDropped(connection, folder);
    const known = await sealLeftOpen(connection, folder);
    const greatestFile = await removeOrphans(connection, folder, known, log);
    const greatestUnitId = Math.max(greatestFile, await readGreatestUnit(connection));
    return { database, walPath: `${path}-wal`, greatestUnitId };
  } catch (error) {
    database.close();
    throw error;
  }
}

async function readGreatestUnit(sql: SqlReader): Promise<number> {
  let greatest = 0;
  for (const text of [
    'SELECT max(id) AS id FROM blob',
    'SELECT max(id) AS id FROM segment',
    'SELECT max(unit_id) AS id FROM journey',
  ]) {
    const row = await sql.get<{ id: number | null }>(text);
    greatest = Math.max(greatest, row?.id ?? 0);
  }
  return greatest;
}

/** Finishes compactions that were interrupted between the commit and the removal of the old files. */
async function removeDropped(connection: SqliteConnection, folder: string): Promise<void> {
  const dropped = (await listSegments(connection)).filter((segment) => segment.state === 'dropped');
  for (const { id } of dropped) rmSync(join(folder, segmentName(id)), { force: true });
  await forgetSegments(
    connection,
    dropped.map((segment) => segment.id),
  );
}

/** Seals what a crash left open; the ids of all segments. */
async function sealLeftOpen(connection: SqliteConnection, folder: string): Promise<Set<number>> {
  const segments = await listSegments(connection);
  connection.execute(BEGIN);
  for (const segment of segments) {
    if (segment.state !== 'open') continue;
    const bytes = await segmentEnd(connection, segment.id);
    cutFile(join(folder, segmentName(segment.id)), bytes);
    await sealSegment(connection, segment.id, bytes);
  }
  connection.execute(COMMIT);
  return new Set(segments.map((segment) => segment.id));
}

function cutFile(path: string, bytes: number): void {
  let fd: number;
  try {
    fd = openSync(path, 'r+');
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return; // verify reports it
    throw error;
  }
  try {
    ftruncateSync(fd, bytes);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

/** Removes files of units that never committed; the greatest id among all files. */
async function removeOrphans(sql: SqlReader, folder: string, known: ReadonlySet<number>, log: Log): Promise<number> {
  let greatest = 0;
  let removed = 0;
  for (const name of readdirSync(folder)) {
    const id = parseSegmentName(name);
    if (id === null) continue;
    greatest = Math.max(greatest, id);
    if (known.has(id)) continue;
    const pointed = await sql.get('SELECT 1 AS pointed FROM blob WHERE segment = ? LIMIT 1', id);
    if (pointed !== undefined) continue;
    unlinkSync(join(folder, name));
    removed++;
  }
  if (removed > 0) log.info({ files: removed }, 'removed files of messages that were never accepted');
  return greatest;
}

function syncFolders(folders: readonly string[]): void {
  if (process.platform === 'win32') return;
  for (const folder of folders) {
    const fd = openSync(folder, 'r');
    fsyncSync(fd);
    closeSync(fd);
  }
}
