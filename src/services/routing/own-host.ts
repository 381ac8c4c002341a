// Who we are, for the sake of never sending mail to ourselves and of knowing postmaster@ at our own name and literals.
import { formatIp, ipScope, parseIp } from '../../base/net/ip.ts';
import { domainKey, formatLiteral } from '../../formats/address/domain.ts';

export interface OwnHostFacts {
  /** The hostname, and the names said in HELO. */
  readonly names: readonly string[];
  /** Where mail from other servers is taken; `*` stands for every address of the machine. */
  readonly listeners: readonly { readonly address: string; readonly port: number }[];
  /** The addresses of the machine's network interfaces. */
  readonly interfaceAddresses: readonly string[];
}

export interface OwnHost {
  isOwnHost(domainKey: string): boolean;
  isOwnEndpoint(address: string, port: number): boolean;
}

function canonical(ip: string): string {
  const bytes = parseIp(ip);
  return bytes === null ? ip : formatIp(bytes);
}

/** Answers by what is known now; made anew when listeners or interfaces change. */
export function describeOwnHost(facts: OwnHostFacts): OwnHost {
  const own = new Set(facts.interfaceAddresses.map(canonical));
  const keys = new Set([...facts.names, ...[...own].map(formatLiteral)].map(domainKey));
  const anywhere = new Set(facts.listeners.filter(({ address }) => address === '*').map(({ port }) => port));
  const endpoints = new Set(facts.listeners.map(({ address, port }) => `${canonical(address)} ${port}`));
  return {
    isOwnHost: (key) => keys.has(key),
    isOwnEndpoint(address, port) {
      const ip = canonical(address);
      if (endpoints.has(`${ip} ${port}`)) return true;
      const scope = ipScope(ip);
      // All of 127/8 is this machine, and connecting to the unspecified address comes out here too.
      const isThisMachine = own.has(ip) || scope === 'loopback' || scope === 'unspecified';
      return isThisMachine && anywhere.has(port);
    },
  };
}
