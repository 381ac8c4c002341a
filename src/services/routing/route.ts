// Where mail for a domain goes: the hosts to try, or why there are none. A value, made anew for each attempt.

export interface RouteHost {
  /** What a TLS certificate must carry: the MX name, the smarthost's name, or the literal. */
  readonly name: string;
  /** Lower is tried first; hosts of the same preference are equals, already in random order. */
  readonly preference: number;
  /** In the order of trial, at least one; private, loopback and own addresses are left out unless allowed. */
  readonly addresses: readonly string[];
}

export interface RoutePlan {
  readonly kind: 'hosts';
  /** Equal for domains that share their hosts, port, protocol and sign-in: they share queue and connections. */
  readonly site: string;
  readonly hosts: readonly RouteHost[];
  readonly port: number;
  readonly protocol: 'smtp' | 'lmtp';
  readonly implicitTls: boolean;
  /** opportunistic: when offered. required: with a checked certificate. */
  readonly tls: 'off' | 'opportunistic' | 'required';
  readonly login: { readonly user: string; readonly password: string } | null;
}

/** Repeating cannot help: 5.1.2, 5.1.10 (null MX), 5.4.4, 5.4.6. */
export interface RouteFailure {
  readonly kind: 'failed';
  readonly enhanced: string;
  readonly text: string;
}

/** It may pass: 4.4.3. */
export interface RouteDeferral {
  readonly kind: 'deferred';
  readonly enhanced: string;
  readonly text: string;
}

export type Route = RoutePlan | RouteFailure | RouteDeferral;
