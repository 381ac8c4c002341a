import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type DirectoryData, MemoryDirectory } from '../../../test/support/memory-directory.ts';
import { silentLog } from '../../base/log.ts';
import { formatAddrSpec, parseAddrSpec, parsePath } from '../../formats/address/parse.ts';
import { type Directory, createDirectory } from './directory.ts';
import { DOMAIN_ALIAS_DEPTH_MAX, EXPANSION_ADDRESSES_MAX, EXPANSION_DEPTH_MAX } from './limits.ts';
import type { RecipientVerdict } from './verdict.ts';

function build(data: DirectoryData): { directory: Directory; reader: MemoryDirectory } {
  const reader = new MemoryDirectory(data);
  const directory = createDirectory({
    reader,
    log: silentLog,
    isOwnHost: (key) => key === 'mx.one.test' || key === '[192.0.2.1]',
    isRelayDomain: (key) => key === 'configured.test',
  });
  return { directory, reader };
}

const address = (text: string) =>
  text === '<postmaster>' ? parsePath(text, { allowUtf8: false }).path! : parseAddrSpec(text)!;

/** `account|deliveredTo(detail) … → foreign …`, or the kind of the verdict. */
function shown(verdict: RecipientVerdict): string {
  if (verdict.kind === 'relay') return `relay ${verdict.domain} ${verdict.offeredTo}`;
  if (verdict.kind === 'temporary') return `temporary ${verdict.reason}`;
  if (verdict.kind !== 'deliver') return verdict.kind;
  const accounts = verdict.accounts.map(
    ({ address: name, deliveredTo, detail }) =>
      `${name}|${formatAddrSpec(deliveredTo)}${detail === null ? '' : `(${detail})`}`,
  );
  return [...accounts, ...verdict.foreign.map((spec) => `→${formatAddrSpec(spec)}`)].join(' ');
}

const HOUSE: DirectoryData = {
  domains: {
    'one.test': { administrator: 'boss@one.test' },
    'dash.test': { separators: '-+', catchAll: 'ann@one.test', administrator: 'boss@one.test' },
    'plain.test': { separators: '', administrator: 'boss@one.test' },
    'other.test': { kind: 'alias', target: 'one.test' },
    'far.test': { kind: 'alias', target: 'other.test' },
    'lost.test': { kind: 'alias', target: 'nowhere.test' },
    'relay.test': { kind: 'relay' },
    'closed.test': { enabled: false },
    'bücher.test': { administrator: 'boss@one.test' },
  },
  accounts: [
    'boss@one.test',
    'ann@one.test',
    'bob@one.test',
    'jürgen@bücher.test',
    'mary-ann@dash.test',
    'ann+own@one.test',
  ],
  disabledAccounts: ['gone@one.test'],
  aliases: {
    'sales@one.test': ['ann@one.test', 'bob@one.test', 'far@away.test'],
    'both@one.test': ['sales@one.test', 'ANN@one.test', 'far@away.test', 'Far@away.test'],
    'dead@one.test': ['nobody@one.test'],
    'half@one.test': ['nobody@one.test', 'gone@one.test', 'bob@one.test'],
    'leaver@one.test': ['gone@one.test'],
    'a@one.test': ['b@one.test'],
    'b@one.test': ['a@one.test'],
    'off@one.test': ['ann@one.test'],
    'out@one.test': ['x@relay.test'],
    'abuse@plain.test': ['nobody@one.test'],
    'postmaster@plain.test': ['ann@one.test'],
  },
  groups: { 'team@one.test': ['ann@one.test', 'bob@one.test'] },
  disabledAliases: ['off@one.test'],
};

