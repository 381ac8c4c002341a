// Backup of a storage in use, and the way back. Database first, octets second: while segments are pinned, every place
// in the copied database stays where it is. Sealed segments never change, so a hard link is a copy of them.
import { constants } from 'node:fs';
import { access, copyFile, link, mkdir, open, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { databasePath, lockDataFolder, secretsFolder, segmentName, segmentsFolder, tlsFolder } from './data-folder.ts';
import { listSegments, segmentEnd } from './records/segments.ts';
import { readSchemaVersion, SCHEMA_STEPS } from './schema/migrate.ts';
import { SqliteConnection } from './sql/sqlite-connection.ts';
import { copyDatabase, openReaderDatabase } from './sql/sqlite-dialect.ts';
import { errorCode } from './storage-errors.ts';
import type { ThreadStore } from './thread-store.ts';

export interface BackupProgress {
  readonly segments: number;
  readonly segmentsDone: number;
}

export interface BackupOptions {
  readonly dataDir: string;
  /** The backup; must not exist yet, or be empty. */
  readonly target: string;
  readonly onProgress?: (progress: BackupProgress) => void;
}

const COPY_BYTES = 1024 * 1024;

/**
 * Writes a complete copy of the storage into `target`; resolves when it is durable. The copy of the database keeps the
 * calling thread busy (3 ms a megabyte): not for a thread that talks with people. Throws with what to do.
 */
export async function backup(
  store: Pick<ThreadStore, 'read' | 'pinSegments'>,
  options: BackupOptions,
): Promise<BackupProgress> {
  const { dataDir, target } = options;
  await requireEmpty(target, 'choose another folder for the backup');
  const from = segmentsFolder(dataDir);
  const to = segmentsFolder(target);
  await mkdir(to, { recursive: true, mode: 0o700 });
  const unpin = await store.pinSegments();
  try {
    copyDatabase(store.read.database, databasePath(target));
    const copy = new SqliteConnection(openReaderDatabase(databasePath(target)));
    let segmentsDone = 0;
    let segments = 0;
    try {
      const rows = (await listSegments(copy)).filter((segment) => segment.state !== 'dropped');
      segments = rows.length;
      for (const { id, state } of rows) {
        const name = segmentName(id);
        if (state === 'sealed') await linkOrCopy(join(from, name), join(to, name));
        else await copyStart(join(from, name), join(to, name), await segmentEnd(copy, id));
        segmentsDone++;
        options.onProgress?.({ segments, segmentsDone });
      }
    } finally {
      copy.close();
    }
    await syncPath(databasePath(target));
    await copySecrets(dataDir, target);
    for (const folder of [to, target, dirname(target)]) await syncPath(folder);
    return { segments, segmentsDone };
  } finally {
    unpin();
  }
}

export interface RestoreOptions {
  /** What `backup` wrote. */
  readonly source: string;
  /** Where the server will look; must hold no database. */
  readonly dataDir: string;
  readonly onProgress?: (progress: BackupProgress) => void;
}

/** Copies a backup into an empty data folder; resolves when it is durable. Throws with what to do. */
export async function restore(options: RestoreOptions): Promise<BackupProgress> {
  const { source, dataDir } = options;
  requireBackup(source);
  const lock = lockDataFolder(dataDir);
  if (lock === null) throw new Error(`the data folder ${dataDir} is in use by another postroad; stop that one first`);
  try {
    if (await exists(databasePath(dataDir)))
      throw new Error(`the data folder ${dataDir} holds a database already; move the folder away first`);
    const to = segmentsFolder(dataDir);
    await mkdir(to, { recursive: true, mode: 0o700 });
    const names = (await readdir(segmentsFolder(source))).filter((name) => name.endsWith('.seg'));
    for (const [index, name] of names.entries()) {
      await copySynced(join(segmentsFolder(source), name), join(to, name));
      options.onProgress?.({ segments: names.length, segmentsDone: index + 1 });
    }
    await syncPath(to);
    await copySecrets(source, dataDir);
    // The database last and under its name only when it is whole: before that the folder counts as empty.
    const half = `${databasePath(dataDir)}.restoring`;
    await copySynced(databasePath(source), half);
    await rename(half, databasePath(dataDir));
    await syncPath(dataDir);
    return { segments: names.length, segmentsDone: names.length };
  } finally {
    lock.release();
  }
}

/** Copies what the server made for itself: without it sign-in salts and the certificate would change. Only the owner may read the copies. */
async function copySecrets(from: string, to: string): Promise<void> {
  for (const folderOf of [secretsFolder, tlsFolder]) {
    const entries = await readdir(folderOf(from), { withFileTypes: true }).catch((error: unknown) => {
      // Backups of earlier days have none, nor has a server that never ran.
      if (errorCode(error) === 'ENOENT') return null;
      throw error;
    });
    if (entries === null) continue;
    await mkdir(folderOf(to), { recursive: true, mode: 0o700 });
    for (const entry of entries) {
      // What a crash left half written was never in use.
      if (!entry.isFile() || entry.name.endsWith('.new')) continue;
      const octets = await readFile(join(folderOf(from), entry.name));
      await writeFile(join(folderOf(to), entry.name), octets, { mode: 0o600, flush: true });
    }
    await syncPath(folderOf(to));
  }
}

function requireBackup(source: string): void {
  let version: number;
  try {
    const database = openReaderDatabase(databasePath(source));
    version = readSchemaVersion(database);
    database.close();
  } catch (error) {
    throw new Error(`${source} is no backup: it has no readable database`, { cause: error });
  }
  if (version < 1 || version > SCHEMA_STEPS.length)
    throw new Error(`${source} is a backup of a later postroad; restore it with that one`);
}

async function requireEmpty(folder: string, mend: string): Promise<void> {
  const names = await readdir(folder).catch((error: unknown) => {
    if (errorCode(error) === 'ENOENT') return [];
    throw error;
  });
  if (names.length > 0) throw new Error(`${folder} is not empty; ${mend}`);
}

async function exists(path: string): Promise<boolean> {
  return await access(path).then(
    () => true,
    () => false,
  );
}

async function linkOrCopy(from: string, to: string): Promise<void> {
  try {
    await link(from, to);
  } catch (error) {
    // Another file system, or one without hard links.
    if (errorCode(error) === 'ENOENT') throw error;
    await copySynced(from, to);
  }
}

async function copySynced(from: string, to: string): Promise<void> {
  await copyFile(from, to, constants.COPYFILE_FICLONE);
  await syncPath(to);
}

/** Copies the first `bytes` octets. */
async function copyStart(from: string, to: string, bytes: number): Promise<void> {
  const input = await open(from, 'r');
  try {
    const output = await open(to, 'wx', 0o600);
    try {
      const piece = Buffer.allocUnsafeSlow(COPY_BYTES);
      for (let at = 0; at < bytes;) {
        const { bytesRead } = await input.read(piece, 0, Math.min(COPY_BYTES, bytes - at), at);
        if (bytesRead === 0) throw new Error(`${from} ends before octet ${bytes}`);
        await output.write(piece, 0, bytesRead, at);
        at += bytesRead;
      }
      await output.sync();
    } finally {
      await output.close();
    }
  } finally {
    await input.close();
  }
}

async function syncPath(path: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
