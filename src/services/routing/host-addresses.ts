// The addresses of one host: A and AAAA, RFC 5321 §5.1 and §5.2, without those that mail must not be sent to.
import type { Resolver } from '../../base/dns/resolver.ts';
import { formatIp, ipScope, parseIp } from '../../base/net/ip.ts';
import { type RandomInt, shuffle } from '../../base/random.ts';
import { HOST_ADDRESSES_MAX } from './limits.ts';

export type HostAddresses =
  | { readonly kind: 'found'; readonly addresses: readonly string[] }
  /** The host does not exist or has no address. */
  | { readonly kind: 'missing' }
  /** It has addresses, but only such as are refused (private, loopback, reserved). */
  | { readonly kind: 'refused' }
  | { readonly kind: 'temporary' };

/** Whether mail may be sent there on DNS's word alone: only to addresses of the open internet. */
function isPublic(ip: string): boolean {
  return ipScope(ip) === 'global';
}

/** IPv6 and IPv4 in turn, so that a broken one of the two costs one attempt. */
function alternate(ipv6: readonly string[], ipv4: readonly string[]): string[] {
  const addresses: string[] = [];
  for (let i = 0; i < Math.max(ipv6.length, ipv4.length); i++) {
    if (i < ipv6.length) addresses.push(ipv6[i]!);
    if (i < ipv4.length) addresses.push(ipv4[i]!);
  }
  return addresses;
}

/** Canonical texts, each once. */
function canonical(records: readonly string[]): string[] {
  const addresses = records.map((record) => parseIp(record)).filter((ip) => ip !== null);
  return [...new Set(addresses.map((ip) => formatIp(ip)))];
}

export interface AddressOptions {
  readonly resolver: Resolver;
  readonly randomInt: RandomInt;
  readonly allowPrivateAddresses: boolean;
}

/** Looks up both families; one that is there is enough, whatever became of the other. */
export async function findHostAddresses(host: string, options: AddressOptions): Promise<HostAddresses> {
  const { resolver, randomInt, allowPrivateAddresses } = options;
  const [a, aaaa] = await Promise.all([resolver.query(host, 'A'), resolver.query(host, 'AAAA')]);
  const ipv4 = a.kind === 'answer' ? shuffle(canonical(a.records), randomInt) : [];
  const ipv6 = aaaa.kind === 'answer' ? shuffle(canonical(aaaa.records), randomInt) : [];
  const all = alternate(ipv6, ipv4);
  const addresses = all.filter((ip) => allowPrivateAddresses || isPublic(ip)).slice(0, HOST_ADDRESSES_MAX);
  if (addresses.length > 0) return { kind: 'found', addresses };
  if (a.kind === 'temporary' || aaaa.kind === 'temporary') return { kind: 'temporary' };
  return { kind: all.length > 0 ? 'refused' : 'missing' };
}

/** One address that was given rather than looked up. */
export function literalAddress(ip: string, allowPrivateAddresses: boolean): HostAddresses {
  return allowPrivateAddresses || isPublic(ip) ? { kind: 'found', addresses: [ip] } : { kind: 'refused' };
}
