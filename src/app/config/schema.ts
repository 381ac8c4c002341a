// The schema of the configuration file: everything that must be known before the store opens. The reader, the
// reference page, the example file and `config explain` all come from it. Cross-field checks are in verify.ts.
import {
  booleanKind,
  choiceKind,
  dnsServerKind,
  domainKind,
  durationKind,
  integerKind,
  ipKind,
  listKind,
  listenAddressKind,
  networkKind,
  pathKind,
  portKind,
  routeDomainKind,
  sizeKind,
  smartHostKind,
  textKind,
  type DnsServer,
  type Kind,
} from './kinds.ts';
import type { SmartHost } from './smart-host.ts';
import type { Cidr } from '../../base/net/ip.ts';
import { parseObjectAddress } from '../../storage/cluster/objects/object-address.ts';
import { LEDGER_THREADS_MAX } from '../../services/connections/limits.ts';
import { BadValue } from './config-error.ts';
import { LATER_PROTOCOLS, LISTENER_PROTOCOL_NAMES, type ListenerProtocol } from './listener-protocols.ts';
import { optional, required, setting, table, tables, type ValuesOf } from './setting.ts';

const since = '0.1.0';
const COUNT_MAX = 10_000_000;
const countKind = integerKind(1, COUNT_MAX);

const protocolChoice = choiceKind(LISTENER_PROTOCOL_NAMES);
const protocolKind: Kind<ListenerProtocol> = {
  ...protocolChoice,
  parse(value, folder) {
    if (typeof value === 'string' && LATER_PROTOCOLS.includes(value)) {
      throw new BadValue(`'${value}' is not in this release yet; remove this listener`);
    }
    return protocolChoice.parse(value, folder);
  },
};

const blobsKind: Kind<string> = {
  name: '"segments:" or "s3://bucket?endpoint=…&region=…"',
  parse(value) {
    if (value === 'segments:') return value;
    if (typeof value !== 'string') throw new BadValue(`wants ${blobsKind.name}`);
    const address = parseObjectAddress(value);
    if ('fault' in address) throw new BadValue(value.startsWith('s3:') ? address.fault : `wants ${blobsKind.name}`);
    return value;
  },
  write: (value) => JSON.stringify(value),
};

const databaseKind: Kind<string> = {
  name: '"sqlite:" or "postgres://user:password@host/database"',
  parse(value) {
    if (value === 'sqlite:') return value;
    if (typeof value === 'string' && /^postgres(?:ql)?:\/\/[^\s]+$/u.test(value) && URL.canParse(value)) return value;
    throw new BadValue('wants "sqlite:" or "postgres://user:password@host/database"');
  },
  write(value) {
    if (value === 'sqlite:') return JSON.stringify(value);
    const url = new URL(value);
    if (url.password !== '') url.password = '***';
    return JSON.stringify(url.href);
  },
};

const LISTENER = tables('listener', 'One for each port. With none at all, every protocol listens on its own port.', {
  protocol: required<ListenerProtocol>('protocol', protocolKind, { doc: 'What is spoken on this port.', since }),
  address: optional<string>('address', listenAddressKind, {
    otherwise: '"*", but "127.0.0.1" for lmtp and metrics',
    doc: 'The address to listen on; "*" is every address of the machine.',
    since,
  }),
  port: optional<number>('port', portKind, {
    otherwise: 'the standard port of the protocol',
    doc: 'The port to listen on; 0 lets the system pick one.',
    since,
  }),
  greetingPauseMs: optional<number>('greeting_pause', durationKind, {
    otherwise: '"2ms" for smtp, "0s" for the others',
    doc: 'How long the banner waits; who talks before it is refused.',
    since,
  }),
  proxyNetworks: setting<readonly Cidr[]>('proxy_networks', listKind(networkKind), {
    default: [],
    doc: 'Networks whose connections must begin with a PROXY header, version 1 or 2.',
    since,
  }),
  exposed: setting<boolean>('exposed', booleanKind, {
    default: false,
    doc: 'Must be true for lmtp or metrics on an address that other machines can reach: nobody signs in there.',
    since,
  }),
});

