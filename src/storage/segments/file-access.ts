// Every touch of a segment file goes through this seam, so that a test can let a write or a sync fail. Rejections are
// Node's errors with `code` (ENOSPC, EIO, ENOENT …).
import {
  close,
  constants,
  fdatasync,
  fsync,
  ftruncate,
  open,
  read,
  readSync,
  unlink,
  write,
  writevSync,
} from 'node:fs';
import { promisify } from 'node:util';

const openFile = promisify(open);
const closeFile = promisify(close);
const syncData = promisify(fdatasync);
const syncAll = promisify(fsync);
const unlinkFile = promisify(unlink);
const truncateFile = promisify(ftruncate);

export interface FileAccess {
  /** Makes a new file; EEXIST when it is there. */
  create(path: string): Promise<number>;
  openForReading(path: string): Promise<number>;
  /** Into the page cache, all of it; for the little that a group is, the kernel's copy is cheaper than a round through the pool. */
  writeNow(fd: number, pieces: readonly Uint8Array[], position: number): void;
  write(fd: number, piece: Uint8Array, position: number): Promise<void>;
  /** Until it resolves nothing written is safe; once it rejected, nothing written to this file since the last sync is. */
  sync(fd: number): Promise<void>;
  /** Makes the names in a folder durable. */
  syncFolder(path: string): Promise<void>;
  /** Octets read; fewer than asked at the end of the file. */
  read(fd: number, into: Uint8Array, position: number): Promise<number>;
  /** The same at once, for what is in the page cache. Throws Node's error. */
  readNow(fd: number, into: Uint8Array, position: number): number;
  truncate(fd: number, length: number): Promise<void>;
  close(fd: number): Promise<void>;
  unlink(path: string): Promise<void>;
}

/** The real files. */
export const nodeFiles: FileAccess = {
  create: (path) => openFile(path, constants.O_RDWR | constants.O_CREAT | constants.O_EXCL, 0o600),
  openForReading: (path) => openFile(path, 'r'),
  writeNow(fd, pieces, position) {
    let rest = [...pieces];
    let at = position;
    while (rest.length > 0) {
      const written = writevSync(fd, rest, at);
      at += written;
      rest = dropFirst(rest, written);
    }
  },
  write: writeAll,
  sync: (fd) => syncData(fd),
  async syncFolder(path) {
    // Windows has no such call and needs none.
    if (process.platform === 'win32') return;
    const fd = await openFile(path, 'r');
    try {
      await syncAll(fd);
    } finally {
      await closeFile(fd);
    }
  },
  read: (fd, into, position) =>
    new Promise((resolve, reject) => {
      read(fd, into, 0, into.length, position, (error, count) => (error === null ? resolve(count) : reject(error)));
    }),
  readNow: (fd, into, position) => readSync(fd, into, 0, into.length, position),
  truncate: (fd, length) => truncateFile(fd, length),
  close: (fd) => closeFile(fd),
  unlink: (path) => unlinkFile(path),
};

function writeAll(fd: number, piece: Uint8Array, position: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const step = (from: number): void => {
      write(fd, piece, from, piece.length - from, position + from, (error, written) => {
        if (error !== null) reject(error);
        else if (from + written < piece.length) step(from + written);
        else resolve();
      });
    };
    step(0);
  });
}

/** The pieces without their first `count` octets. */
function dropFirst(pieces: readonly Uint8Array[], count: number): Uint8Array[] {
  let left = count;
  for (const [index, piece] of pieces.entries()) {
    if (left < piece.length) return [piece.subarray(left), ...pieces.slice(index + 1)];
    left -= piece.length;
  }
  return [];
}
