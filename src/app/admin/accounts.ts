// Accounts: who may sign in and receive mail. The first account of a domain becomes the domain's administrator, the
// first of the server an administrator of the server, so that postmaster and abuse reach somebody from the start.
import { formatScramVerifier } from '../../services/passwords/scram-verifier.ts';
import {
  findAccountByAddress,
  listAccounts,
  readUsage,
  type AccountRecord,
  type AccountRole,
} from '../../storage/records/accounts.ts';
import { findAddressByText, listSendGrants } from '../../storage/records/addresses.ts';
import { findDomain } from '../../storage/records/domains.ts';
import type { SqlReader } from '../../storage/sql/sql.ts';
import { CommandError } from '../cli/command.ts';
import type { AdminContext } from './admin-context.ts';
import { domainOf, requireAddress, requireDomainName } from './domains.ts';
import { findLeadingTo } from './leading-to.ts';
import { NAME_MAX_CHARACTERS, NAMED_LISTS_MAX, PAGE_RECORDS_MAX, PASSWORD_MAX_CHARACTERS } from './limits.ts';
import { operation } from './operation.ts';

export interface AccountFacts {
  readonly id: number;
  readonly address: string;
  readonly name: string;
  readonly role: AccountRole;
  readonly enabled: boolean;
  readonly hasPassword: boolean;
  readonly usedBytes: number;
  readonly messages: number;
  /** null: no limit. */
  readonly quotaBytes: number | null;
}

async function factsOf(read: SqlReader, account: AccountRecord): Promise<AccountFacts> {
  const usage = await readUsage(read, account.id);
  const { id, address, name, role, enabled, quotaBytes } = account;
  const hasPassword = account.passwordHash !== null;
  const usedBytes = usage?.usedBytes ?? 0;
  return { id, address, name, role, enabled, hasPassword, usedBytes, messages: usage?.usedMessages ?? 0, quotaBytes };
}

/** The account with this address; throws CommandError when there is none. */
export async function requireAccount(read: SqlReader, address: string): Promise<AccountRecord> {
  const account = await findAccountByAddress(read, requireAddress(address));
  if (account !== null) return account;
  const other = await findAddressByText(read, address);
  throw new CommandError(
    other === null
      ? `there is no account ${address}; 'postroad account list' shows them all`
      : `${address} is ${other.kind === 'alias' ? 'an alias' : 'a group'}, no account`,
  );
}

/** Throws CommandError for a password that must not be. */
export function requirePassword(password: string): string {
  if (password === '') throw new CommandError('the password is empty');
  if (password.length > PASSWORD_MAX_CHARACTERS) {
    throw new CommandError(`the password is longer than ${PASSWORD_MAX_CHARACTERS} characters`);
  }
  return password;
}

/** Throws CommandError for a name that must not be. */
export function requireName(name: string): string {
  if (name.length > NAME_MAX_CHARACTERS || /\p{Cc}/u.test(name)) {
    throw new CommandError(`the name must be one line of at most ${NAME_MAX_CHARACTERS} characters`);
  }
  return name;
}

/** What the store keeps of a password. */
export async function credentialsOf(
  context: AdminContext,
  password: string,
): Promise<{ passwordHash: string; scramSha256: string }> {
  const { passwordHash, scram } = await context.hash(password);
  return { passwordHash, scramSha256: formatScramVerifier(scram) };
}

export interface AccountToAdd {
  readonly address: string;
  readonly name: string;
  readonly administrator: boolean;
  readonly quotaBytes: number | null;
  readonly passwordHash: string | null;
  readonly scramSha256: string | null;
}

/** Why an account cannot be added, in one sentence; null when it can. */
export async function accountFault(read: SqlReader, address: string): Promise<string | null> {
  const name = domainOf(address);
  const domain = await findDomain(read, name);
  if (domain === null) return `there is no domain ${name}; add it first: postroad domain add ${name}`;
  if (domain.kind !== 'local')
    return `${name} is ${domain.kind === 'alias' ? 'an alias' : 'relayed for'}, it has no accounts`;
  const found = await findAddressByText(read, address);
  if (found === null) return null;
  return found.kind === 'account'
    ? `${address} exists already`
    : `${address} is ${found.kind === 'alias' ? 'an alias' : 'a group'} already`;
}

/** Adds it and makes it administrator where none is yet. Throws CommandError. */
export async function storeAccount({ store }: AdminContext, account: AccountToAdd): Promise<AccountFacts> {
  const isFirst = (await listAccounts(store.read, 0, 1)).length === 0;
  const { administrator, ...rest } = account;
  const role = administrator || isFirst ? 'administrator' : 'user';
  const added = await store.execute('account.add', { ...rest, role });
  if (added.kind !== 'added') {
    throw new CommandError((await accountFault(store.read, account.address)) ?? `${account.address} is refused`);
  }
  const domain = await findDomain(store.read, domainOf(account.address));
  if (domain?.administratorId === null) {
    await store.execute('domain.change', domain.name, { administratorId: added.id });
  }
  return await factsOf(store.read, await requireAccount(store.read, account.address));
}

