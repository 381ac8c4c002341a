import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { formatCidr } from '../../base/net/ip.ts';
import { ConfigError, formatProblem } from './config-error.ts';
import { CONFIG_EXAMPLE, CONFIG_PAGE, allSettings, configExample, configPage } from './config-page.ts';
import { CONFIG_FILE_MAX_BYTES, PROBLEMS_MAX } from './limits.ts';
import { loadConfig, parseConfig } from './load-config.ts';
import { SCHEMA } from './schema.ts';
import { writeToml } from './write-settings.ts';
import type { Config } from './config.ts';

const PLACE = { file: 'a.toml', folder: '/srv/mail', machine: { cores: 4, name: 'mx.one.test' } };
const parse = (text: string): Config => parseConfig(text, PLACE);

/** The problems of a text, each as one line without the file. */
function problemsOf(text: string): string[] {
  try {
    parse(text);
  } catch (error) {
    assert.ok(error instanceof ConfigError);
    return error.problems.map((problem) => formatProblem(problem).replace('a.toml:', ''));
  }
  return [];
}

const FULL = `
hostname = "mx.one.test"
data = "./data"
threads = 2
user = "postroad"

[[listener]]
protocol = "smtp"
address = "127.0.0.1"
port = 2525
greeting_pause = "5s"
proxy_networks = ["10.0.0.0/8"]

[[listener]]
protocol = "lmtp"
address = "*"
exposed = true

[tls]
certificate = "cert.pem"
key = "/etc/key.pem"

[dns]
servers = ["127.0.0.1:5353", "2001:db8::53", "[2001:db8::54]:54", "192.0.2.53"]

[outbound]
port = 2600
allow_private_addresses = true
addresses = [{ address = "192.0.2.1", helo = "mx1.one.test" }, { address = "192.0.2.2" }]
expiry = "1d12h"
retries = ["1s", "2s"]

[auth]
allow_plaintext_from = ["127.0.0.0/8"]
default_domain = "one.test"

[limits]
trusted_networks = ["127.0.0.0/8", "::1"]
relay_networks = ["192.0.2.0/24"]
message_size = "25MB"

[[route]]
domain = "three.test"
via = "smtp://127.0.0.1:2600"
relay_domain = true

[[route]]
domain = "*"
via = "smtps://me%40one.test:pass%2Fword@smart.test"

[store]
url = "sqlite:"
blobs = "segments:"
`;

test('every part of the contract is read', () => {
  const config = parse(FULL);
  assert.equal(config.hostname, 'mx.one.test');
  assert.equal(config.data, '/srv/mail/data');
  assert.equal(config.threads, 2);
  assert.deepEqual(
    config.listeners.map((l) => [l.protocol, l.address, l.port, l.portWritten, l.greetingPauseMs]),
    [
      ['smtp', '127.0.0.1', 2525, true, 5000],
      ['lmtp', '*', 24, false, 0],
    ],
  );
  assert.deepEqual(config.listeners[0]?.proxyNetworks.map(formatCidr), ['10.0.0.0/8']);
  assert.deepEqual(config.tls, { certificate: '/srv/mail/cert.pem', key: '/etc/key.pem' });
  assert.deepEqual(config.dns.servers, [
    { address: '127.0.0.1', port: 5353 },
    { address: '2001:db8::53', port: 53 },
    { address: '2001:db8::54', port: 54 },
    { address: '192.0.2.53', port: 53 },
  ]);
  assert.deepEqual(config.outbound.addresses, [
    { address: '192.0.2.1', helo: 'mx1.one.test' },
    { address: '192.0.2.2', helo: 'mx.one.test' },
  ]);
  assert.equal(config.outbound.expiryMs, 129_600_000);
  assert.equal(config.limits.messageMaxBytes, 25_000_000);
  assert.deepEqual(
    config.routes.map((route) => [route.domain, route.via, route.relayDomain]),
    [
      [
        'three.test',
        { protocol: 'smtp', implicitTls: false, host: '127.0.0.1', port: 2600, user: null, password: null },
        true,
      ],
      [
        '*',
        {
          protocol: 'smtp',
          implicitTls: true,
          host: 'smart.test',
          port: 465,
          user: 'me@one.test',
          password: 'pass/word',
        },
        false,
      ],
    ],
  );
});

