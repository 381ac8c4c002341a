// A message under way to one site: the keys that it serves there and the recipients that are still to be sent.
// Invariant: a key's `open` counts its recipients whose fate in this attempt is not decided; at 0 the key is finished.
import type { BlobPlace } from '../../storage/blob-place.ts';
import type { QueueItem, WaitingRecipient } from '../../storage/queue-store.ts';
import type { Row } from './waiting-table.ts';

/** A key that is being tried. */
export interface JobKey {
  readonly row: Row;
  readonly unitId: number;
  readonly domain: string;
  readonly attempts: number;
  readonly delayReported: boolean;
  expiresAtMs: number;
  open: number;
  /** Outcomes that the store has not taken yet. */
  unwritten: number;
  readonly deferred: DeferredRecipient[];
  /** Where the deferral came from: not before this the site is tried again. */
  notBeforeMs: number;
  /**
   * It leaves this attempt: 'wait' until `notBeforeMs`, 'hold' until its release, 'reload' to be read again at once,
   * 'gone' for ever.
   */
  withdrawn: 'wait' | 'hold' | 'reload' | 'gone' | null;
  closing: boolean;
}

export interface DeferredRecipient {
  readonly recipient: WaitingRecipient;
  readonly enhanced: string;
  readonly text: string;
  readonly host: string | null;
}

export interface JobRecipient {
  readonly key: JobKey;
  readonly recipient: WaitingRecipient;
  unsentRounds: number;
}

export type JobMessage = QueueItem['message'];

/** A message's recipients at one site. */
export class Job {
  readonly unitId: number;
  readonly place: BlobPlace;
  readonly message: JobMessage;
  /** The message's octets, once they are read; only of short messages. */
  body: Buffer | null = null;
  #todo: JobRecipient[];
  #taken = 0;

  constructor(item: Pick<QueueItem, 'unitId' | 'place' | 'message'>, todo: JobRecipient[]) {
    this.unitId = item.unitId;
    this.place = item.place;
    this.message = item.message;
    this.#todo = todo;
  }

  /** Recipients that are still to be sent. */
  get left(): number {
    return this.#todo.length - this.#taken;
  }

  get tenant(): number | null {
    return this.message.accountId;
  }

  get priority(): number {
    return this.message.priority;
  }

  /** The next recipients, at most `max`. */
  take(max: number): JobRecipient[] {
    const whole = this.#taken === 0 && this.#todo.length <= max;
    const taken = whole ? this.#todo : this.#todo.slice(this.#taken, this.#taken + max);
    this.#taken += taken.length;
    if (this.left === 0) {
      this.#todo = [];
      this.#taken = 0;
    }
    return taken;
  }

  /** Recipients come back, to be sent first. */
  putBack(recipients: readonly JobRecipient[]): void {
    this.#todo = [...recipients, ...this.#todo.slice(this.#taken)];
    this.#taken = 0;
  }

  /** Another key of the same message goes the same way. */
  absorb(other: Job): void {
    this.#todo = [...this.#todo.slice(this.#taken), ...other.take(other.left)];
    this.#taken = 0;
    this.body ??= other.body;
  }

  /** Takes out the recipients that fit. */
  withdraw(fits: (recipient: JobRecipient) => boolean): JobRecipient[] {
    const todo = this.#todo.slice(this.#taken);
    const out = todo.filter(fits);
    if (out.length === 0) return out;
    this.#todo = todo.filter((recipient) => !fits(recipient));
    this.#taken = 0;
    return out;
  }
}

/** The state of a key that is about to be tried. */
export function openKey(row: Row, item: QueueItem, expiresAtMs: number): JobKey {
  return {
    row,
    unitId: item.unitId,
    domain: item.domain,
    attempts: item.attempts,
    delayReported: item.delayReported,
    expiresAtMs,
    open: item.recipients.length,
    unwritten: 0,
    deferred: [],
    notBeforeMs: 0,
    withdrawn: null,
    closing: false,
  };
}
