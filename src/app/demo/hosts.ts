// The three servers of the demonstration as data: their configuration files and the DNS that joins them. All are on
// 127.0.0.1 with ports that the system picked; each finds the next one as on the internet: by MX, or by its route.
import type { Zone } from '../../base/dns/zone.ts';

export type HostName = 'one' | 'two' | 'three';

/** In the order of the road. */
export const ROAD: readonly HostName[] = ['one', 'two', 'three'];
export const ADDRESS = '127.0.0.1';
export const SENDER = 'ann@one.test';
export const RECIPIENT = 'bob@three.test';

/** What each server is there for, in a few words. */
export const ROLES: Readonly<Record<HostName, string>> = {
  one: "Ann's server",
  two: 'the MX of three.test: passes its mail on',
  three: "Bob's server",
};

/** The host's own name. */
export function hostnameOf(host: HostName): string {
  return `mx.${host}.test`;
}

/** Names of the demonstration: every domain's MX is its own host, except that two.test takes the mail of three.test. */
export function demoZones(): Zone[] {
  const exchange: Record<HostName, HostName> = { one: 'one', two: 'two', three: 'two' };
  return ROAD.map((host) => ({
    name: `${host}.test`,
    records: {
      [`${host}.test`]: [{ type: 'MX', data: { preference: 10, exchange: hostnameOf(exchange[host]) } }],
      [hostnameOf(host)]: [{ type: 'A', data: ADDRESS }],
    },
  }));
}

export interface HostPlace {
  readonly dnsPort: number;
  /** The SMTP port of the next server on the road; null: there is none. */
  readonly nextPort: number | null;
}

const LISTENERS: Readonly<Record<HostName, readonly string[]>> = {
  one: ['submission', 'smtp'],
  two: ['smtp'],
  three: ['smtp', 'pop3'],
};

/** The configuration file of one server. */
export function configText(host: HostName, { dnsPort, nextPort }: HostPlace): string {
  const listeners = LISTENERS[host].flatMap((protocol) => [
    '',
    '[[listener]]',
    `protocol = "${protocol}"`,
    `address = "${ADDRESS}"`,
    'port = 0',
  ]);
  const route = [
    '',
    '# Mail for three.test is taken from strangers and passed on to the server behind.',
    '[[route]]',
    'domain = "three.test"',
    `via = "smtp://${hostnameOf('three')}:${nextPort}"`,
    'relay_domain = true',
  ];
  return [
    `# ${ROLES[host]}.`,
    `hostname = "${hostnameOf(host)}"`,
    'data = "./data"',
    'threads = 1',
    ...listeners,
    '',
    '[dns]',
    `servers = ["${ADDRESS}:${dnsPort}"]`,
    '',
    '[outbound]',
    ...(host === 'one' ? [`port = ${nextPort}`] : []),
    'allow_private_addresses = true',
    ...(host === 'two' ? route : []),
    '',
  ].join('\n');
}