test('nothing is written: every protocol listens, and the defaults are those of the documents', () => {
  const config = parse('');
  assert.deepEqual(
    config.listeners.map((l) => `${l.protocol} ${l.address}:${l.port}`),
    ['smtp *:25', 'submission *:587', 'submissions *:465', 'lmtp 127.0.0.1:24', 'pop3 *:110', 'pop3s *:995'].concat(
      'imap *:143',
      'imaps *:993',
      'metrics 127.0.0.1:9464',
    ),
  );
  assert.equal(config.listeners.find((l) => l.protocol === 'submission')?.greetingPauseMs, 0);
  assert.equal(config.limits.messageMaxBytes, 50 * 1024 * 1024);
  assert.equal(config.limits.hopsMax, 100);
  assert.equal(config.limits.recipientsMax, 1000);
  assert.equal(config.limits.submissionRecipientsMax, 10_000);
  assert.deepEqual(config.limits.relayNetworks, []);
  assert.equal(config.outbound.expiryMs, 5 * 86_400_000);
  assert.deepEqual(config.outbound.retriesMs, [60_000, 300_000, 900_000, 1_800_000]);
  assert.equal(config.hostnameWritten, false);
  assert.equal(config.threads, 3);
});

test('the machine decides what nobody wrote', () => {
  const names: [string, string][] = [
    ['mx.one.test', 'mx.one.test'],
    ['laptop', 'laptop.localdomain'],
    ['My_Mac', 'mymac.localdomain'],
    ['', 'localhost.localdomain'],
  ];
  for (const [name, hostname] of names) {
    assert.equal(parseConfig('', { ...PLACE, machine: { cores: 64, name } }).hostname, hostname);
  }
  for (const [cores, threads] of [
    [1, 1],
    [2, 1],
    [4, 3],
    [64, 8],
  ] as const)
    assert.equal(parseConfig('', { ...PLACE, machine: { cores, name: '' } }).threads, threads);
});

test('the configuration is frozen to the bottom', () => {
  const config = parse(FULL);
  assert.throws(() => Object.assign(config.limits, { hopsMax: 1 }), TypeError);
  assert.throws(() => Object.assign(config.listeners[0] ?? {}, { port: 1 }), TypeError);
});

test('every problem is told at once, with its line and the mend', () => {
  const text = `hostnme = "mx.one.test"
threads = "two"
[[listener]]
protocol = "smtp"
[[listener]]
port = 70000
protocol = "managesieve"
[limits]
message_size = 25
nets = [
  "a",
]
trusted_networks = ["10.0.0.0/33"]
[store]
url = "mysql://x"
[[route]]
domain = "three.test"
[log]
level = "inof"
[tls.deeper]
key = 1
`;
  assert.deepEqual(problemsOf(text), [
    `1: there is no setting 'hostnme'; did you mean 'hostname'?`,
    `2: threads wants a whole number from 1 to 32`,
    `7: listener[2].protocol 'managesieve' is not in this release yet; remove this listener`,
    `6: listener[2].port wants a whole number from 0 to 65535`,
    `20: there is no setting 'tls.deeper'; known here are certificate, key`,
    `10: there is no setting 'limits.nets'; known here are ${Object.values(SCHEMA.limits.entries)
      .map((entry) => entry.key)
      .join(', ')}`,
    `13: limits.trusted_networks wants a network or an address, such as "192.0.2.0/24" or "::1"`,
    `9: limits.message_size wants a size with its unit, such as "25MB" or "50MiB"`,
    `16: route[1].via is missing`,
    `15: store.url wants "sqlite:" or "postgres://user:password@host/database"`,
    `19: log.level did you mean "info"?`,
  ]);
});

test('an object store is named with a database, and keys in its address are not repeated', () => {
  const config = parse('[store]\nurl = "postgres://h/d"\nblobs = "s3://mail?region=eu-west-1"\nblobs_keys = "keys"\n');
  assert.equal(config.store.blobs, 's3://mail?region=eu-west-1');
  assert.equal(config.store.blobsKeys, '/srv/mail/keys');
  assert.deepEqual(problemsOf('[store]\nblobs = "s3://mail"\n'), [
    '2: store.blobs names an object store; that needs a database in store.url, "postgres://…"',
  ]);
  assert.deepEqual(problemsOf('[store]\nurl = "postgres://h/d"\nblobs = "s3://AKID:SECRET@mail"\n'), [
    '3: store.blobs keys do not belong here; put them in a file',
  ]);
  assert.deepEqual(problemsOf('[store]\nblobs = "files:"\n'), [
    '2: store.blobs wants "segments:" or "s3://bucket?endpoint=…&region=…"',
  ]);
});

