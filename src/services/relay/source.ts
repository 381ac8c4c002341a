// The addresses that we send from. A source is one HELO name with the addresses that belong to it; a tenant keeps to one
// source, so that receivers see the same face for the same mail.
import { isIPv6 } from 'node:net';

export interface RelaySource {
  readonly heloName: string;
  /** Our IPv4 address; 'any': the system chooses; null: no IPv4 from here. */
  readonly ipv4: string | null;
  readonly ipv6: string | null;
}

/** Lets the system choose the address. */
export const ANY_ADDRESS = 'any';

/** Whether this source can reach the address at all. */
export function canReach(source: RelaySource, address: string): boolean {
  return (isIPv6(address) ? source.ipv6 : source.ipv4) !== null;
}

/** What to bind to for this address; null: the system chooses. */
export function localAddressFor(source: RelaySource, address: string): string | null {
  const local = isIPv6(address) ? source.ipv6 : source.ipv4;
  return local === ANY_ADDRESS ? null : local;
}

/** The source of a tenant (null: mail that came unauthenticated); always the same while the list stays. */
export function sourceOf(sources: readonly RelaySource[], accountId: number | null): RelaySource {
  return sources[(accountId ?? 0) % sources.length]!;
}
