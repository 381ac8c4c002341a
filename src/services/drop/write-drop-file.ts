// Putting a message into the drop folder, as any user: when it returns, the message is on disk under its final name.
import { randomBytes } from 'node:crypto';
import { closeSync, fchmodSync, fsyncSync, openSync, renameSync, unlinkSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { DROP_SUFFIX, HALF_PREFIX } from './drop-names.ts';

const NAME_OCTETS = 16;

/**
 * Writes the pieces as one file; its name. The server has another user, so the file is readable for all, but its name
 * cannot be guessed and the folder cannot be listed. Throws what the file system says; then nothing is left behind.
 */
export function writeDropFile(folder: string, pieces: readonly Buffer[], atMs: number): string {
  const name = `${atMs.toString(36)}-${randomBytes(NAME_OCTETS).toString('hex')}`;
  const half = join(folder, `${HALF_PREFIX}${name}`);
  const final = join(folder, `${name}${DROP_SUFFIX}`);
  const fd = openSync(half, 'wx', 0o600);
  try {
    let path = half;
    try {
      for (const piece of pieces) for (let at = 0; at < piece.length;) at += writeSync(fd, piece, at);
      fchmodSync(fd, 0o644);
      fsyncSync(fd);
      renameSync(half, final);
      path = final;
      syncName(folder, fd);
      return `${name}${DROP_SUFFIX}`;
    } catch (error) {
      unlinkSync(path);
      throw error;
    }
  } finally {
    closeSync(fd);
  }
}

/** Makes the new name durable: by the folder where it may be opened, else by the file, whose inode the rename changed. */
function syncName(folder: string, fd: number): void {
  if (process.platform === 'win32') return;
  let folderFd: number;
  try {
    folderFd = openSync(folder, 'r');
  } catch {
    // Journaling file systems write the rename with the inode.
    fsyncSync(fd);
    return;
  }
  try {
    fsyncSync(folderFd);
  } finally {
    closeSync(folderFd);
  }
}
