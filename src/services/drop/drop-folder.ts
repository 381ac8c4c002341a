// The server's side of the drop folder: takes what local programs put there, hands it over, and removes it only when it
// has been accepted. A crash between the two hands a message over twice, never not at all.
import { constants, watch, type FSWatcher } from 'node:fs';
import { lstat, open, opendir, rename, unlink, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock, Timer } from '../../base/clock.ts';
import { MailError } from '../../base/errors/mail-error.ts';
import { SyntaxFault } from '../../base/errors/syntax-fault.ts';
import type { Log } from '../../base/log.ts';
import { readDropEnvelope, type DropEnvelope } from './drop-envelope.ts';
import { parseDropFile } from './drop-file.ts';
import { HALF_PREFIX, isDropName } from './drop-names.ts';
import * as limits from './limits.ts';
import { badFolderPath } from './prepare-drop-folder.ts';

export interface DroppedMessage extends DropEnvelope {
  /** Who wrote the file: attested by the file system. */
  readonly uid: number;
  readonly atMs: number;
}

export interface DropFolderOptions {
  /** `dropFolderPath`, prepared. */
  readonly folder: string;
  readonly messageMaxBytes: number;
  /** Added to addresses without a domain; asked for every message. */
  readonly defaultDomain: () => string | Promise<string>;
  /**
   * Resolves when the message is durable elsewhere. A MailError that is not temporary sets the file aside; whatever
   * else it rejects with leaves it for the next try.
   */
  readonly submit: (message: DroppedMessage) => Promise<void>;
  readonly clock: Clock;
  readonly log: Log;
}

type Taken =
  | { readonly kind: 'message'; readonly message: DroppedMessage }
  | { readonly kind: 'gone' }
  | { readonly kind: 'bad'; readonly reason: string; readonly uid: number | null };

export class DropFolder {
  readonly #options: DropFolderOptions;
  /** Names that are left alone until the next retry. */
  readonly #postponed = new Set<string>();
  /** Handed over, but their files could not be removed: they must not be handed over again. */
  readonly #accepted = new Set<string>();
  #watcher: FSWatcher | null = null;
  #timer: Timer | null = null;
  #retry: Timer | null = null;
  #scanning: Promise<void> | null = null;
  #sweeping: Promise<void> = Promise.resolve();
  #again = false;
  #closed = false;

  constructor(options: DropFolderOptions) {
    this.#options = options;
  }

