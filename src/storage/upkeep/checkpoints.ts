// Checkpoints beside the writer: inside COMMIT they would cost it tens of milliseconds. PASSIVE never makes anybody wait.
import { statSync } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';
import type { Clock, Timer } from '../../base/clock.ts';
import type { Log } from '../../base/log.ts';
import { databasePath } from '../data-folder.ts';
import { CHECKPOINT_INTERVAL_MS, WAL_ALARM_BYTES } from '../limits.ts';
import { checkpoint, openCheckpointDatabase } from '../sql/sqlite-dialect.ts';

export interface CheckpointOptions {
  readonly dataDir: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly walAlarmBytes?: number;
}

/** Checkpoints every CHECKPOINT_INTERVAL_MS until the returned function is called. The database must be open already. */
export function runCheckpoints(options: CheckpointOptions): () => void {
  const loop = new Checkpoints(options);
  loop.start();
  return () => loop.stop();
}

class Checkpoints {
  readonly #options: CheckpointOptions;
  readonly #database: DatabaseSync;
  readonly #walPath: string;
  #timer: Timer | null = null;
  #lastSeen = '';
  #alarmed = false;

  constructor(options: CheckpointOptions) {
    this.#options = options;
    this.#database = openCheckpointDatabase(databasePath(options.dataDir));
    this.#walPath = `${databasePath(options.dataDir)}-wal`;
  }

  start(): void {
    this.#timer = this.#options.clock.after(CHECKPOINT_INTERVAL_MS, () => {
      this.#run();
      this.start();
    });
  }

  stop(): void {
    this.#timer?.cancel();
    this.#database.close();
  }

  #run(): void {
    const file = statSync(this.#walPath, { throwIfNoEntry: false });
    const seen = `${file?.mtimeMs ?? 0} ${file?.size ?? 0}`;
    if (seen === this.#lastSeen) return;
    try {
      const { walFrames, copiedFrames } = checkpoint(this.#database, 'PASSIVE');
      // Nothing to do until the file changes again.
      this.#lastSeen = copiedFrames >= walFrames ? seen : '';
    } catch (error) {
      this.#options.log.error({ error: String(error) }, 'a checkpoint failed; it is tried again');
    }
    this.#alarm(file?.size ?? 0);
  }

  #alarm(walBytes: number): void {
    const above = walBytes > (this.#options.walAlarmBytes ?? WAL_ALARM_BYTES);
    if (above && !this.#alarmed)
      this.#options.log.warn({ walBytes }, 'the write-ahead log is very long: a reader holds it');
    this.#alarmed = above;
  }
}
