// The table of the house: rings, siblings, packages, and what is banned where. The tests beside this file and
// docs/reference/layers.md are made from it; a change of the architecture is a visible change of this table.

export interface Ring {
  readonly ring: number;
  /** Folders below src/, or a file. */
  readonly folders: readonly string[];
  readonly owns: string;
  readonly never: string;
}

/** A file may import its own ring and the rings below (smaller numbers). */
export const RINGS: readonly Ring[] = [
  {
    ring: 0,
    folders: ['base'],
    owns: 'bytes, lines, async, net, tls, dns client, clock, ids, log, metrics, errors',
    never: 'mail knowledge',
  },
  {
    ring: 1,
    folders: ['formats'],
    owns: 'what bytes mean: address, header, mime, message, dsn …',
    never: 'I/O, clock, randomness',
  },
  {
    ring: 2,
    folders: ['protocols', 'trust', 'sieve', 'filter'],
    owns: 'wire libraries that define the session they need; who sent it and how safely; rules; scoring',
    never: 'configuration, database',
  },
  {
    ring: 3,
    folders: ['storage'],
    owns: 'all SQL, blobs, migrations; one module per record family',
    never: 'protocols',
  },
  {
    ring: 4,
    folders: ['services'],
    owns: 'what the server does: reception, routing, delivery, relay, bounces, login, journey',
    never: 'sockets',
  },
  { ring: 5, folders: ['servers'], owns: 'one thin folder per listener', never: 'each other' },
  {
    ring: 6,
    folders: ['app', 'main.ts'],
    owns: 'configuration, command line, lifecycle, threads, wiring',
    never: 'being imported',
  },
];

/** Rings whose folders are units that do not know each other, except as listed in SIBLINGS. */
export const SEPARATE_UNITS: readonly number[] = [2, 5];

/** Which unit may import which other unit of the same ring. */
export const SIBLINGS: Readonly<Record<string, readonly string[]>> = {
  'protocols/smtp': ['protocols/sasl'],
  'protocols/pop3': ['protocols/sasl'],
  'protocols/imap': ['protocols/sasl'],
};

export interface PackageUse {
  /** The only file that imports it; null while nothing does yet. */
  readonly file: string | null;
  readonly reason: string;
}

/** Each npm package is imported in exactly one file, so that replacing it is a change of one file. */
export const PACKAGES: Readonly<Record<string, PackageUse>> = {
  '@mongodb-js/saslprep': { file: 'src/protocols/sasl/prepare-password.ts', reason: 'SASLprep tables (RFC 4013)' },
  '@node-rs/argon2': { file: 'src/services/passwords/argon2id.ts', reason: 'Argon2id password hashes' },
  '@node-rs/bcrypt': { file: 'src/services/passwords/bcrypt.ts', reason: 'bcrypt hashes of imported accounts' },
  '@peculiar/x509': { file: 'src/app/tls/self-signed.ts', reason: 'makes the self-signed certificate' },
  aws4fetch: {
    file: 'src/storage/cluster/objects/sign-request.ts',
    reason: 'signatures of requests to an object store',
  },
  'dns-packet': { file: 'src/base/dns/wire.ts', reason: 'DNS messages on the wire' },
  pg: { file: 'src/storage/sql/postgres-connection.ts', reason: 'the wire protocol of PostgreSQL' },
  pino: { file: 'src/app/log.ts', reason: 'structured log lines' },
  'prom-client': { file: 'src/servers/metrics/exposition.ts', reason: 'metrics in the Prometheus text format' },
  'reflect-metadata': { file: 'src/app/tls/self-signed.ts', reason: '@peculiar/x509 asks for it' },
  'smol-toml': { file: 'src/app/config/toml.ts', reason: 'TOML grammar of the configuration file' },
};

/** Packages for tests only; any test may import them. */
export const TEST_PACKAGES: readonly string[] = ['fast-check', 'dns-packet'];

export interface Ban {
  readonly what: string;
  /** Looked for in the code, with comments and the insides of strings blanked out. */
  readonly pattern: RegExp;
  /** Files (paths from the project root) that the ban covers. */
  readonly within: RegExp;
  readonly except?: RegExp;
  readonly instead: string;
}

/** Names and calls that are banned in part of the tree. Tests are free. */
export const BANS: readonly Ban[] = [
  {
    what: 'process.env, process.exit, console',
    pattern: /\bprocess\.(?:env|exit)\b|\bconsole\s*\./u,
    within: /^src\//u,
    except: /^src\/(?:app\/|main\.ts$)/u,
    instead: 'take the value or a Log as a parameter; src/app/ passes it',
  },
  {
    what: 'clock and randomness in formats/',
    pattern:
      /\bDate\.now\b|\bnew Date\(\s*\)|\bMath\.random\b|\brandom(?:UUID|Bytes|Int)\b|\bgetRandomValues\b|\bperformance\.|\bset(?:Timeout|Interval|Immediate)\b/u,
    within: /^src\/formats\//u,
    instead: 'take the time or the random value as a parameter',
  },
];

export interface ModuleBan {
  readonly what: string;
  readonly modules: readonly string[];
  readonly within: RegExp;
  readonly except?: RegExp;
  /** Named imports that are pure and therefore free everywhere. */
  readonly free?: readonly string[];
  readonly instead: string;
}

/** Modules of Node that only part of the tree may import at run time (`import type` is free). */
export const MODULE_BANS: readonly ModuleBan[] = [
  {
    what: 'sockets',
    modules: [
      'node:net',
      'node:tls',
      'node:dgram',
      'node:dns',
      'node:dns/promises',
      'node:http',
      'node:https',
      'node:http2',
    ],
    within: /^src\//u,
    except: /^src\/(?:base\/(?:net|tls|dns|http)\/|protocols\/[^/]+\/(?:server|client)\/)/u,
    free: ['isIP', 'isIPv4', 'isIPv6', 'BlockList', 'SocketAddress'],
    instead: 'use src/base/net, src/base/dns or a protocol library',
  },
  {
    what: 'the database',
    modules: ['node:sqlite'],
    within: /^src\//u,
    except: /^src\/storage\//u,
    instead: 'use a record family in src/storage/',
  },
  {
    what: 'I/O in formats/',
    modules: [
      'node:fs',
      'node:fs/promises',
      'node:child_process',
      'node:worker_threads',
      'node:stream',
      'node:stream/promises',
      'node:timers',
      'node:timers/promises',
      'node:readline',
      'node:os',
      'node:process',
    ],
    within: /^src\/formats\//u,
    instead: 'take bytes, give bytes; the caller does the I/O',
  },
  {
    what: 'files in protocols/, trust/, sieve/, filter/',
    modules: ['node:fs', 'node:fs/promises', 'node:child_process'],
    within: /^src\/(?:protocols|trust|sieve|filter)\//u,
    instead: 'take what is needed as a parameter',
  },
];

/** SQL statements are text in src/storage/ only. */
export const SQL_FOLDER = 'src/storage/';

/** Words that say nothing, in paths and exported names. */
export const BANNED_WORDS: readonly string[] = [
  'util',
  'utils',
  'helper',
  'helpers',
  'common',
  'misc',
  'tools',
  'manager',
  'handler',
];

/** Files that are started rather than imported. */
export const ENTRY_FILES = /^src\/main\.ts$|-thread\.ts$|^scripts\/[^/]+\.ts$|^bench\/[^/]+\.ts$|\/main\.ts$/u;

/** Files that stand before their first user does. Empty when the house is built. */
export const WAITING: readonly string[] = [];

/** The longest file, in lines. */
export const FILE_LINES_MAX = 600;