export const addAccount = operation(
  { address: 'text', password: 'text?', name: 'text?', administrator: 'flag?', quotaBytes: 'number?' },
  async (context, args) => {
    const address = requireAddress(args.address);
    const fault = await accountFault(context.store.read, address);
    if (fault !== null) throw new CommandError(fault);
    const credentials =
      args.password === null
        ? { passwordHash: null, scramSha256: null }
        : await credentialsOf(context, requirePassword(args.password));
    return await storeAccount(context, {
      address,
      name: requireName(args.name ?? ''),
      administrator: args.administrator ?? false,
      quotaBytes: args.quotaBytes,
      ...credentials,
    });
  },
);

export const listAccountPage = operation({ after: 'number?', domain: 'text?' }, async ({ store }, args) => {
  const domain = args.domain === null ? null : requireDomainName(args.domain);
  const records = await listAccounts(store.read, args.after ?? 0, PAGE_RECORDS_MAX);
  const wanted = domain === null ? records : records.filter(({ address }) => domainOf(address) === domain);
  const accounts = await Promise.all(wanted.map((account) => factsOf(store.read, account)));
  return { accounts, next: records.length === PAGE_RECORDS_MAX ? (records.at(-1)?.id ?? null) : null };
});

export const showAccount = operation({ address: 'text' }, async ({ store }, args) => {
  const account = await requireAccount(store.read, args.address);
  return { ...(await factsOf(store.read, account)), grants: await listSendGrants(store.read, account.id) };
});

export const changeAccount = operation(
  {
    address: 'text',
    name: 'text?',
    administrator: 'flag?',
    enabled: 'flag?',
    quotaBytes: 'number?',
    unlimited: 'flag?',
  },
  async ({ store }, args) => {
    const account = await requireAccount(store.read, args.address);
    if (args.administrator === false || args.enabled === false) await requireOtherAdministrator(store.read, account);
    await store.execute('account.change', account.id, {
      ...(args.name === null ? {} : { name: requireName(args.name) }),
      ...(args.administrator === null ? {} : { role: args.administrator ? 'administrator' : 'user' }),
      ...(args.enabled === null ? {} : { enabled: args.enabled }),
      ...(args.quotaBytes === null ? {} : { quotaBytes: args.quotaBytes }),
      ...(args.unlimited === true ? { quotaBytes: null } : {}),
    });
    return await factsOf(store.read, await requireAccount(store.read, args.address));
  },
);

export const setPassword = operation({ address: 'text', password: 'text' }, async (context, args) => {
  const { store } = context;
  const { id, address } = await requireAccount(store.read, args.address);
  await store.execute('account.change', id, await credentialsOf(context, requirePassword(args.password)));
  return { address };
});

export const removeAccount = operation({ address: 'text', force: 'flag?' }, async ({ store }, args) => {
  const account = await requireAccount(store.read, args.address);
  if (args.force !== true) await requireOtherAdministrator(store.read, account);
  await requireNothingLeadsTo(store.read, account);
  const { address, messages } = await factsOf(store.read, account);
  await store.execute('account.remove', account.id);
  return { address, messages };
});

/** Throws CommandError when an alias, a group or a catch-all would lead nowhere without this account. */
async function requireNothingLeadsTo(read: SqlReader, { id, address }: AccountRecord): Promise<void> {
  const leading = await findLeadingTo(read, id);
  if (leading.length === 0) return;
  const named = leading.slice(0, NAMED_LISTS_MAX).join(', ');
  const more = leading.length > NAMED_LISTS_MAX ? ` and ${leading.length - NAMED_LISTS_MAX} more` : '';
  throw new CommandError(
    `mail for ${named}${more} goes to ${address}; remove these first or take it out of them: postroad alias change ALIAS --remove ${address}, likewise group change, domain change DOMAIN --catch-all ''`,
  );
}

/** Throws CommandError when without this account nobody would be administrator. */
async function requireOtherAdministrator(read: SqlReader, account: AccountRecord): Promise<void> {
  if (account.role !== 'administrator' || !account.enabled) return;
  for (let after = 0; ;) {
    const page = await listAccounts(read, after, PAGE_RECORDS_MAX);
    if (page.some(({ id, role, enabled }) => id !== account.id && role === 'administrator' && enabled)) return;
    const last = page.at(-1);
    if (last === undefined || page.length < PAGE_RECORDS_MAX) break;
    after = last.id;
  }
  throw new CommandError(
    `${account.address} is the last administrator, whom postmaster and abuse reach; make another one first: postroad account change ADDRESS --administrator`,
  );
}
