// The hosts that DNS names for a domain, RFC 5321 §5.1: MX by preference, random among equals, the domain itself where
// it has none (implicit MX), null MX (RFC 7505). This host is never its own next hop, whatever DNS says.
import type { Resolver } from '../../base/dns/resolver.ts';
import { formatIp, parseIp } from '../../base/net/ip.ts';
import { type RandomInt, shuffle } from '../../base/random.ts';
import { literalIp } from '../../formats/address/domain.ts';
import { type HostAddresses, findHostAddresses, literalAddress } from './host-addresses.ts';
import { MX_HOSTS_MAX } from './limits.ts';
import type { RelayHost, Route, RouteDeferral, RouteFailure } from '../relay/route-plan.ts';
import { type RankedHost, mxSiteKey } from './site-key.ts';

export interface MxRouteOptions {
  readonly resolver: Resolver;
  readonly randomInt: RandomInt;
  readonly port: number;
  readonly allowPrivateAddresses: boolean;
  /** Names of this server (`domainKey`). */
  isOwnHost(name: string): boolean;
  /** Whether this server listens for mail there. */
  isOwnEndpoint(address: string, port: number): boolean;
}

interface Candidate extends RankedHost {
  readonly found: HostAddresses;
}

const NULL_MX = '.';

export function failed(enhanced: string, text: string): RouteFailure {
  return { kind: 'failed', enhanced, text };
}

export function dnsDeferral(name: string): RouteDeferral {
  return { kind: 'deferred', enhanced: '4.4.3', text: `DNS does not answer for ${name} at the moment` };
}

/** The route to an address literal, RFC 5321 §4.1.3: there and nowhere else. */
export function routeToLiteral(ip: string, domain: string, options: MxRouteOptions): Route {
  return planFor(
    domain,
    [{ name: domain, preference: 0 }],
    [{ name: domain, preference: 0, found: literalAddress(ip, options.allowPrivateAddresses) }],
    options,
  );
}

/** The route to a domain in A-labels by its MX records; never rejects. */
export async function routeByMx(domain: string, options: MxRouteOptions): Promise<Route> {
  const answer = await options.resolver.query(domain, 'MX');
  if (answer.kind === 'temporary') return dnsDeferral(domain);
  if (answer.kind === 'nxdomain') return failed('5.1.2', `the domain ${domain} does not exist`);
  if (answer.kind === 'no-data') return routeToHosts(domain, [{ name: domain, preference: 0 }], options);
  const hosts = answer.records.map(({ exchange, preference }) => ({ name: exchange, preference }));
  const named = hosts.filter(({ name }) => name !== NULL_MX);
  // RFC 7505 §3: a null MX stands alone; beside others it is a mistake that does no harm.
  if (named.length === 0) return failed('5.1.10', `${domain} takes no mail: it says so in DNS (null MX)`);
  return routeToHosts(domain, named, options);
}

async function routeToHosts(domain: string, hosts: readonly RankedHost[], options: MxRouteOptions): Promise<Route> {
  const better = betterThanOwn(
    hosts,
    hosts.filter(({ name }) => options.isOwnHost(name)),
  );
  const tried = shuffle([...better], options.randomInt)
    .sort((a, b) => a.preference - b.preference)
    .slice(0, MX_HOSTS_MAX);
  const candidates = await Promise.all(
    tried.map(async (host): Promise<Candidate> => ({ ...host, found: await addressesOf(host, domain, options) })),
  );
  return planFor(domain, better, candidates, options);
}

/** RFC 5321 §5.1: where this server is one of the hosts, it and all that are not preferred to it are left out. */
function betterThanOwn<T extends RankedHost>(hosts: readonly T[], own: readonly RankedHost[]): readonly T[] {
  const best = Math.min(...own.map(({ preference }) => preference));
  return hosts.filter(({ preference }) => preference < best);
}

function addressesOf(
  host: RankedHost,
  domain: string,
  options: MxRouteOptions,
): Promise<HostAddresses> | HostAddresses {
  // RFC 5321 §5.1 wants names in MX records. An address there is refused, and so are brackets.
  const isAddress = parseIp(host.name) !== null || literalIp(host.name) !== null;
  return isAddress && host.name !== domain ? { kind: 'refused' } : findHostAddresses(host.name, options);
}

function planFor(
  domain: string,
  all: readonly RankedHost[],
  candidates: readonly Candidate[],
  options: MxRouteOptions,
): Route {
  const { port } = options;
  const own = candidates.filter(
    ({ found }) => found.kind === 'found' && found.addresses.some((ip) => options.isOwnEndpoint(ip, port)),
  );
  const usable = betterThanOwn(candidates, own);
  if (usable.length === 0) {
    return failed('5.4.6', `mail for ${domain} would come back to this server, which is not its home`);
  }
  const hosts: RelayHost[] = usable.flatMap(({ name, preference, found }) =>
    found.kind === 'found' ? [{ name, preference, addresses: found.addresses }] : [],
  );
  if (hosts.length === 0) return whyNone(domain, usable);
  return {
    kind: 'hosts',
    site: mxSiteKey(betterThanOwn(all, own), port),
    hosts,
    port,
    protocol: 'smtp',
    implicitTls: false,
    tls: 'opportunistic',
    login: null,
  };
}

function whyNone(domain: string, candidates: readonly Candidate[]): Route {
  if (candidates.some(({ found }) => found.kind === 'temporary')) return dnsDeferral(`the mail servers of ${domain}`);
  if (candidates.some(({ found }) => found.kind === 'refused')) {
    return failed('5.4.4', `the mail servers of ${domain} have no address on the open internet`);
  }
  const isImplicit = candidates.every(({ name }) => name === domain);
  return isImplicit
    ? failed('5.1.2', `${domain} has no mail server`)
    : failed('5.4.4', `none of the mail servers that ${domain} names has an address`);
}

/** The canonical text of an IP address, or null. */
export function canonicalIp(text: string): string | null {
  const bytes = parseIp(text);
  return bytes === null ? null : formatIp(bytes);
}
