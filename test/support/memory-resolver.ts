// A Resolver over zones as data, through the wire format but without sockets: for tests of what is built on DNS.
import { readAnswer } from '../../src/base/dns/answer.ts';
import { type DnsType, dnsName } from '../../src/base/dns/records.ts';
import type { DnsFailure, DnsResult, Resolver } from '../../src/base/dns/resolver.ts';
import { type Zone, type ZoneRecord, answerFromZones } from '../../src/base/dns/zone.ts';
import { RCODE, decodeResponse, encodeResponse } from '../../src/base/dns/wire.ts';

/** Answers like a server that knows `records` (full names) and nothing else; names elsewhere do not exist. */
export class MemoryResolver implements Resolver {
  readonly #zone: Zone;
  readonly #failures = new Map<string, DnsFailure>();
  /** `TYPE name` of everything asked. */
  readonly asked: string[] = [];

  constructor(records: Readonly<Record<string, readonly ZoneRecord[]>>, options: { authenticated?: boolean } = {}) {
    this.#zone = { name: '.', records, authenticated: options.authenticated ?? false };
  }

  /** From now on this question is answered `temporary`. */
  fail(name: string, type: DnsType, reason: DnsFailure = 'timeout'): this {
    this.#failures.set(`${type} ${name}`, reason);
    return this;
  }

  async query<T extends DnsType>(text: string, type: T): Promise<DnsResult<T>> {
    const name = dnsName(text);
    if (name === null) return { kind: 'nxdomain', authenticated: false };
    this.asked.push(`${type} ${name}`);
    const reason = this.#failures.get(`${type} ${name}`);
    if (reason !== undefined) return { kind: 'temporary', reason };
    const question = { id: 0, name, type, edns: true };
    const octets = encodeResponse(question, { ...answerFromZones([this.#zone], question), transport: 'tcp' });
    const response = decodeResponse(octets);
    if (response === null || response.rcode === RCODE.servFail) return { kind: 'temporary', reason: 'server-failure' };
    const reading = readAnswer({ name, type }, response);
    const { authenticated } = response;
    if (reading.kind === 'answer') return { ...reading, authenticated } as DnsResult<T>;
    if (reading.kind === 'no-data' || reading.kind === 'nxdomain') return { kind: reading.kind, authenticated };
    return { kind: 'temporary', reason: 'server-failure' };
  }
}
