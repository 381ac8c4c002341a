// Segment files whose writes and syncs fail when a test says so, and that remember what was synced.
import { type FileAccess, nodeFiles } from '../../src/storage/segments/file-access.ts';

export type FileStep = Exclude<keyof FileAccess, 'close'>;

/** Real files; each step in `failing` rejects with its error code instead of doing anything. */
export class FaultyFiles implements FileAccess {
  readonly failing = new Map<FileStep, string>();
  /** Calls of each step, the failing ones too. */
  readonly calls = new Map<FileStep, number>();
  /** Calls of each step that have ended, well or badly. */
  readonly ended = new Map<FileStep, number>();
  /** In order: what was asked for. */
  readonly steps: FileStep[] = [];

  create(path: string): Promise<number> {
    return this.#step('create', () => nodeFiles.create(path));
  }

  openForReading(path: string): Promise<number> {
    return this.#step('openForReading', () => nodeFiles.openForReading(path));
  }

  writeNow(fd: number, pieces: readonly Uint8Array[], position: number): void {
    this.#count('writeNow');
    nodeFiles.writeNow(fd, pieces, position);
  }

  write(fd: number, piece: Uint8Array, position: number): Promise<void> {
    return this.#step('write', () => nodeFiles.write(fd, piece, position));
  }

  sync(fd: number): Promise<void> {
    return this.#step('sync', () => nodeFiles.sync(fd));
  }

  syncFolder(path: string): Promise<void> {
    return this.#step('syncFolder', () => nodeFiles.syncFolder(path));
  }

  read(fd: number, into: Uint8Array, position: number): Promise<number> {
    return this.#step('read', () => nodeFiles.read(fd, into, position));
  }

  readNow(fd: number, into: Uint8Array, position: number): number {
    this.#count('readNow');
    return nodeFiles.readNow(fd, into, position);
  }

  truncate(fd: number, length: number): Promise<void> {
    return this.#step('truncate', () => nodeFiles.truncate(fd, length));
  }

  close(fd: number): Promise<void> {
    return nodeFiles.close(fd);
  }

  unlink(path: string): Promise<void> {
    return this.#step('unlink', () => nodeFiles.unlink(path));
  }

  async #step<T>(step: FileStep, run: () => Promise<T>): Promise<T> {
    try {
      this.#count(step);
      return await run();
    } finally {
      this.ended.set(step, (this.ended.get(step) ?? 0) + 1);
    }
  }

  #count(step: FileStep): void {
    this.calls.set(step, (this.calls.get(step) ?? 0) + 1);
    this.steps.push(step);
    const code = this.failing.get(step);
    if (code !== undefined) throw Object.assign(new Error(`${code}: injected`), { code });
  }
}
