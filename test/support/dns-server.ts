// An authoritative DNS server in the test's own process, with a list of what was asked and faults to order.
import { EventEmitter, once } from 'node:events';
import { systemClock, type Clock } from '../../src/base/clock.ts';
import {
  type DnsFault,
  type StaticDnsQuery,
  type StaticDnsServer,
  startStaticDnsServer,
} from '../../src/base/dns/static-server.ts';
import type { DnsType } from '../../src/base/dns/records.ts';
import type { DnsServer } from '../../src/base/dns/servers.ts';
import type { Zone } from '../../src/base/dns/zone.ts';

/** The server, its zones (change them as you like) and what it was asked. */
export class TestDnsServer {
  /** What it answers from; read at every query. */
  readonly zones: Zone[];
  readonly queries: StaticDnsQuery[] = [];
  readonly #events = new EventEmitter();
  readonly #faults = new Map<string, DnsFault>();
  #server: StaticDnsServer | null = null;

  constructor(zones: readonly Zone[]) {
    this.zones = [...zones];
  }

  /** Starts a server on a free loopback port; `clock` times its delays. */
  static async start(zones: readonly Zone[], clock: Clock = systemClock): Promise<TestDnsServer> {
    const server = new TestDnsServer(zones);
    server.#server = await startStaticDnsServer({
      zones: server.zones,
      clock,
      fault: (query) => {
        server.queries.push(query);
        server.#events.emit('query');
        return (
          server.#faults.get(`${query.type} ${query.name}`) ??
          server.#faults.get(query.transport) ??
          server.#faults.get('*') ??
          null
        );
      },
    });
    return server;
  }

  /** Where it listens. */
  get endpoint(): DnsServer {
    return { address: this.#server!.address, port: this.#server!.port };
  }

  /** As `[dns] servers` wants it. */
  get text(): string {
    return `${this.endpoint.address}:${this.endpoint.port}`;
  }

  /** Orders a fault for one question, for all (`'*'`) or for one transport; null mends it. */
  setFault(question: '*' | 'udp' | 'tcp' | { name: string; type: DnsType }, fault: DnsFault | null): void {
    const key = typeof question === 'string' ? question : `${question.type} ${question.name}`;
    if (fault === null) this.#faults.delete(key);
    else this.#faults.set(key, fault);
  }

  /** Resolves once `count` queries have come. */
  async asked(count: number): Promise<void> {
    while (this.queries.length < count) await once(this.#events, 'query');
  }

  async close(): Promise<void> {
    await this.#server?.close();
  }
}