  /** Begins to watch and takes what is there; does not wait for it. */
  open(): void {
    const { folder, log } = this.#options;
    try {
      this.#watcher = watch(folder, { persistent: false }, (_, name) => {
        if (name === null || isDropName(name)) this.#scan();
      });
      this.#watcher.on('error', (err) =>
        log.warn({ err }, 'the drop folder is not watched any more, only looked through'),
      );
    } catch (err) {
      log.warn({ err }, 'the drop folder cannot be watched, only looked through');
    }
    this.#rescan();
  }

  /** Resolves when everything that was there has been handed over or put aside. */
  async settled(): Promise<void> {
    while (this.#scanning !== null) await this.#scanning;
    await this.#sweeping;
  }

  /** Takes nothing new; resolves when what was under way is done. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#watcher?.close();
    this.#timer?.cancel();
    this.#retry?.cancel();
    await this.settled();
  }

  #rescan(): void {
    if (this.#closed) return;
    this.#sweeping = this.#sweep();
    this.#scan();
    this.#timer = this.#options.clock.after(limits.DROP_RESCAN_MS, () => this.#rescan());
  }

  #scan(): void {
    if (this.#closed) return;
    this.#again = true;
    this.#scanning ??= this.#scanAll().finally(() => {
      this.#scanning = null;
    });
  }

  async #scanAll(): Promise<void> {
    const { folder, log } = this.#options;
    try {
      while (this.#again && !this.#closed && this.#postponed.size < limits.DROP_POSTPONED_MAX) {
        this.#again = false;
        const names = await this.#list();
        if (names.length === 0) continue;
        // There may be more than one batch.
        this.#again = true;
        await Promise.all(Array.from({ length: limits.DROP_CONCURRENCY }, () => this.#work(names)));
        await syncFolder(folder);
      }
    } catch (err) {
      log.error({ err }, 'the drop folder cannot be read');
    }
  }

  /** Some of the complete messages, the oldest of them first. */
  async #list(): Promise<string[]> {
    const names: string[] = [];
    for await (const { name } of await opendir(this.#options.folder)) {
      if (!isDropName(name) || this.#postponed.has(name)) continue;
      names.push(name);
      if (names.length >= limits.DROP_BATCH_MAX) break;
    }
    return names.sort();
  }

  async #work(names: string[]): Promise<void> {
    for (let name = names.shift(); name !== undefined && !this.#closed; name = names.shift())
      await this.#handOver(name);
  }

  async #handOver(name: string): Promise<void> {
    const { folder, log, submit } = this.#options;
    try {
      if (this.#accepted.has(name)) return await this.#remove(name);
      const taken = await this.#take(join(folder, name));
      if (taken.kind === 'gone') return;
      if (taken.kind === 'bad') return await this.#setAside(name, taken.reason, taken.uid);
      try {
        await submit(taken.message);
      } catch (error) {
        if (!(error instanceof MailError) || error.temporary) throw error;
        return await this.#setAside(name, `${error.code}: ${error.publicText}`, taken.message.uid);
      }
      this.#accepted.add(name);
      await this.#remove(name);
    } catch (err) {
      log.warn({ err, file: name }, 'a dropped message could not be taken just now; it stays');
      this.#postpone(name);
    }
  }

  async #remove(name: string): Promise<void> {
    await unlink(join(this.#options.folder, name));
    this.#accepted.delete(name);
  }

  async #take(path: string): Promise<Taken> {
    let handle: FileHandle;
    try {
      // A pipe without a writer must not stop us.
      handle = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'ENOENT') return { kind: 'gone' };
      if (code === 'ELOOP') return { kind: 'bad', reason: 'it is a symbolic link', uid: null };
      if (code === 'EACCES' || code === 'ENXIO') return { kind: 'bad', reason: 'it may not be read', uid: null };
      throw error;
    }
    try {
      const stat = await handle.stat();
      const { uid, size, nlink } = stat;
      const bad = (reason: string): Taken => ({ kind: 'bad', reason, uid });
      if (!stat.isFile()) return bad('it is no regular file');
      // Somebody may have linked a file here that is not theirs.
      if (nlink !== 1) return bad('it has a second name');
      if (size > this.#options.messageMaxBytes + limits.DROP_HEAD_MAX_OCTETS) return bad('it is too large');
      return await this.#read(handle, size, uid);
    } finally {
      await handle.close();
    }
  }

  async #read(handle: FileHandle, size: number, uid: number): Promise<Taken> {
    const bad = (reason: string): Taken => ({ kind: 'bad', reason, uid });
    const octets = Buffer.allocUnsafe(size);
    let length = 0;
    while (length < size) {
      const { bytesRead } = await handle.read(octets, length, size - length, length);
      if (bytesRead === 0) break;
      length += bytesRead;
    }
    try {
      const file = parseDropFile(octets.subarray(0, length));
      if (file.message.length > this.#options.messageMaxBytes) return bad('the message is too large');
      const envelope = readDropEnvelope(file, await this.#options.defaultDomain());
      return { kind: 'message', message: { ...envelope, uid, atMs: file.head.atMs } };
    } catch (error) {
      if (error instanceof SyntaxFault) return bad(error.message);
      throw error;
    }
  }

  async #setAside(name: string, reason: string, uid: number | null): Promise<void> {
    const { folder, log } = this.#options;
    log.warn({ file: name, uid, reason }, 'a file in the drop folder is set aside');
    await rename(join(folder, name), join(badFolderPath(folder), name));
  }

  #postpone(name: string): void {
    this.#postponed.add(name);
    if (this.#closed) return;
    this.#retry ??= this.#options.clock.after(limits.DROP_RETRY_MS, () => {
      this.#retry = null;
      this.#postponed.clear();
      this.#scan();
    });
  }

  /** Removes what nobody will finish, and what was set aside long ago. */
  async #sweep(): Promise<void> {
    const { folder, clock, log } = this.#options;
    const nowMs = clock.now();
    try {
      await removeOlder(folder, nowMs - limits.DROP_HALF_KEPT_MS, (name) => name.startsWith(HALF_PREFIX));
      await removeOlder(badFolderPath(folder), nowMs - limits.DROP_BAD_KEPT_MS, () => true);
    } catch (err) {
      log.warn({ err }, 'old files in the drop folder could not be removed');
    }
  }
}

async function removeOlder(folder: string, beforeMs: number, isMeant: (name: string) => boolean): Promise<void> {
  for await (const { name } of await opendir(folder)) {
    if (!isMeant(name)) continue;
    const path = join(folder, name);
    const found = await lstat(path).catch(() => null);
    if (found !== null && !found.isDirectory() && found.mtimeMs < beforeMs) await unlink(path).catch(() => {});
  }
}

async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(folder, constants.O_RDONLY);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
