// Domains: local ones, aliases of others, and those that this server relays for.
import { domainKey, domainToAscii, domainToUnicode } from '../../formats/address/domain.ts';
import { parseAddrSpec } from '../../formats/address/parse.ts';
import { findAccount, findAccountByAddress } from '../../storage/records/accounts.ts';
import { findDomain, listDomains, type DomainKind, type DomainRecord } from '../../storage/records/domains.ts';
import type { SqlReader } from '../../storage/sql/sql.ts';
import { CommandError } from '../cli/command.ts';
import { PAGE_RECORDS_MAX } from './limits.ts';
import { operation } from './operation.ts';

export interface DomainFacts {
  /** In A-labels. */
  readonly name: string;
  /** As people write it. */
  readonly written: string;
  readonly kind: DomainKind;
  readonly enabled: boolean;
  readonly target: string | null;
  readonly catchAll: string | null;
  readonly separators: string;
  /** Whom postmaster and abuse reach; null: the server's first administrator. */
  readonly administrator: string | null;
}

const KINDS: readonly DomainKind[] = ['local', 'alias', 'relay'];

async function factsOf(read: SqlReader, domain: DomainRecord): Promise<DomainFacts> {
  const { name, kind, enabled, target, catchAll, separators, administratorId } = domain;
  const administrator = administratorId === null ? null : await findAccount(read, administratorId);
  const written = domainToUnicode(name) ?? name;
  return { name, written, kind, enabled, target, catchAll, separators, administrator: administrator?.address ?? null };
}

/** The domain that a text names; throws CommandError when it names none. */
export function requireDomainName(text: string): string {
  const name = domainToAscii(text.trim().replace(/\.$/u, ''));
  if (name === null) throw new CommandError(`'${text}' is no domain name; write it like one.test`);
  return name;
}

/** The text as an address; throws CommandError when it is none or has no domain. */
export function requireAddress(text: string): string {
  const parsed = parseAddrSpec(text);
  if (parsed === null || parsed.domain === '') {
    throw new CommandError(`'${text}' is no address; write it like ann@one.test`);
  }
  return text;
}

export const addDomain = operation(
  { name: 'text', kind: 'text?', target: 'text?', catchAll: 'text?', separators: 'text?' },
  async ({ store }, args) => {
    const name = requireDomainName(args.name);
    const kind = KINDS.find((each) => each === (args.kind ?? 'local'));
    if (kind === undefined) throw new CommandError(`'${args.kind}' is no kind of domain; say ${KINDS.join(', ')}`);
    const target = args.target === null ? null : requireDomainName(args.target);
    const catchAll = args.catchAll === null ? null : requireAddress(args.catchAll);
    const separators = args.separators === null ? {} : { separators: args.separators };
    const added = await store.execute('domain.add', { name, kind, target, catchAll, ...separators });
    if (added.kind === 'exists') throw new CommandError(`${name} is here already`);
    if (added.kind === 'target-unknown') {
      throw new CommandError(`${target ?? 'the target'} is no domain of this server, or an alias itself; add it first`);
    }
    return { name, kind };
  },
);

export const listDomainPage = operation({ after: 'text?' }, async ({ store }, args) => {
  const records = await listDomains(store.read, args.after ?? '', PAGE_RECORDS_MAX);
  const domains = await Promise.all(records.map((domain) => factsOf(store.read, domain)));
  return { domains, more: records.length === PAGE_RECORDS_MAX };
});

export const changeDomain = operation(
  { name: 'text', enabled: 'flag?', catchAll: 'text?', separators: 'text?', administrator: 'text?' },
  async ({ store }, args) => {
    const name = requireDomainName(args.name);
    const administrator =
      args.administrator === null ? null : await findAccountByAddress(store.read, requireAddress(args.administrator));
    if (args.administrator !== null && administrator === null) {
      throw new CommandError(`there is no account ${args.administrator}`);
    }
    const changed = await store.execute('domain.change', name, {
      ...(args.enabled === null ? {} : { enabled: args.enabled }),
      // '' takes it away.
      ...(args.catchAll === null ? {} : { catchAll: args.catchAll === '' ? null : requireAddress(args.catchAll) }),
      ...(args.separators === null ? {} : { separators: args.separators }),
      ...(administrator === null ? {} : { administratorId: administrator.id }),
    });
    const domain = changed ? await findDomain(store.read, name) : null;
    if (domain === null) throw unknownDomain(name);
    return await factsOf(store.read, domain);
  },
);

export const removeDomain = operation({ name: 'text' }, async ({ store }, args) => {
  const name = requireDomainName(args.name);
  const outcome = await store.execute('domain.remove', name);
  if (outcome === 'unknown') throw unknownDomain(name);
  if (outcome === 'in-use') {
    throw new CommandError(
      `${name} is in use: remove its accounts, aliases and groups ('postroad account list ${name}', 'postroad alias list ${name}') and the domains that stand for it first`,
    );
  }
  return { name };
});

/** What to say of a domain that is not here. */
export function unknownDomain(name: string): CommandError {
  return new CommandError(`there is no domain ${name}; 'postroad domain list' shows them all`);
}

/** The name of an address's domain as a key. */
export function domainOf(address: string): string {
  return domainKey(address.slice(address.lastIndexOf('@') + 1));
}
