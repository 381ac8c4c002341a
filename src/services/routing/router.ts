// Which way mail for a foreign domain goes: a configured route (its own, else "*"), an address literal, or MX.
// Local and relay domains are the directory's business; what comes here leaves this server.
import { ipScope } from '../../base/net/ip.ts';
import { domainKey, domainToAscii, literalIp } from '../../formats/address/domain.ts';
import { findHostAddresses, literalAddress } from './host-addresses.ts';
import { type MxRouteOptions, canonicalIp, dnsDeferral, failed, routeByMx, routeToLiteral } from './mx-route.ts';
import type { RelayHost, Route, RouteFinder } from '../relay/route-plan.ts';

/** The next hop of a configured route. */
export interface SmartHost {
  readonly protocol: 'smtp' | 'lmtp';
  readonly implicitTls: boolean;
  /** A domain name or an IP address without brackets. */
  readonly host: string;
  readonly port: number;
  readonly user: string | null;
  readonly password: string | null;
}

export interface ConfiguredRoute {
  /** A domain, or `*` for all others. */
  readonly domain: string;
  readonly via: SmartHost;
}

export interface RouterOptions extends MxRouteOptions {
  readonly routes: readonly ConfiguredRoute[];
}

const ALL_OTHERS = '*';

/** Finds routes. */
export class Router implements RouteFinder {
  readonly #options: RouterOptions;
  readonly #routes: ReadonlyMap<string, SmartHost>;

  constructor(options: RouterOptions) {
    this.#options = options;
    this.#routes = new Map(
      options.routes.map(({ domain, via }) => [domain === ALL_OTHERS ? domain : domainKey(domain), via]),
    );
  }

  /** The route to a domain (A-labels or U-labels) or address literal as it is now; never rejects. */
  async findRoute(domain: string): Promise<Route> {
    const key = domainKey(domain);
    const via = this.#routes.get(key) ?? this.#routes.get(ALL_OTHERS);
    if (via !== undefined) return routeVia(via, this.#options);
    const ip = literalIp(key);
    if (ip !== null) return routeToLiteral(ip, key, this.#options);
    if (domainToAscii(key) === null) return failed('5.1.2', 'the part after the @ is no domain');
    return routeByMx(key, this.#options);
  }
}

/** The administrator chose the host: private addresses are fine, MX records are not looked at. */
async function routeVia(via: SmartHost, options: RouterOptions): Promise<Route> {
  const { protocol, host, port, implicitTls, user, password } = via;
  const ip = canonicalIp(host);
  const found =
    ip === null ? await findHostAddresses(host, { ...options, allowPrivateAddresses: true }) : literalAddress(ip, true);
  // A smarthost that DNS does not know is our mistake: mail waits until it is mended.
  if (found.kind !== 'found') return dnsDeferral(`the next hop ${host}`);
  const next: RelayHost = { name: host.toLowerCase(), preference: 0, addresses: found.addresses };
  const login = user === null ? null : { user, password: password ?? '' };
  // A password is only said to a server that has proved its name, or that is this machine.
  const onThisMachine = found.addresses.every((address) => ipScope(address) === 'loopback');
  return {
    kind: 'hosts',
    site: `${protocol}${implicitTls ? 's' : ''}://${user === null ? '' : `${encodeURIComponent(user)}@`}${next.name}:${port}`,
    hosts: [next],
    port,
    protocol,
    implicitTls,
    tls: login !== null && !onThisMachine ? 'required' : 'opportunistic',
    login,
  };
}
