// Where mail for a domain goes, as the relay needs to know it. The routing service finds plans (MX, smarthost, literal)
// and keeps them as long as DNS allows; the relay asks once for each attempt.

/** One next hop host with its addresses, in the order of trial. */
export interface RelayHost {
  /** The name that TLS certificates must carry. */
  readonly name: string;
  /** Hosts of the same preference are equals; the relay spreads its connections over them. */
  readonly preference: number;
  /** IPv4 and IPv6 addresses in text form, already filtered (no loopback, private or own address unless allowed). */
  readonly addresses: readonly string[];
}

export interface RoutePlan {
  readonly kind: 'hosts';
  /** Equal for equal sets of hosts (and port, protocol, sign-in): domains with the same site share connections. */
  readonly site: string;
  readonly hosts: readonly RelayHost[];
  readonly port: number;
  readonly protocol: 'smtp' | 'lmtp';
  readonly implicitTls: boolean;
  /** 'opportunistic': when offered. 'required': with a checked certificate (MTA-STS, smarthosts that say so). */
  readonly tls: 'off' | 'opportunistic' | 'required';
  /** How we sign in to a smarthost. */
  readonly login: { readonly user: string; readonly password: string } | null;
}

/** NXDOMAIN, null MX and the like: no repetition helps. */
export interface RouteFailure {
  readonly kind: 'failed';
  /** e.g. '5.1.2', '5.1.10', '5.4.6' */
  readonly enhanced: string;
  readonly text: string;
}

/** SERVFAIL, a timeout of DNS: it may pass. */
export interface RouteDeferral {
  readonly kind: 'deferred';
  /** e.g. '4.4.3' */
  readonly enhanced: string;
  readonly text: string;
}

export type Route = RoutePlan | RouteFailure | RouteDeferral;

export interface RouteFinder {
  /** The route to a domain (A-label in lower case) or address literal, as it is now; never rejects. */
  findRoute(domain: string): Promise<Route>;
}
