// Groups of small messages: while one group is being written and synced, the next collects. The order of every unit is
// octets, sync, then the call to the writer; so no row ever points at octets that are not on disk.
import type { CommitUnit, PlacedMessage } from '../commit-unit.ts';
import { GROUP_MAX_BYTES, GROUP_MAX_UNITS } from '../limits.ts';
import type { NewRecord } from '../records/blobs.ts';
import { toUnitCall, type UnitCall } from '../records/units.ts';
import { hashRecord } from '../segments/record-hash.ts';
import type { SegmentAppender } from '../segments/segment-appender.ts';
import { toStorageError } from '../storage-errors.ts';
import { describeMessage } from './describe-message.ts';

export interface GroupedUnit {
  /** Body and then prefix. */
  readonly octets: Buffer;
  readonly prefixLength: number;
  readonly unit: CommitUnit;
  readonly resolve: (placed: readonly PlacedMessage[]) => void;
  readonly reject: (error: Error) => void;
  /** Units of one bundle follow each other and get into the same group. */
  readonly bundle?: object;
}

/** A unit whose octets are durable. */
export interface ReadyUnit {
  readonly grouped: GroupedUnit;
  readonly call: UnitCall;
  readonly record: NewRecord;
}

export type UnitsReady = (units: readonly ReadyUnit[]) => void;

/** One per thread. */
export class GroupCommit {
  readonly #appender: SegmentAppender;
  readonly #ready: UnitsReady;
  #waiting: GroupedUnit[] = [];
  #running: Promise<void> | null = null;
  #counts = { groups: 0, groupedMessages: 0, groupedBytes: 0, failedGroups: 0 };

  constructor(appender: SegmentAppender, ready: UnitsReady) {
    this.#appender = appender;
    this.#ready = ready;
  }

  /** So far. */
  get counts(): { groups: number; groupedMessages: number; groupedBytes: number; failedGroups: number } {
    return { ...this.#counts };
  }

  add(unit: GroupedUnit): void {
    this.#waiting.push(unit);
    this.#running ??= this.#run();
  }

  /** Units of one bundle. */
  addBundle(units: readonly GroupedUnit[]): void {
    this.#waiting.push(...units);
    this.#running ??= this.#run();
  }

  /** Resolves when nothing waits and the segment is sealed. */
  async close(): Promise<void> {
    while (this.#running !== null) await this.#running;
    await this.#appender.close();
  }

  async #run(): Promise<void> {
    // Whatever else arrived in this turn of the event loop comes along.
    await new Promise((resolve) => setImmediate(resolve));
    while (this.#waiting.length > 0) await this.#write(this.#takeGroup());
    this.#running = null;
  }

  #takeGroup(): GroupedUnit[] {
    let count = 0;
    for (let bytes = 0; count < this.#waiting.length && count < GROUP_MAX_UNITS; count++) {
      bytes += this.#waiting[count]?.octets.length ?? 0;
      if (bytes > GROUP_MAX_BYTES && count > 0) break;
    }
    // A bundle is not cut: all of it or none.
    const start = this.#startOfBundle(count);
    return this.#waiting.splice(0, start > 0 ? start : this.#endOfBundle(count));
  }

  /** Where the bundle begins that a cut at `count` would split; `count` when it would not. */
  #startOfBundle(count: number): number {
    const bundle = this.#waiting[count]?.bundle;
    let start = count;
    if (bundle !== undefined) while (start > 0 && this.#waiting[start - 1]?.bundle === bundle) start--;
    return start;
  }

  #endOfBundle(count: number): number {
    const bundle = this.#waiting[count]?.bundle;
    let end = count;
    if (bundle !== undefined) while (this.#waiting[end]?.bundle === bundle) end++;
    return end;
  }

  async #write(group: readonly GroupedUnit[]): Promise<void> {
    const pieces: Uint8Array[] = [];
    let bytes = 0;
    for (const { octets, prefixLength } of group) {
      const bodyLength = octets.length - prefixLength;
      if (prefixLength > 0) pieces.push(octets.subarray(bodyLength));
      if (bodyLength > 0) pieces.push(octets.subarray(0, bodyLength));
      bytes += octets.length;
    }
    try {
      const appended = this.#appender.append(pieces, bytes);
      // While the disk is at work.
      const calls = group.map((grouped) => ({ hash: hashRecord(grouped.octets), call: describedCall(grouped) }));
      const { segment, position } = await appended;
      this.#counts.groups++;
      this.#counts.groupedMessages += group.length;
      this.#counts.groupedBytes += bytes;
      let at = position;
      this.#ready(
        group.map((grouped, index) => {
          const { octets, prefixLength } = grouped;
          const { hash, call } = calls[index]!;
          const record = { segment, position: at, length: octets.length, prefixLength, hash };
          at += octets.length;
          return { grouped, call, record };
        }),
      );
    } catch (error) {
      this.#counts.failedGroups++;
      const failure = toStorageError(error);
      for (const grouped of group) grouped.reject(failure);
    }
  }
}

/** What only passes through needs no description. */
function describedCall({ octets, prefixLength, unit }: GroupedUnit): UnitCall {
  if (unit.deliveries.length === 0) return toUnitCall(unit);
  return toUnitCall(unit, describeMessage(octets.subarray(0, octets.length - prefixLength)));
}
