// What the other rings ask of DNS: a Resolver whose answers are values. It never rejects.
import type { DnsType, RecordDataByType } from './records.ts';

export interface DnsAnswer<T extends DnsType> {
  readonly kind: 'answer';
  /** At least one, in the order of the answer. */
  readonly records: readonly RecordDataByType[T][];
  /** The name that the records belong to, after CNAMEs, in lower case. */
  readonly canonicalName: string;
  /** For how much longer the answer may be used. */
  readonly ttlSeconds: number;
  /** The server says that DNSSEC proves it (AD), and we believe this server. */
  readonly authenticated: boolean;
}

export type DnsFailure =
  /** No server answered in time. */
  | 'timeout'
  /** Servers answered, but with SERVFAIL, REFUSED or nonsense. */
  | 'server-failure'
  /** Too many queries wait already. */
  | 'busy'
  /** The resolver is closing. */
  | 'closed';

export type DnsResult<T extends DnsType> =
  | DnsAnswer<T>
  /** The name is there, records of this type are not. */
  | { readonly kind: 'no-data'; readonly authenticated: boolean }
  /** There is no such name (nor any below it, RFC 8020). */
  | { readonly kind: 'nxdomain'; readonly authenticated: boolean }
  /** Nobody knows now; asking later may help. */
  | { readonly kind: 'temporary'; readonly reason: DnsFailure };

export interface Resolver {
  /** `name` in A-labels, with or without the last dot; what can be no name (too long, other characters) is `nxdomain`. */
  query<T extends DnsType>(name: string, type: T): Promise<DnsResult<T>>;
}