const CASES: readonly [string, string, string][] = [
  ['an account', 'ann@one.test', 'ann@one.test|ann@one.test'],
  ['local parts compare without case', 'ANN@One.Test', 'ann@one.test|ANN@one.test'],
  ['a quoted local part is the same address', '"ann"@one.test', 'ann@one.test|ann@one.test'],
  [
    'RFC 5890 U-label and A-label are one domain, local parts compare in NFC',
    'Ju\u0308RGEN@xn--bcher-kva.test',
    'jürgen@bücher.test|Ju\u0308RGEN@xn--bcher-kva.test',
  ],
  ['RFC 5233 a subaddress', 'ann+lists+x@one.test', 'ann@one.test|ann+lists+x@one.test(lists+x)'],
  ['an exact address comes before the subaddress', 'ann+own@one.test', 'ann+own@one.test|ann+own@one.test'],
  ["separators are the domain's", 'mary-ann@dash.test', 'mary-ann@dash.test|mary-ann@dash.test'],
  ['without separators there are no subaddresses', 'x+y@plain.test', 'unknown-mailbox'],
  ['the catch-all takes what nothing else does', 'whoever@dash.test', 'ann@one.test|ann@one.test'],
  ['an unknown mailbox', 'nobody@one.test', 'unknown-mailbox'],
  ['a disabled account', 'gone@one.test', 'disabled'],
  ['a disabled account is not caught by a subaddress', 'gone+x@one.test', 'disabled'],
  [
    'an alias to local and foreign addresses',
    'sales@one.test',
    'ann@one.test|ann@one.test bob@one.test|bob@one.test →far@away.test',
  ],
  [
    'nested aliases reach everybody once; foreign local parts keep their case',
    'both@one.test',
    'ann@one.test|ANN@one.test bob@one.test|bob@one.test →far@away.test →Far@away.test',
  ],
  [
    'the detail of an alias goes along',
    'team+news@one.test',
    'ann@one.test|ann@one.test(news) bob@one.test|bob@one.test(news)',
  ],
  ['lost members do not hold up the others', 'half@one.test', 'bob@one.test|bob@one.test'],
  ['an alias that leads nowhere', 'dead@one.test', 'unknown-mailbox'],
  ['an alias to a disabled account', 'leaver@one.test', 'disabled'],
  ['aliases that lead to themselves only', 'a@one.test', 'loop'],
  ['a disabled alias', 'off@one.test', 'disabled'],
  ['an alias into a relay domain is queued', 'out@one.test', '→x@relay.test'],
  ['an alias of a whole domain', 'ann+t@other.test', 'ann@one.test|ann+t@one.test(t)'],
  [
    'an alias of an alias domain',
    'sales@far.test',
    'ann@one.test|ann@one.test bob@one.test|bob@one.test →far@away.test',
  ],
  ['an alias of a domain that is gone', 'ann@lost.test', 'unknown-mailbox'],
  ['a disabled domain', 'ann@closed.test', 'disabled'],
  ['a relay domain is taken from anybody', 'x@Relay.test', 'relay relay.test anybody'],
  ['a relay domain of the configuration too', 'x@configured.test', 'relay configured.test anybody'],
  ['a foreign domain is not', 'x@away.test', 'relay away.test authorized'],
  ['a foreign literal', 'x@[192.0.2.9]', 'relay [192.0.2.9] authorized'],
  ['RFC 5321 §4.5.1 postmaster is in every domain', 'PostMaster@one.test', 'boss@one.test|PostMaster@one.test'],
  ['RFC 5321 §4.1.1.3 postmaster without a domain', '<postmaster>', 'boss@one.test|postmaster@one.test'],
  ['RFC 2142 §4 abuse', 'abuse@bücher.test', 'boss@one.test|abuse@xn--bcher-kva.test'],
  ['MAILER-DAEMON', 'mailer-daemon@one.test', 'boss@one.test|mailer-daemon@one.test'],
  ['a role comes before the catch-all', 'postmaster@dash.test', 'boss@one.test|postmaster@dash.test'],
  ['a role that is an address of its own', 'postmaster@plain.test', 'ann@one.test|ann@one.test'],
  ['a role whose alias leads nowhere reaches the administrator', 'abuse@plain.test', 'boss@one.test|abuse@plain.test'],
  ['a role with a subaddress', 'abuse+ticket7@one.test', 'boss@one.test|abuse+ticket7@one.test'],
  ['roles through an alias domain', 'postmaster@other.test', 'boss@one.test|postmaster@one.test'],
  ["postmaster at this host's own name", 'postmaster@mx.one.test', 'boss@one.test|postmaster@one.test'],
  ["RFC 5321 §4.1.3 postmaster at this host's literal", 'postmaster@[192.0.2.1]', 'boss@one.test|postmaster@one.test'],
  ["nobody else is at this host's own name", 'ann@mx.one.test', 'unknown-mailbox'],
];

for (const [title, recipient, expected] of CASES) {
  test(title, async () => assert.equal(shown(await build(HOUSE).directory.resolve(address(recipient))), expected));
}

test('RFC 5321 §4.5.1 the role addresses, and only they, are exempt from policy', async () => {
  const { directory } = build(HOUSE);
  for (const [recipient, exempt] of [
    ['postmaster@one.test', true],
    ['abuse@plain.test', true],
    ['postmaster@plain.test', true],
    ['<postmaster>', true],
    ['ann@one.test', false],
    ['sales@one.test', false],
    ['postmaster+x@one.test', false],
  ] as const) {
    const verdict = await directory.resolve(address(recipient));
    assert.equal(verdict.kind === 'deliver' && verdict.exemptFromPolicy, exempt, recipient);
  }
});

