// One address, one step: which account or list it is, or where else it belongs. Order: exact address, role address
// (RFC 5321 §4.5.1, RFC 2142), subaddress, catch-all. Errors of the reader pass through.
import type { AddrSpec } from '../../formats/address/addr-spec.ts';
import { domainKey } from '../../formats/address/domain.ts';
import { localKey, splitSubaddress } from '../../formats/address/local-part.ts';
import { parseAddrSpec } from '../../formats/address/parse.ts';
import type { DirectoryAccount, DirectoryAddress, DirectoryDomain, DirectoryReader } from './directory-reader.ts';
import { DOMAIN_ALIAS_DEPTH_MAX } from './limits.ts';

export interface LocateOptions {
  readonly reader: DirectoryReader;
  /** Names and literals of this server (`domainKey`): postmaster and the like are there too, nobody else. */
  isOwnHost(domainKey: string): boolean;
  /** Domains that the configuration relays for, beside those of the directory. */
  isRelayDomain(domainKey: string): boolean;
}

export type Located =
  | {
      readonly kind: 'account';
      readonly account: DirectoryAccount;
      readonly address: AddrSpec;
      readonly detail: string | null;
    }
  | {
      readonly kind: 'list';
      readonly of: 'alias' | 'group' | 'catch-all';
      /** The same for every spelling of the list's address. */
      readonly key: string;
      readonly address: AddrSpec;
      readonly targets: readonly AddrSpec[];
      readonly sendAs: boolean;
      readonly detail: string | null;
    }
  | { readonly kind: 'relay'; readonly domain: string; readonly offeredTo: 'anybody' | 'authorized' }
  | { readonly kind: 'unknown-mailbox' | 'disabled' | 'no-administrator' };

const ROLES: readonly string[] = ['postmaster', 'abuse', 'mailer-daemon'];

/** Whether the local part is one that exists in every domain. */
export function isRole(localPart: string): boolean {
  return ROLES.includes(localKey(localPart));
}

/** The domain in which an address is looked up: alias domains followed, bare postmaster and our own host names in the first one. */
export async function findHomeDomain(address: AddrSpec, options: LocateOptions): Promise<DirectoryDomain | null> {
  const { reader } = options;
  if (address.domain === '') return reader.findFirstDomain();
  const key = domainKey(address.domain);
  let domain = await reader.findDomain(key);
  if (domain === null && options.isOwnHost(key) && isRole(address.localPart)) return reader.findFirstDomain();
  for (let depth = 0; domain?.kind === 'alias'; depth++) {
    if (!domain.enabled) return domain;
    if (domain.target === null || depth === DOMAIN_ALIAS_DEPTH_MAX) return null;
    domain = await reader.findDomain(domain.target);
  }
  return domain;
}

/** What is at this address. */
export async function locateAddress(address: AddrSpec, options: LocateOptions): Promise<Located> {
  const home = await findHomeDomain(address, options);
  if (home === null) return locateElsewhere(address, options);
  if (!home.enabled) return { kind: 'disabled' };
  if (home.kind === 'relay') return { kind: 'relay', domain: home.key, offeredTo: 'anybody' };
  return locateInDomain(address, home, options.reader);
}

async function locateElsewhere(address: AddrSpec, options: LocateOptions): Promise<Located> {
  const key = domainKey(address.domain);
  // Nobody has set up a domain yet, or an alias domain stands for one that is gone.
  if (address.domain === '' || (options.isOwnHost(key) && isRole(address.localPart)))
    return { kind: 'no-administrator' };
  if (options.isOwnHost(key) || (await options.reader.findDomain(key)) !== null) return { kind: 'unknown-mailbox' };
  return { kind: 'relay', domain: key, offeredTo: options.isRelayDomain(key) ? 'anybody' : 'authorized' };
}

async function locateInDomain(address: AddrSpec, domain: DirectoryDomain, reader: DirectoryReader): Promise<Located> {
  const at: AddrSpec = { localPart: address.localPart, domain: domain.key };
  const exact = await reader.findAddress(domain.id, localKey(at.localPart));
  if (exact !== null) return located(exact, domain, { at, user: at.localPart, detail: null });
  if (isRole(at.localPart)) return administratorOf(domain, at, reader);
  const { user, detail } = splitSubaddress(at.localPart, domain.separators);
  const found = detail === null ? null : await reader.findAddress(domain.id, localKey(user));
  if (found !== null) return located(found, domain, { at, user, detail });
  if (detail !== null && isRole(user)) return administratorOf(domain, at, reader);
  const target = domain.catchAll === null ? null : parseAddrSpec(domain.catchAll);
  if (target === null) return { kind: 'unknown-mailbox' };
  const key = `${domain.id}`;
  return { kind: 'list', of: 'catch-all', key, address: at, targets: [target], sendAs: false, detail: null };
}

/** Where the role addresses of a domain end that are no addresses of their own. */
export async function administratorOf(
  domain: DirectoryDomain,
  address: AddrSpec,
  reader: DirectoryReader,
): Promise<Located> {
  const account = await reader.findAdministrator(domain.id);
  if (account === null || !account.enabled) return { kind: 'no-administrator' };
  return { kind: 'account', account, address: { ...address, domain: domain.key }, detail: null };
}

function located(
  found: DirectoryAddress,
  domain: DirectoryDomain,
  way: { readonly at: AddrSpec; readonly user: string; readonly detail: string | null },
): Located {
  if (found.kind === 'account') {
    if (!found.account.enabled) return { kind: 'disabled' };
    return { kind: 'account', account: found.account, address: way.at, detail: way.detail };
  }
  if (!found.enabled) return { kind: 'disabled' };
  return {
    kind: 'list',
    of: found.kind,
    key: `${domain.id} ${localKey(way.user)}`,
    address: way.at,
    targets: found.targets.map((text) => parseAddrSpec(text)).filter((target) => target !== null),
    sendAs: found.kind === 'alias' || found.sendAs,
    detail: way.detail,
  };
}
