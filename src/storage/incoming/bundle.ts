// Messages that become visible together (MULTIAPPEND, RFC 3502): their octets are made durable first, large ones each in
// its file, small ones in one group; then one call tells the writer of all of them, in their order.
import type { CommitUnit } from '../commit-unit.ts';
import type { NewRecord } from '../records/blobs.ts';
import { toUnitCall, type UnitCall } from '../records/units.ts';
import type { OutgoingCall } from '../writer/writer-port.ts';
import { describeHeader } from './describe-message.ts';
import type { GroupedUnit } from './group-commit.ts';
import type { TakenOctets } from './incoming-message.ts';
import type { LargeMessage } from './large-message.ts';

export interface BundlePart {
  readonly taken: TakenOctets<LargeMessage>;
  readonly prefix: Uint8Array;
  readonly unit: CommitUnit;
}

interface DurablePart {
  readonly call: UnitCall;
  readonly record: NewRecord;
  /** Of a file of its own. */
  readonly fileBytes: number | null;
}

/** One command's messages. */
export class Bundle {
  readonly #parts: readonly BundlePart[];
  readonly #durable: (DurablePart | null)[];
  settle: NonNullable<OutgoingCall['pending']> = { resolve: () => {}, reject: () => {} };

  private constructor(parts: readonly BundlePart[]) {
    this.#parts = parts;
    this.#durable = parts.map(() => null);
  }

  /** Makes the large ones durable. Rejects with Node's error. */
  static async finish(parts: readonly BundlePart[]): Promise<Bundle> {
    const bundle = new Bundle(parts);
    for (const [index, { taken, prefix, unit }] of parts.entries()) {
      if (taken.kind !== 'large') continue;
      const { record, fileBytes } = await taken.large.finish(prefix);
      bundle.#durable[index] = { call: toUnitCall(unit, describeHeader(taken.head)), record, fileBytes };
    }
    return bundle;
  }

  /** The small ones, for one group. */
  smallUnits(): GroupedUnit[] {
    const units: GroupedUnit[] = [];
    for (const { taken, prefix, unit } of this.#parts) {
      if (taken.kind !== 'small') continue;
      const reject = (error: Error): void => this.settle.reject(error);
      units.push({ octets: taken.octets, prefixLength: prefix.length, unit, resolve: () => {}, reject, bundle: this });
    }
    return units;
  }

  /** A small one is durable; the calls to send now: with the last all, before it none. */
  add(call: UnitCall, record: NewRecord): OutgoingCall[] {
    this.#durable[this.#parts.findIndex((part) => part.unit.id === call.id)] = { call, record, fileBytes: null };
    return this.#durable.includes(null) ? [] : this.calls();
  }

  /** When all are durable. In this order: a sealed segment that nothing points at is taken for garbage. */
  calls(): OutgoingCall[] {
    const durable = this.#durable.filter((part) => part !== null);
    const seals = durable.filter((part) => part.fileBytes !== null);
    return [
      {
        name: 'unit.commit-all',
        args: [durable.map(({ call, record }) => ({ unit: call, record }))],
        synced: true,
        pending: this.settle,
      },
      ...seals.map(({ record, fileBytes }) => ({
        name: 'segment.seal' as const,
        args: [record.segment, fileBytes],
        synced: true,
        pending: null,
      })),
    ];
  }
}
