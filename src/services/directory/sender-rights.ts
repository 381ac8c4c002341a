// Which addresses an account may send as: RFC 6409 §6.1. Its own, aliases and send-as groups that lead to it, their
// subaddresses, the role addresses of a domain that it administers, and patterns granted to it. A catch-all grants nothing.
import type { AddrSpec } from '../../formats/address/addr-spec.ts';
import { domainKey } from '../../formats/address/domain.ts';
import { localKey } from '../../formats/address/local-part.ts';
import { parseAddrSpec } from '../../formats/address/parse.ts';
import { EXPANSION_ADDRESSES_MAX, EXPANSION_DEPTH_MAX } from './limits.ts';
import { type LocateOptions, type Located, locateAddress } from './locate-address.ts';

const ANY_LOCAL_PART = '*';

/** Whether `account` may send as `address`; rejects when the reader does. */
export async function ownsAddress(accountId: number, address: AddrSpec, options: LocateOptions): Promise<boolean> {
  const account = await options.reader.findAccount(accountId);
  if (account === null || !account.enabled) return false;
  if (address.domain !== '' && (await leadsTo(accountId, address, options))) return true;
  const grants = await options.reader.listSendGrants(accountId);
  return grants.some((pattern) => matchesGrant(pattern, address));
}

/** Whether `ann@one.test` or `*@one.test` covers the address; local parts without case, domains by key. */
export function matchesGrant(pattern: string, address: AddrSpec): boolean {
  const granted = parseAddrSpec(pattern);
  if (granted === null || domainKey(granted.domain) !== domainKey(address.domain)) return false;
  return granted.localPart === ANY_LOCAL_PART || localKey(granted.localPart) === localKey(address.localPart);
}

async function leadsTo(accountId: number, address: AddrSpec, options: LocateOptions): Promise<boolean> {
  const seen = new Set<string>();
  let level: readonly AddrSpec[] = [address];
  let addresses = 0;
  for (let depth = 0; level.length > 0 && depth <= EXPANSION_DEPTH_MAX; depth++) {
    const next: AddrSpec[] = [];
    for (const step of level) {
      if (++addresses > EXPANSION_ADDRESSES_MAX) return false;
      const located: Located = await locateAddress(step, options);
      if (located.kind === 'account' && located.account.id === accountId) return true;
      if (located.kind !== 'list' || !located.sendAs || seen.has(located.key)) continue;
      seen.add(located.key);
      for (const target of located.targets) next.push(target);
    }
    level = next;
  }
  return false;
}
