// Groups of small messages: while one group is being written and synced, the next collects. The order of every unit is
// octets, sync, then the call to the writer; so no row ever points at octets that are not on disk.
import type { CommitUnit } from '../commit-unit.ts';
import { GROUP_MAX_BYTES, GROUP_MAX_UNITS } from '../limits.ts';
import type { NewRecord } from '../records/blobs.ts';
import { toUnitCall, type UnitCall } from '../records/units.ts';
import { hashRecord } from '../segments/record-hash.ts';
import type { SegmentAppender } from '../segments/segment-appender.ts';
import { toStorageError } from '../storage-errors.ts';

export interface GroupedUnit {
  /** Body and then prefix. */
  readonly octets: Buffer;
  readonly prefixLength: number;
  readonly unit: CommitUnit;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
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
    return this.#waiting.splice(0, count);
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
      const calls = group.map(({ octets, unit }) => ({ hash: hashRecord(octets), call: toUnitCall(unit) }));
      const { segment, position } = await appended;
      this.#counts.groups++;
      this.#counts.groupedMessages += group.length;
      this.#counts.groupedBytes += bytes;
      let at = position;
      this.#ready(
        group.map((grouped, index) => {
          const { octets, prefixLength, unit } = grouped;
          const { hash, call } = calls[index] ?? { hash: hashRecord(octets), call: toUnitCall(unit) };
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
