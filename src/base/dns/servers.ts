// Which servers the stub resolver asks: those of the configuration, else the system's.
import { Resolver as SystemResolver } from 'node:dns';
import { parseIp } from '../net/ip.ts';
import type { Clock } from '../clock.ts';
import { SYSTEM_SERVERS_MAX_AGE_MS } from './limits.ts';

export interface DnsServer {
  /** An IP address. */
  readonly address: string;
  readonly port: number;
}

const DNS_PORT = 53;

/** Reads `192.0.2.1`, `192.0.2.1:5353`, `2001:db8::1` or `[2001:db8::1]:5353`; null when it is none of them. */
export function parseDnsServer(text: string): DnsServer | null {
  if (text.includes(':') && parseIp(text) !== null) return { address: text, port: DNS_PORT };
  const found = /^(?:\[([^\]]+)\]|([^:]+))(?::(\d{1,5}))?$/.exec(text);
  const address = found?.[1] ?? found?.[2];
  if (found === null || address === undefined || parseIp(address) === null) return null;
  if ((found[1] !== undefined) !== address.includes(':')) return null;
  const port = found[3] === undefined ? DNS_PORT : Number(found[3]);
  return port >= 1 && port <= 65_535 ? { address, port } : null;
}

/** The servers of the operating system (`/etc/resolv.conf` where there is one), read again when they may have changed. */
export function systemDnsServers(clock: Clock): () => readonly DnsServer[] {
  let servers: readonly DnsServer[] = [];
  let readAtMs = Number.NEGATIVE_INFINITY;
  return () => {
    if (clock.monotonic() - readAtMs >= SYSTEM_SERVERS_MAX_AGE_MS) {
      readAtMs = clock.monotonic();
      servers = new SystemResolver()
        .getServers()
        .map(parseDnsServer)
        .filter((server) => server !== null);
    }
    return servers;
  };
}
