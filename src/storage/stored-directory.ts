// The directory as recipient resolution reads it, over one thread's connection.
import {
  findAccount,
  findDomainAdministrator,
  findFirstAdministrator,
  type AccountRecord,
} from './records/accounts.ts';
import { findAddress, listSendGrants } from './records/addresses.ts';
import { findDomain, findFirstDomain, type DomainRecord } from './records/domains.ts';
import type { SqlReader } from './sql/sql.ts';

/** An account as resolution and sending need it. */
export interface StoredAccount {
  readonly id: number;
  readonly address: string;
  readonly enabled: boolean;
  /** null: no limit. */
  readonly quotaBytes: number | null;
}

/** A domain as resolution needs it. */
export interface StoredDomain {
  readonly id: number;
  readonly key: string;
  readonly kind: DomainRecord['kind'];
  readonly enabled: boolean;
  readonly target: string | null;
  readonly separators: string;
  readonly catchAll: string | null;
}

export type StoredAddress =
  | { readonly kind: 'account'; readonly account: StoredAccount }
  | {
      readonly kind: 'alias' | 'group';
      readonly enabled: boolean;
      readonly targets: readonly string[];
      readonly sendAs: boolean;
    };

export interface StoredDirectory {
  findDomain(domainKey: string): Promise<StoredDomain | null>;
  findFirstDomain(): Promise<StoredDomain | null>;
  findAddress(domainId: number, localKey: string): Promise<StoredAddress | null>;
  findAdministrator(domainId: number): Promise<StoredAccount | null>;
  findAccount(accountId: number): Promise<StoredAccount | null>;
  listSendGrants(accountId: number): Promise<readonly string[]>;
}

/** Reads the directory with `sql`. Everything rejects when the database cannot be read; "there is none" is null. */
export function readDirectory(sql: SqlReader): StoredDirectory {
  return {
    findDomain: async (domainKey) => toDomain(await findDomain(sql, domainKey)),
    findFirstDomain: async () => toDomain(await findFirstDomain(sql)),
    findAddress: async (domainId, localKey) => await resolveAddress(sql, domainId, localKey),
    findAdministrator: async (domainId) => await readAdministrator(sql, domainId),
    findAccount: async (accountId) => toAccount(await findAccount(sql, accountId)),
    listSendGrants: async (accountId) => await listSendGrants(sql, accountId),
  };
}

async function resolveAddress(sql: SqlReader, domainId: number, localKey: string): Promise<StoredAddress | null> {
  const found = await findAddress(sql, domainId, localKey);
  if (found === null) return null;
  if (found.kind !== 'account')
    return { kind: found.kind, enabled: found.enabled, targets: found.targets, sendAs: found.sendAs };
  const account = found.accountId === null ? null : toAccount(await findAccount(sql, found.accountId));
  return account === null ? null : { kind: 'account', account };
}

/** The domain's own administrator while enabled, else the server's. Only role addresses ask, so that other mail does not pay. */
async function readAdministrator(sql: SqlReader, domainId: number): Promise<StoredAccount | null> {
  const own = await findDomainAdministrator(sql, domainId);
  const account = own?.enabled === true ? own : await findFirstAdministrator(sql);
  return account?.enabled === true ? toAccount(account) : null;
}

function toDomain(domain: DomainRecord | null): StoredDomain | null {
  if (domain === null) return null;
  return {
    id: domain.id,
    key: domain.name,
    kind: domain.kind,
    enabled: domain.enabled,
    target: domain.target,
    separators: domain.separators,
    catchAll: domain.catchAll,
  };
}

function toAccount(account: AccountRecord | null): StoredAccount | null {
  if (account === null) return null;
  return { id: account.id, address: account.address, enabled: account.enabled, quotaBytes: account.quotaBytes };
}
