// Looks ahead before an alias or group is stored: would its targets lead back to it?
import type { AddrSpec } from '../../formats/address/addr-spec.ts';
import { domainKey } from '../../formats/address/domain.ts';
import { localKey, splitSubaddress } from '../../formats/address/local-part.ts';
import { EXPANSION_ADDRESSES_MAX } from './limits.ts';
import { type LocateOptions, findHomeDomain, locateAddress } from './locate-address.ts';

interface Trail {
  readonly address: AddrSpec;
  readonly before: Trail | null;
}

/**
 * The way from `address` over its future `targets` back to itself, first and last being `address`; null when there is
 * none. The address need not exist yet. Follows alias domains, subaddresses and catch-alls; rejects when the reader does.
 */
export async function findAliasCycle(
  address: AddrSpec,
  targets: readonly AddrSpec[],
  options: LocateOptions,
): Promise<readonly AddrSpec[] | null> {
  const goal = (await keysOf(address, options)).exact;
  const start: Trail = { address, before: null };
  const trails: Trail[] = targets.map((target) => ({ address: target, before: start }));
  const seen = new Set<string>();
  for (let next = 0; next < trails.length && next < EXPANSION_ADDRESSES_MAX; next++) {
    const trail = trails[next]!;
    const keys = await keysOf(trail.address, options);
    if (keys.exact === goal) return unroll({ address, before: trail.before });
    const located = await locateAddress(trail.address, options);
    // What is nobody's now, or the catch-all's, becomes a subaddress of the new one.
    const isFree = located.kind === 'unknown-mailbox' || (located.kind === 'list' && located.of === 'catch-all');
    if (isFree && keys.user === goal) return unroll({ address, before: trail });
    if (located.kind !== 'list' || seen.has(located.key)) continue;
    if (located.key === goal) return unroll({ address, before: trail });
    seen.add(located.key);
    for (const target of located.targets) trails.push({ address: target, before: trail });
  }
  return null;
}

/** The keys of an address and of what it is a subaddress of, as `Located.key` has them: the same for every spelling. */
async function keysOf(address: AddrSpec, options: LocateOptions): Promise<{ exact: string; user: string }> {
  const home = await findHomeDomain(address, options);
  const domain = home === null ? domainKey(address.domain) : String(home.id);
  const { user } = splitSubaddress(address.localPart, home?.separators ?? '');
  return { exact: `${domain} ${localKey(address.localPart)}`, user: `${domain} ${localKey(user)}` };
}

function unroll(end: Trail): AddrSpec[] {
  const way: AddrSpec[] = [];
  for (let trail: Trail | null = end; trail !== null; trail = trail.before) way.push(trail.address);
  return way.reverse();
}
