// Zones as data, and what an authoritative server answers from them: RFC 1034 §4.3.2 without delegations.
// For the demonstration and for tests; wildcards and CNAMEs are known, DNSSEC is not.
import { CNAME_CHAIN_MAX } from './limits.ts';
import { type DnsQuestion, type DnsRecord, type DnsType, type RecordDataByType } from './records.ts';
import { type DnsResponse, RCODE } from './wire.ts';

/** A record without its name. */
export type ZoneRecord = {
  readonly [T in DnsType]: { readonly type: T; readonly data: RecordDataByType[T]; readonly ttlSeconds?: number };
}[DnsType];

export interface Zone {
  /** The apex, e.g. 'one.test'. '.' answers for everything. */
  readonly name: string;
  /** Full names in lower case (`mx.one.test`, `*.one.test`) and their records. */
  readonly records: Readonly<Record<string, readonly ZoneRecord[]>>;
  /** The TTL of records that name none, and of a "no". */
  readonly ttlSeconds?: number;
  /** Whether answers carry AD. */
  readonly authenticated?: boolean;
}

export const ZONE_TTL_SECONDS = 300;

function isWithin(name: string, apex: string): boolean {
  return apex === '.' || name === apex || name.endsWith(`.${apex}`);
}

function zoneOf(zones: readonly Zone[], name: string): Zone | null {
  let best: Zone | null = null;
  for (const zone of zones) {
    if (isWithin(name, zone.name) && (best === null || zone.name.length > best.name.length)) best = zone;
  }
  return best;
}

function recordsAt(zone: Zone, name: string): readonly DnsRecord[] | null {
  const found = zone.records[name] ?? zone.records[`*.${name.slice(name.indexOf('.') + 1)}`];
  if (found !== undefined) {
    return found.map((record) => ({ ttlSeconds: zone.ttlSeconds ?? ZONE_TTL_SECONDS, ...record, name }));
  }
  const isBetween = Object.keys(zone.records).some((owner) => owner.endsWith(`.${name}`));
  return name === zone.name || isBetween ? [] : null;
}

function soaOf(zone: Zone): DnsRecord {
  const ttlSeconds = zone.ttlSeconds ?? ZONE_TTL_SECONDS;
  const data = { mname: 'ns', rname: 'postmaster', serial: 1, refresh: 3600, retry: 600, expire: 86_400 };
  return { name: zone.name, type: 'SOA', ttlSeconds, data: { ...data, minimum: ttlSeconds } };
}

/** The answer of a server that knows these zones and nothing else (REFUSED for other names). */
export function answerFromZones(zones: readonly Zone[], question: DnsQuestion): DnsResponse {
  const answers: DnsRecord[] = [];
  const response = { truncated: false, authenticated: false, answers, authorities: [] as DnsRecord[] };
  let name = question.name;
  for (let links = 0; links <= CNAME_CHAIN_MAX; links++) {
    const zone = zoneOf(zones, name);
    if (zone === null) return { ...response, rcode: links === 0 ? RCODE.refused : RCODE.noError };
    response.authenticated = zone.authenticated === true && (links === 0 || response.authenticated);
    const records = recordsAt(zone, name);
    if (records === null) return { ...response, rcode: RCODE.nxDomain, authorities: [soaOf(zone)] };
    const found = records.filter((record) => record.type === question.type);
    const alias = records.find((record) => record.type === 'CNAME');
    answers.push(...found);
    if (found.length > 0) return { ...response, rcode: RCODE.noError };
    if (alias?.type !== 'CNAME') return { ...response, rcode: RCODE.noError, authorities: [soaOf(zone)] };
    answers.push(alias);
    name = alias.data;
  }
  return { ...response, rcode: RCODE.servFail, answers: [] };
}