test('a value of the wrong shape is told', () => {
  const cases: [string, RegExp][] = [
    ['tls = 1', /^1: tls must be a table: write \[tls\] above/u],
    ['listener = 1', /^1: listener must be a list of tables: write \[\[listener\]\]/u],
    ['[listener]\nport = 1', /^1: listener must be a list of tables/u],
    ['hostname = ["a"]', /^1: hostname wants a domain name in quotes/u],
    ['hostname = "a b"', /^1: hostname wants a domain name, such as/u],
    ['data = 1979-05-27', /^1: data wants a path in quotes/u],
    ['outbound.expiry = "5"', /^1: outbound.expiry wants a duration with its unit/u],
    ['outbound.retries = "5m"', /^1: outbound.retries wants a list in brackets/u],
    ['outbound.allow_private_addresses = "true"', /^1: .* wants true or false, without quotes/u],
    ['[dns]\n\nservers = ["dns.test"]', /^3: dns.servers wants an address with or without a port/u],
    ['[[route]]\ndomain = "a.test"\nvia = "host"', /^3: route\[1\].via wants "smtp:/u],
    ['[[listener]]\nprotocol = "smtp"\naddress = "localhost"', /^3: listener\[1\].address wants an IP address/u],
    ['a = ', /^1: this is not TOML: /u],
    ['__proto__ = 1', /^1: there is no setting '__proto__'/u],
  ];
  for (const [text, expected] of cases) {
    const [first, ...rest] = problemsOf(text);
    assert.match(first ?? '', expected, text);
    assert.deepEqual(rest, []);
  }
});

test('settings that do not fit together are told', () => {
  const listener = (protocol: string, rest: string): string => `[[listener]]\nprotocol = "${protocol}"\n${rest}\n`;
  const cases: [string, RegExp][] = [
    ['[tls]\nkey = "k"', /^2: tls.key is set but tls.certificate is not; set both or neither/u],
    ['[tls]\ncertificate = "c"', /^2: tls.certificate is set but tls.key is not/u],
    [listener('lmtp', 'address = "192.0.2.1"'), /^3: lmtp on 192.0.2.1 can be reached.*exposed = true/u],
    [listener('metrics', 'address = "*"'), /^3: metrics on \* can be reached/u],
    [listener('pop3', 'greeting_pause = "1s"'), /^3: greeting_pause means nothing for pop3/u],
    [listener('smtp', '') + listener('pop3', 'port = 25'), /^6: listener\[1\] has port 25 already/u],
    [listener('smtp', 'address = "127.0.0.1"') + listener('pop3', 'port = 25'), /^6: listener\[1\] has port 25/u],
    ['[outbound]\nretries = []', /^2: outbound.retries is empty/u],
    ['[outbound]\nretries = ["1ms"]', /^2: .* below one second/u],
    ['[outbound]\nretries = ["5m", "1m"]', /^2: .* must not get shorter/u],
    ['[outbound]\nretries = ["5h"]', /^2: .* above outbound.retry_max/u],
    ['[outbound]\ndelay_warning = "5d"', /^2: .* shorter than outbound.expiry/u],
    ['[outbound]\nconnections = 5', /^1: outbound.connections_per_site is above/u],
    ['outbound.addresses = [{address = "::1"}, {address = "::1"}]', /^1: outbound.addresses names ::1 twice/u],
    ['[[route]]\ndomain="a.test"\nvia="smtp://b"\n[[route]]\ndomain="A.test"\nvia="smtp://b"', /^5: there are two/u],
    ['[[route]]\ndomain="*"\nvia="smtp://b"\nrelay_domain=true', /^4: relay_domain with .* open relay/u],
    ['[[route]]\ndomain="*"\nvia="smtp://b"\npassword_file="p"', /^4: name the user in via/u],
    ['[limits]\nrelay_networks = ["0.0.0.0/0"]', /^2: 0.0.0.0\/0 is the whole internet and would make an open relay/u],
    ['[limits]\ntrusted_networks = ["::/0"]', /^2: ::\/0 is the whole internet/u],
    ['[auth]\nallow_plaintext_from = ["0.0.0.0/0"]', /^2: .*in clear/u],
    [listener('smtp', 'proxy_networks = ["0.0.0.0/0"]'), /^3: .*claim any address/u],
  ];
  for (const [text, expected] of cases) {
    const [first, ...rest] = problemsOf(text);
    assert.match(first ?? '', expected, text);
    assert.deepEqual(rest, []);
  }
  assert.deepEqual(problemsOf(listener('smtp', 'port = 0') + listener('pop3', 'port = 0')), []);
  assert.deepEqual(problemsOf(listener('lmtp', 'address = "::1"')), []);
});

test('problems are counted, and told up to a limit', () => {
  const text = Array.from({ length: PROBLEMS_MAX + 1 }, (_, i) => `k${i} = 1`).join('\n');
  assert.equal(problemsOf(text).length, PROBLEMS_MAX);
  assert.throws(() => parse(text), /k0.*\(and 50 more; 'postroad config check' tells all\)/u);
});

test('lines are found through long strings, comments, dotted keys and lists', () => {
  const text = `# [tls]
data = """ # not a comment
bad1 = 1
"" """
user = '''
bad2 = [''' # x = [
"out\\"bound" = 1
outbound . expiry = [ # ]
  "]",
] # end
'quo.ted' = { a = [
  1] }
bad3 = 1
`;
  assert.deepEqual(
    problemsOf(text).map((line) => line.split(':')[0]),
    ['7', '11', '13', '8'],
  );
});

test('the file is found, limits hold, and secrets come from their files', () => {
  const folder = mkdtempSync(join(tmpdir(), 'house-config-'));
  try {
    const file = join(folder, 'postroad.toml');
    const route = '[[route]]\ndomain = "*"\nvia = "smtp://me@smart.test"\npassword_file = "secret"\n';
    writeFileSync(file, route);
    assert.throws(() => loadConfig(null, folder, PLACE.machine), /cannot read .*secret: there is no such file/u);
    writeFileSync(join(folder, 'secret'), 'pass word\n');
    for (const config of [
      loadConfig(null, folder, PLACE.machine),
      loadConfig('postroad.toml', folder, PLACE.machine),
    ]) {
      assert.equal(config.file, file);
      assert.equal(config.routes[0]?.via.password, 'pass word');
      assert.match(writeToml(SCHEMA, { ...config }), /via = "smtp:\/\/me:\*\*\*@smart\.test:587"/u);
      assert.ok(Object.isFrozen(config.routes[0]));
    }
    assert.throws(() => loadConfig('other.toml', folder), ConfigError);
    writeFileSync(file, '#'.repeat(CONFIG_FILE_MAX_BYTES + 1));
    assert.throws(() => loadConfig(null, folder), /is larger than 1048576 octets/u);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('what is printed reads back the same', () => {
  for (const text of ['', FULL.replace(':pass%2Fword', '')]) {
    const config = parse(text);
    const { hostnameWritten: _a, listeners: _b, ...again } = parse(writeToml(SCHEMA, { ...config }));
    assert.partialDeepStrictEqual(config, again);
  }
});

test('the documents follow the schema', () => {
  assert.equal(readFileSync(CONFIG_PAGE, 'utf8'), configPage(), 'run `npm run gen`');
  assert.equal(readFileSync(CONFIG_EXAMPLE, 'utf8'), configExample(), 'run `npm run gen`');
  for (const [key, { doc, since, default: value, kind }] of allSettings()) {
    assert.match(doc, /^[A-Z].*[.)]$/u, key);
    assert.match(since, /^\d+\.\d+\.\d+$/u, key);
    if (value !== null && value !== undefined) kind.parse(value, '/');
  }
});

test('the example file, with its comment signs taken away, holds the defaults', () => {
  let inList = false;
  const text = configExample()
    .split('\n')
    .filter((line) => {
      if (line.startsWith('#[')) inList = line.startsWith('#[[');
      return /^#[a-z[]/u.test(line) && !inList && !/ = {3}#/u.test(line);
    })
    .map((line) => line.slice(1))
    .join('\n');
  assert.match(text, /^message_size = "50MiB"$/mu);
  assert.deepEqual({ ...parse(text), file: null }, { ...parse(''), file: null });
});
