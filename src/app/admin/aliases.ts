// Aliases and groups (addresses that stand for others) and what accounts may send as beside their own addresses.
import { domainKey } from '../../formats/address/domain.ts';
import { formatAddrSpec, parseAddrSpec } from '../../formats/address/parse.ts';
import type { AddrSpec } from '../../formats/address/addr-spec.ts';
import { findAliasCycle } from '../../services/directory/alias-cycle.ts';
import {
  findAddressByText,
  listAddresses,
  listSendGrants,
  type AddressRecord,
} from '../../storage/records/addresses.ts';
import { findDomain } from '../../storage/records/domains.ts';
import { readDirectory } from '../../storage/stored-directory.ts';
import { CommandError } from '../cli/command.ts';
import { requireAccount } from './accounts.ts';
import type { AdminContext } from './admin-context.ts';
import { domainOf, requireAddress, requireDomainName, unknownDomain } from './domains.ts';
import { PAGE_RECORDS_MAX } from './limits.ts';
import { operation } from './operation.ts';

export interface AliasFacts {
  readonly address: string;
  readonly kind: 'alias' | 'group';
  readonly targets: readonly string[];
  readonly enabled: boolean;
  /** Whether those it reaches may send as it. */
  readonly sendAs: boolean;
}

type Kind = AliasFacts['kind'];

function factsOf({ address, kind, targets, enabled, sendAs }: AddressRecord): AliasFacts {
  return { address, kind: kind === 'group' ? 'group' : 'alias', targets, enabled, sendAs };
}

function requireSpec(text: string): AddrSpec {
  const spec = parseAddrSpec(requireAddress(text));
  if (spec === null) throw new CommandError(`'${text}' is no address`);
  return spec;
}

async function requireNoCycle(
  { store, config }: AdminContext,
  address: string,
  targets: readonly string[],
): Promise<void> {
  const own = domainKey(config.hostname);
  const way = await findAliasCycle(requireSpec(address), targets.map(requireSpec), {
    reader: readDirectory(store.read),
    isOwnHost: (key) => key === own,
    isRelayDomain: (key) => config.routes.some((route) => route.relayDomain && route.domain === key),
  });
  if (way !== null) {
    throw new CommandError(`mail for ${address} would go round in a circle: ${way.map(formatAddrSpec).join(' → ')}`);
  }
}

function requireKind(text: string | null): Kind {
  return text === 'group' ? 'group' : 'alias';
}

async function requireAlias({ store }: AdminContext, address: string, kind: Kind): Promise<AddressRecord> {
  const found = await findAddressByText(store.read, requireAddress(address));
  if (found?.kind === kind) return found;
  const what = kind === 'group' ? 'group' : 'alias';
  if (found === null) throw new CommandError(`there is no ${what} ${address}; 'postroad ${what} list' shows them all`);
  throw new CommandError(`${address} is an ${found.kind}, no ${what}`.replace('an group', 'a group'));
}

export const addAlias = operation(
  { address: 'text', targets: 'texts', kind: 'text?', sendAs: 'flag?' },
  async (context, args) => {
    const { store } = context;
    await requireNoCycle(context, args.address, args.targets);
    const sendAs = args.sendAs === null ? {} : { sendAs: args.sendAs };
    const kind = requireKind(args.kind);
    const change = await store.execute('alias.add', { address: args.address, kind, targets: args.targets, ...sendAs });
    requireDone(change, args.address);
    return factsOf(await requireAlias(context, args.address, kind));
  },
);

function requireDone(change: string, address: string): void {
  switch (change) {
    case 'done':
      return;
    case 'exists':
      throw new CommandError(`${address} exists already`);
    case 'domain-unknown':
      throw new CommandError(
        `there is no domain ${domainOf(address)}; add it first: postroad domain add ${domainOf(address)}`,
      );
    case 'cycle':
      throw new CommandError(`mail for ${address} would go round in a circle, or through too many aliases`);
    default:
      throw new CommandError(`${address}: one of its targets is no address, or there are none or too many`);
  }
}

export const changeAlias = operation(
  { address: 'text', kind: 'text?', add: 'texts?', remove: 'texts?', enabled: 'flag?', sendAs: 'flag?' },
  async (context, args) => {
    const { store } = context;
    const kind = requireKind(args.kind);
    const alias = await requireAlias(context, args.address, kind);
    const removed = new Set((args.remove ?? []).map((text) => keyOf(requireSpec(text))));
    const left = alias.targets.filter((text) => !removed.delete(keyOf(requireSpec(text))));
    if (removed.size > 0) throw new CommandError(`${[...removed].join(', ')} is not in ${args.address}`);
    const targets = [...left, ...(args.add ?? [])];
    if (targets.length === 0) {
      throw new CommandError(`${args.address} would stand for nobody; remove it instead: postroad ${kind} remove`);
    }
    await requireNoCycle(context, args.address, targets);
    const change = await store.execute('alias.change', args.address, {
      targets,
      ...(args.enabled === null ? {} : { enabled: args.enabled }),
      ...(args.sendAs === null ? {} : { sendAs: args.sendAs }),
    });
    requireDone(change, args.address);
    return factsOf(await requireAlias(context, args.address, kind));
  },
);

function keyOf({ localPart, domain }: AddrSpec): string {
  return `${localPart.toLowerCase()}@${domainKey(domain)}`;
}

export const removeAlias = operation({ address: 'text', kind: 'text?' }, async (context, args) => {
  const { address } = await requireAlias(context, args.address, requireKind(args.kind));
  await context.store.execute('alias.remove', args.address);
  return { address };
});

/** A page of one domain's aliases or groups, after the local key `after`. */
export const listAliasPage = operation({ domain: 'text', kind: 'text?', after: 'text?' }, async ({ store }, args) => {
  const name = requireDomainName(args.domain);
  const domain = await findDomain(store.read, name);
  if (domain === null) throw unknownDomain(name);
  const kind = requireKind(args.kind);
  const records = await listAddresses(store.read, domain.id, args.after ?? '', PAGE_RECORDS_MAX);
  const next = records.length === PAGE_RECORDS_MAX ? (records.at(-1)?.localKey ?? null) : null;
  return { aliases: records.filter((record) => record.kind === kind).map(factsOf), next };
});

function requirePattern(text: string): string {
  requireAddress(text);
  return text;
}

export const addGrant = operation({ address: 'text', pattern: 'text' }, async ({ store }, args) => {
  const { id, address } = await requireAccount(store.read, args.address);
  await store.execute('grant.add', id, requirePattern(args.pattern));
  return { address, pattern: args.pattern };
});

export const removeGrant = operation({ address: 'text', pattern: 'text' }, async ({ store }, args) => {
  const { id, address } = await requireAccount(store.read, args.address);
  if (!(await store.execute('grant.remove', id, args.pattern))) {
    throw new CommandError(`${address} has no grant ${args.pattern}; 'postroad grant list ${address}' shows them`);
  }
  return { address, pattern: args.pattern };
});

export const listGrants = operation({ address: 'text' }, async ({ store }, args) => {
  const { id, address } = await requireAccount(store.read, args.address);
  return { address, patterns: await listSendGrants(store.read, id) };
});
