// Which addresses failed lately. They rest, longer each time, so that one dead MX of two does not cost every other
// connection its connect timeout. A resting address is still tried when there is no other.
import type { RelayHost } from './route-plan.ts';
import { ADDRESS_REST_MAX_MS, ADDRESS_REST_MIN_MS, ADDRESSES_REMEMBERED_MAX } from './limits.ts';

interface Illness {
  failures: number;
  untilMs: number;
}

export interface Candidate {
  readonly host: string;
  readonly address: string;
}

export class AddressHealth {
  readonly #ill = new Map<string, Illness>();
  #spread = 0;

  onFailure(address: string, nowMs: number): void {
    const failures = (this.#ill.get(address)?.failures ?? 0) + 1;
    const restMs = Math.min(ADDRESS_REST_MAX_MS, ADDRESS_REST_MIN_MS * 2 ** (failures - 1));
    this.#remember(address, { failures, untilMs: nowMs + restMs });
  }

  /** It has not failed, but it keeps us waiting: others pass it over meanwhile. */
  onSlow(address: string, nowMs: number): void {
    if (!this.#ill.has(address)) this.#remember(address, { failures: 0, untilMs: nowMs + ADDRESS_REST_MIN_MS });
  }

  get size(): number {
    return this.#ill.size;
  }

  onSuccess(address: string): void {
    this.#ill.delete(address);
  }

  #remember(address: string, illness: Illness): void {
    this.#ill.delete(address);
    this.#ill.set(address, illness);
    if (this.#ill.size <= ADDRESSES_REMEMBERED_MAX) return;
    for (const oldest of this.#ill.keys()) {
      this.#ill.delete(oldest);
      break;
    }
  }

  /**
   * The addresses in the order of trial (RFC 5321 §5.1): by preference, equals in turn from one call to the next,
   * resting ones last.
   */
  order(hosts: readonly RelayHost[], usable: (address: string) => boolean, nowMs: number): Candidate[] {
    const well: Candidate[] = [];
    const resting: Candidate[] = [];
    const turn = this.#spread++;
    const groups = new Map<number, RelayHost[]>();
    for (const host of hosts) groups.set(host.preference, [...(groups.get(host.preference) ?? []), host]);
    for (const preference of [...groups.keys()].toSorted((a, b) => a - b)) {
      const equals = groups.get(preference)!;
      for (let at = 0; at < equals.length; at++) {
        const { name, addresses } = equals[(at + turn) % equals.length]!;
        for (const address of addresses) {
          if (!usable(address)) continue;
          const isResting = (this.#ill.get(address)?.untilMs ?? 0) > nowMs;
          (isResting ? resting : well).push({ host: name, address });
        }
      }
    }
    return [...well, ...resting];
  }
}
