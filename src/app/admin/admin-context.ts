// What administrative operations work with; made by the running server, or by the command line when none runs.
import type { Clock } from '../../base/clock.ts';
import type { PasswordCredentials } from '../../services/passwords/credentials.ts';
import type { QueueCommand, QueueSelection } from '../../storage/queue-store.ts';
import type { Store } from '../../storage/store.ts';
import type { Config } from '../config/config.ts';

export interface AdminContext {
  readonly store: Store;
  readonly config: Config;
  readonly clock: Clock;
  readonly dataDir: string;
  /** What to store of a new password; through the process's hash queue. */
  readonly hash: (password: string) => Promise<PasswordCredentials>;
  /**
   * Has the running queue runner carry out a command (`Relay.command`), resolves with the number of keys that changed;
   * null: none runs, the store alone is told.
   */
  readonly relayCommand: ((command: QueueCommand, selection: QueueSelection) => Promise<number>) | null;
  /** Undone when the caller leaves: set for each connection, and for each command without a server. */
  readonly onEnd?: (undo: () => void) => void;
}
