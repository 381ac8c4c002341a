// What reception is built from.
import type { Clock } from '../../base/clock.ts';
import type { Log } from '../../base/log.ts';
import type { OctetBudget } from '../../storage/incoming/octet-budget.ts';
import type { Store } from '../../storage/store.ts';
import type { Reports } from '../bounces/reports.ts';
import type { Directory } from '../directory/directory.ts';

export interface ReceptionOptions {
  readonly hostname: string;
  /** RFC 5321 §6.3 */
  readonly hopsMax: number;
  /** How long a message may wait in the queue. */
  readonly expiryMs: number;
}

export interface ReceptionParts {
  readonly store: Pick<Store, 'newUnitId' | 'openMessage' | 'read'>;
  readonly directory: Pick<Directory, 'senderAllowed'>;
  readonly reports: Reports;
  /** What messages that are not complete may hold in memory, all together (`HELD_MAX_BYTES`). */
  readonly held: OctetBudget;
  readonly clock: Clock;
  readonly log: Log;
  readonly options: ReceptionOptions;
  /** Told how a message ended: copies put into mailboxes, or null when all of it was refused. */
  readonly onEnd?: (service: string, copies: number | null) => void;
}