const OUTBOUND = table('outbound', 'Sending to other servers.', {
  port: setting<number>('port', integerKind(1, 65_535), {
    default: 25,
    doc: 'The port used for delivery by MX.',
    since,
  }),
  allowPrivateAddresses: setting<boolean>('allow_private_addresses', booleanKind, {
    default: false,
    doc: 'Deliver to loopback and private addresses that MX lookups name; true only for tests.',
    since,
  }),
  addresses: tables('addresses', 'Source addresses; the system picks one when none is named.', {
    address: required<string>('address', ipKind, { doc: 'An address of this machine.', since }),
    helo: optional<string>('helo', domainKind, {
      otherwise: 'the hostname',
      doc: 'The name to greet with from this address; its reverse DNS should be the same.',
      since,
    }),
  }),
  connectionsMax: setting<number>('connections', countKind, {
    default: 500,
    unit: 'connections',
    doc: 'At most so many connections to other servers at a time.',
    since,
  }),
  connectionsPerSiteMax: setting<number>('connections_per_site', countKind, {
    default: 20,
    unit: 'connections',
    doc: 'At most so many connections to the same set of MX hosts at a time.',
    since,
  }),
  expiryMs: setting<number>('expiry', durationKind, {
    default: '5d',
    doc: 'A message that could not be delivered for so long is returned to its sender.',
    since,
  }),
  delayWarningMs: setting<number>('delay_warning', durationKind, {
    default: '4h',
    doc: 'The sender is told when a message has waited so long.',
    since,
  }),
  retriesMs: setting<readonly number[]>('retries', listKind(durationKind), {
    default: ['1m', '5m', '15m', '30m'],
    doc: 'The waits before the first retries; later ones grow with the age of the message, up to retry_max.',
    since,
  }),
  retryMaxMs: setting<number>('retry_max', durationKind, {
    default: '4h',
    doc: 'The longest wait between two attempts.',
    since,
  }),
});

const LIMITS = table('limits', 'What one client may ask for.', {
  trustedNetworks: setting<readonly Cidr[]>('trusted_networks', listKind(networkKind), {
    default: [],
    doc: 'No connection, rate, delay or sign-in limit for these; never grants relaying.',
    since,
  }),
  relayNetworks: setting<readonly Cidr[]>('relay_networks', listKind(networkKind), {
    default: [],
    doc: 'May send to anywhere without signing in: printers, scanners.',
    since,
  }),
  messageMaxBytes: setting<number>('message_size', sizeKind, {
    default: '50MiB',
    doc: 'The largest message.',
    since,
  }),
  recipientsMax: setting<number>('recipients', integerKind(100, COUNT_MAX), {
    default: 1000,
    unit: 'recipients',
    doc: 'Recipients of one message from another server (RFC 5321 §4.5.3.1.8 asks for 100 at least).',
    since,
  }),
  submissionRecipientsMax: setting<number>('submission_recipients', integerKind(1, COUNT_MAX), {
    default: 10_000,
    unit: 'recipients',
    doc: 'Recipients of one message from a user who signed in.',
    since,
  }),
  hopsMax: setting<number>('hops', integerKind(10, 1000), {
    default: 100,
    unit: 'Received lines',
    doc: 'A message with more is going round in circles and is refused (RFC 5321 §6.3).',
    since,
  }),
  connectionsMax: setting<number>('connections', countKind, {
    default: 20_000,
    unit: 'connections',
    doc: 'At most so many connections to all listeners at a time.',
    since,
  }),
  connectionsPerAddressMax: setting<number>('connections_per_address', countKind, {
    default: 100,
    unit: 'connections',
    doc: 'At most so many from one address at a time; an IPv6 /64 counts as one.',
    since,
  }),
  connectionsPerNetworkMax: setting<number>('connections_per_network', countKind, {
    default: 1000,
    unit: 'connections',
    doc: 'At most so many from one network at a time: an IPv4 /24, an IPv6 /48.',
    since,
  }),
  connectionRatePerAddressMax: setting<number>('connection_rate_per_address', countKind, {
    default: 6000,
    unit: 'connections in a minute',
    doc: 'At most so many new connections from one address in a minute.',
    since,
  }),
});

const ROUTE = tables('route', 'Mail that does not go by MX.', {
  domain: required<string>('domain', routeDomainKind, {
    doc: 'Mail for this domain, or "*" for all that have no route of their own.',
    since,
  }),
  via: required<SmartHost>('via', smartHostKind, {
    doc: 'The server that takes it; smtps:// speaks TLS from the start, lmtp:// is for one that keeps the mailboxes.',
    since,
  }),
  passwordFile: optional<string>('password_file', pathKind, {
    otherwise: 'no password, or the one in via',
    doc: 'A file with the password for the user named in via.',
    since,
  }),
  relayDomain: setting<boolean>('relay_domain', booleanKind, {
    default: false,
    doc: 'Also take mail for this domain from strangers: this server is its MX, the mailboxes are behind.',
    since,
  }),
});

