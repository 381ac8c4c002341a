// The drop folder below the data folder: anybody on this machine may add a file, nobody but the server may list them
// (mode 1733). So that others can pass through the data folder, all else in it is closed to them first.
import { chmodSync, lstatSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** Where local programs put messages. */
export function dropFolderPath(dataDir: string): string {
  return join(dataDir, 'drop');
}

/** Where the server puts files that are no messages. */
export function badFolderPath(folder: string): string {
  return join(folder, 'bad');
}

const OTHERS = 0o077;

/** Makes the folders with their modes; for the owner of the data folder. Throws what the file system says. */
export function prepareDropFolder(dataDir: string): void {
  const folder = dropFolderPath(dataDir);
  mkdirSync(badFolderPath(folder), { recursive: true, mode: 0o700 });
  for (const name of readdirSync(dataDir)) {
    const path = join(dataDir, name);
    const found = lstatSync(path, { throwIfNoEntry: false });
    if (path === folder || found === undefined || found.isSymbolicLink() || (found.mode & OTHERS) === 0) continue;
    chmodSync(path, found.mode & ~OTHERS & 0o7777);
  }
  const bad = badFolderPath(folder);
  // Whoever may write here could have put a link in its place, and chmod follows links.
  if (!lstatSync(bad).isDirectory()) throw new Error(`${bad} is not a folder; remove it`);
  chmodSync(bad, 0o700);
  chmodSync(folder, 0o1733);
  chmodSync(dataDir, 0o711);
}
