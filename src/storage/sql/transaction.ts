// What a named write gets: the transaction that the writer has open, and a place to say what it touched. The effects
// are forgotten when the write is rolled back, and told to the threads when it is durable.
import type { QueueArrival } from '../queue-store.ts';
import type { SqlWriter } from './sql.ts';

export interface Transaction extends SqlWriter {
  /** The wall clock at the start of the transaction. */
  readonly nowMs: number;
  readonly effects: Effects;
}

/** What one transaction touched, collected while it runs. */
export class Effects {
  readonly accountIds = new Set<number>();
  readonly arrivals: QueueArrival[] = [];
  /** Octets that rows point at, by segment: the change. */
  readonly segmentBytes = new Map<number, number>();
  #directory = false;

  /** Domains, addresses, accounts or grants changed. */
  get directory(): boolean {
    return this.#directory;
  }

  directoryChanged(): void {
    this.#directory = true;
  }

  /** Rows of this account changed in a way that its readers want to know. */
  accountChanged(accountId: number): void {
    this.accountIds.add(accountId);
  }

  queued(arrival: QueueArrival): void {
    this.arrivals.push(arrival);
  }

  /** `bytes` more (or fewer) octets of `segment` are pointed at. */
  liveBytes(segment: number, bytes: number): void {
    this.segmentBytes.set(segment, (this.segmentBytes.get(segment) ?? 0) + bytes);
  }

  /** Takes over what a write that succeeded has touched. */
  merge(other: Effects): void {
    for (const id of other.accountIds) this.accountIds.add(id);
    for (const arrival of other.arrivals) this.arrivals.push(arrival);
    for (const [segment, bytes] of other.segmentBytes) this.liveBytes(segment, bytes);
    this.#directory ||= other.directory;
  }
}