const JOURNEY = table('journey', 'What is remembered of the way of each message.', {
  keepMs: setting<number>('keep', durationKind, { default: '30d', doc: 'Older events are removed.', since }),
  sizeMaxBytes: setting<number>('size', sizeKind, {
    default: '2GB',
    doc: 'Beyond this the oldest events are removed early.',
    since,
  }),
  shortenAddressesAfterMs: optional<number>('shorten_addresses_after', durationKind, {
    otherwise: 'client addresses are kept whole',
    doc: 'Cuts client addresses down to their network (/24, /48) when they are so old.',
    since,
  }),
});

export const SCHEMA = {
  hostname: optional<string>('hostname', domainKind, {
    otherwise: "the machine's name",
    doc: 'The name of this server: in its banner, its greeting and its Received lines.',
    since,
  }),
  data: setting<string>('data', pathKind, {
    default: './data',
    doc: 'The folder that holds everything; relative paths start in the folder of this file.',
    since,
  }),
  threads: optional<number>('threads', integerKind(1, LEDGER_THREADS_MAX), {
    otherwise: 'one less than the number of cores, at least 1, at most 8',
    unit: 'threads',
    doc: 'How many threads talk to clients.',
    since,
  }),
  user: optional<string>('user', textKind, {
    otherwise: 'the owner of the data folder',
    doc: 'When started as root: the user to become once the ports are bound.',
    since,
  }),
  listeners: LISTENER,
  tls: table('tls', 'The certificate of every listener. Without one, a self-signed one is made.', {
    certificate: optional<string>('certificate', pathKind, {
      otherwise: 'a self-signed one in the data folder',
      doc: 'The certificate and its chain, in PEM.',
      since,
    }),
    key: optional<string>('key', pathKind, {
      otherwise: 'the key of the self-signed one',
      doc: 'The private key, in PEM.',
      since,
    }),
  }),
  dns: table('dns', 'How names are looked up.', {
    servers: setting<readonly DnsServer[]>('servers', listKind(dnsServerKind), {
      default: [],
      doc: "The resolvers to ask; with none, the system's.",
      since,
    }),
  }),
  outbound: OUTBOUND,
  auth: table('auth', 'Signing in.', {
    allowPlaintextFrom: setting<readonly Cidr[]>('allow_plaintext_from', listKind(networkKind), {
      default: [],
      doc: 'Networks that may sign in without TLS, such as ["127.0.0.0/8"] on a test machine.',
      since,
    }),
    channelBinding: setting<boolean>('channel_binding', booleanKind, {
      default: true,
      doc: 'Offer SCRAM-SHA-256-PLUS. Off for programs that choose it and cannot do it, such as mutt with GNU SASL.',
      since,
    }),
    defaultDomain: optional<string>('default_domain', domainKind, {
      otherwise: 'the first domain',
      doc: 'Added to a sign-in name that has no domain.',
      since,
    }),
  }),
  limits: LIMITS,
  routes: ROUTE,
  store: table('store', 'Where mail is kept.', {
    url: setting<string>('url', databaseKind, {
      default: 'sqlite:',
      doc: 'The database; "sqlite:" is in the data folder. With PostgreSQL any number of nodes may share one.',
      since,
    }),
    blobs: setting<string>('blobs', blobsKind, {
      default: 'segments:',
      doc: 'The messages; "segments:" are files in the data folder, or rows with PostgreSQL. With PostgreSQL they may be in an object store: "s3://bucket/prefix?endpoint=https://host&region=name".',
      since,
    }),
    blobsKeys: optional<string>('blobs_keys', pathKind, {
      otherwise: 'AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY in the environment',
      doc: 'A file with the keys of the object store, that only the server can read: lines aws_access_key_id = … and aws_secret_access_key = ….',
      since,
    }),
  }),
  journey: JOURNEY,
  log: table('log', 'What the server says while it runs.', {
    level: setting<'debug' | 'info' | 'warn' | 'error' | 'silent'>(
      'level',
      choiceKind(['debug', 'info', 'warn', 'error', 'silent']),
      {
        default: 'info',
        doc: 'The least important line that is written; "silent": none, which is meant for tests.',
        since,
      },
    ),
  }),
  metrics: table('metrics', 'The metrics listener.', {
    allowFrom: setting<readonly Cidr[]>('allow_from', listKind(networkKind), {
      default: ['127.0.0.0/8', '::1'],
      doc: 'Networks that may read the metrics.',
      since,
    }),
  }),
};

/** The settings as written, with nulls where the machine or another setting decides. */
export type WrittenConfig = ValuesOf<typeof SCHEMA>;