test('the way through aliases, groups and the catch-all is told, and who was lost', async () => {
  const { directory } = build(HOUSE);
  const verdict = await directory.resolve(address('both+x@one.test'));
  assert.ok(verdict.kind === 'deliver');
  assert.deepEqual(
    verdict.via.map(({ kind, address: spec }) => `${kind} ${formatAddrSpec(spec)}`),
    ['alias both+x@one.test', 'alias sales@one.test'],
  );
  const caught = await directory.resolve(address('who@dash.test'));
  assert.deepEqual(caught.kind === 'deliver' && caught.via.map(({ kind }) => kind), ['catch-all']);
  const half = await directory.resolve(address('half@one.test'));
  assert.deepEqual(half.kind === 'deliver' && half.lost.map(formatAddrSpec), ['nobody@one.test', 'gone@one.test']);
});

test('a directory that cannot be read is temporary, never an unknown mailbox', async () => {
  const { directory, reader } = build(HOUSE);
  reader.failure = new Error('disk gone');
  for (const recipient of ['ann@one.test', 'nobody@one.test', 'x@away.test', '<postmaster>']) {
    assert.equal(shown(await directory.resolve(address(recipient))), 'temporary directory-unavailable');
  }
  assert.equal(await directory.senderAllowed(1, address('ann@one.test')), 'temporary');
  assert.equal(await directory.senderAllowed(1, null), 'allowed');
});

test('without an administrator the role addresses wait for one', async () => {
  const { directory } = build({ domains: { 'one.test': {} } });
  assert.equal(shown(await directory.resolve(address('postmaster@one.test'))), 'temporary no-administrator');
  assert.equal(shown(await build({}).directory.resolve(address('<postmaster>'))), 'temporary no-administrator');
});

/** one.test with a chain of aliases c0 → c1 → … → c<length - 1> → ann. */
function chain(length: number): DirectoryData {
  const aliases: Record<string, string[]> = {};
  for (let i = 0; i < length; i++) aliases[`c${i}@one.test`] = [i + 1 < length ? `c${i + 1}@one.test` : 'ann@one.test'];
  return { domains: { 'one.test': {} }, accounts: ['ann@one.test'], aliases };
}

test(`aliases inside each other are followed ${EXPANSION_DEPTH_MAX} deep`, async () => {
  const fits = await build(chain(EXPANSION_DEPTH_MAX)).directory.resolve(address('c0@one.test'));
  assert.equal(shown(fits), 'ann@one.test|ann@one.test');
  const tooDeep = await build(chain(EXPANSION_DEPTH_MAX + 1)).directory.resolve(address('c0@one.test'));
  assert.equal(shown(tooDeep), 'loop');
});

test(`one recipient stands for ${EXPANSION_ADDRESSES_MAX} addresses at most`, async () => {
  const targets = Array.from({ length: EXPANSION_ADDRESSES_MAX }, (_, i) => `u${i}@away.test`);
  const data = (list: readonly string[]): DirectoryData => ({
    domains: { 'one.test': {} },
    groups: { 'all@one.test': list },
  });
  const fits = await build(data(targets.slice(1))).directory.resolve(address('all@one.test'));
  assert.equal(fits.kind === 'deliver' && fits.foreign.length, EXPANSION_ADDRESSES_MAX - 1);
  const tooMany = await build(data(targets)).directory.resolve(address('all@one.test'));
  assert.equal(shown(tooMany), 'temporary expansion-too-large');
});

test(`alias domains inside each other are followed ${DOMAIN_ALIAS_DEPTH_MAX} deep`, async () => {
  const domains: NonNullable<DirectoryData['domains']> = Object.fromEntries([
    ['d0.test', {}],
    ...Array.from({ length: DOMAIN_ALIAS_DEPTH_MAX + 1 }, (_, i) => [
      `d${i + 1}.test`,
      { kind: 'alias', target: `d${i}.test` },
    ]),
  ]);
  const { directory } = build({ domains, accounts: ['ann@d0.test'] });
  assert.equal(
    shown(await directory.resolve(address(`ann@d${DOMAIN_ALIAS_DEPTH_MAX}.test`))),
    'ann@d0.test|ann@d0.test',
  );
  assert.equal(shown(await directory.resolve(address(`ann@d${DOMAIN_ALIAS_DEPTH_MAX + 1}.test`))), 'unknown-mailbox');
});
