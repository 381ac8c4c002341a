// The record types that mail asks for, as values. Names are in lower case without the last dot; the root is '.'.
import { LABEL_MAX_OCTETS, NAME_MAX_OCTETS } from './limits.ts';

export interface RecordDataByType {
  /** Dotted decimal. */
  A: string;
  /** As the server's octets read, not necessarily in canonical text. */
  AAAA: string;
  CNAME: string;
  NS: string;
  PTR: string;
  MX: { readonly preference: number; readonly exchange: string };
  /** The strings of one record joined (RFC 7208 §3.3), decoded as UTF-8. */
  TXT: string;
  SRV: { readonly priority: number; readonly weight: number; readonly port: number; readonly target: string };
  TLSA: {
    readonly usage: number;
    readonly selector: number;
    readonly matchingType: number;
    readonly data: Uint8Array;
  };
  SOA: {
    readonly mname: string;
    readonly rname: string;
    readonly serial: number;
    readonly refresh: number;
    readonly retry: number;
    readonly expire: number;
    readonly minimum: number;
  };
}

export type DnsType = keyof RecordDataByType;

export type DnsRecord = {
  readonly [T in DnsType]: {
    readonly name: string;
    readonly type: T;
    readonly ttlSeconds: number;
    readonly data: RecordDataByType[T];
  };
}[DnsType];

export interface DnsQuestion {
  readonly name: string;
  readonly type: DnsType;
}

const LABEL = /^[!-~]+$/;

/** The form names compare in: lower case, no last dot; null when it can be no name on the wire. The root is '.'. */
export function dnsName(text: string): string | null {
  if (text === '.') return text;
  const name = text.endsWith('.') ? text.slice(0, -1) : text;
  if (name === '' || name.length > NAME_MAX_OCTETS) return null;
  for (const label of name.split('.')) if (label.length > LABEL_MAX_OCTETS || !LABEL.test(label)) return null;
  return name.toLowerCase();
}
