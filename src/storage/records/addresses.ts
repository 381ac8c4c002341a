// Addresses of local domains: each is one account's, or an alias or group that stands for targets. One row per
// (domain, local key); the key ignores case, so two spellings cannot be two addresses.
import { domainKey } from '../../formats/address/domain.ts';
import { localKey } from '../../formats/address/local-part.ts';
import { formatAddrSpec, parseAddrSpec } from '../../formats/address/parse.ts';
import { ALIAS_DEPTH_MAX, ALIAS_TARGETS_MAX } from '../limits.ts';
import type { SqlReader } from '../sql/sql.ts';
import type { Transaction } from '../sql/transaction.ts';
import { findDomain } from './domains.ts';

export interface AddressRecord {
  readonly domainId: number;
  readonly localKey: string;
  /** As it was written when added. */
  readonly address: string;
  /** Both alias and group stand for their targets. */
  readonly kind: 'account' | 'alias' | 'group';
  /** Only of kind account. */
  readonly accountId: number | null;
  readonly enabled: boolean;
  /** Whether those it reaches may send as it. */
  readonly sendAs: boolean;
  /** Addr-specs, local or foreign; empty for an account. */
  readonly targets: readonly string[];
}

export interface NewAlias {
  readonly address: string;
  /** Default alias. */
  readonly kind?: 'alias' | 'group';
  readonly targets: readonly string[];
  /** Default true for an alias, false for a group. */
  readonly sendAs?: boolean;
}

/** `refused`: not an address, or too many targets. `cycle`: its targets lead back to it, or too deep. */
export type AliasChange = 'done' | 'exists' | 'unknown' | 'domain-unknown' | 'refused' | 'cycle';

interface AddressRow {
  domain_id: number;
  local_key: string;
  address: string;
  kind: AddressRecord['kind'];
  account_id: number | null;
  enabled: number;
  send_as: number;
  targets: string | null;
}

const COLUMNS = 'domain_id, local_key, address, kind, account_id, enabled, send_as, targets';

function toRecord(row: AddressRow): AddressRecord {
  return {
    domainId: row.domain_id,
    localKey: row.local_key,
    address: row.address,
    kind: row.kind,
    accountId: row.account_id,
    enabled: row.enabled !== 0,
    sendAs: row.send_as !== 0,
    targets: row.targets === null ? [] : (JSON.parse(row.targets) as string[]),
  };
}

/** What an address is; an exact match of the key only. */
export async function findAddress(sql: SqlReader, domainId: number, key: string): Promise<AddressRecord | null> {
  const row = await sql.get<AddressRow>(
    `SELECT ${COLUMNS} FROM address WHERE domain_id = ? AND local_key = ?`,
    domainId,
    key,
  );
  return row === undefined ? null : toRecord(row);
}

/** Addresses of a domain in the order of their keys, after `after`, at most `limit`. */
export async function listAddresses(
  sql: SqlReader,
  domainId: number,
  after: string,
  limit: number,
): Promise<AddressRecord[]> {
  const rows = await sql.all<AddressRow>(
    `SELECT ${COLUMNS} FROM address WHERE domain_id = ? AND local_key > ? ORDER BY local_key LIMIT ?`,
    domainId,
    after,
    limit,
  );
  return rows.map(toRecord);
}

/** The addresses that are one account's own, as they were written, at most `limit`. */
export async function listAccountAddresses(sql: SqlReader, accountId: number, limit: number): Promise<string[]> {
  const rows = await sql.all<{ address: string }>(
    'SELECT address FROM address WHERE account_id = ? ORDER BY domain_id, local_key LIMIT ?',
    accountId,
    limit,
  );
  return rows.map((row) => row.address);
}

export interface AddressPlace {
  readonly domainId: number;
  readonly localKey: string;
}

/** The local or relayed domain and key of an address as text, through an alias domain; null when it is none of ours. */
export async function placeOf(sql: SqlReader, address: string): Promise<AddressPlace | null> {
  const parsed = parseAddrSpec(address);
  if (parsed === null) return null;
  const domain = await findDomain(sql, domainKey(parsed.domain));
  const real = domain?.target == null ? domain : await findDomain(sql, domain.target);
  return real === null ? null : { domainId: real.id, localKey: localKey(parsed.localPart) };
}

/** What an address as text is; an exact match only. */
export async function findAddressByText(sql: SqlReader, address: string): Promise<AddressRecord | null> {
  const place = await placeOf(sql, address);
  return place === null ? null : await findAddress(sql, place.domainId, place.localKey);
}

/** Adds an alias or a group. */
export async function addAlias(tx: Transaction, alias: NewAlias): Promise<AliasChange> {
  const place = await placeOf(tx, alias.address);
  if (place === null) return parseAddrSpec(alias.address) === null ? 'refused' : 'domain-unknown';
  if ((await findAddress(tx, place.domainId, place.localKey)) !== null) return 'exists';
  const targets = canonicalTargets(alias.targets);
  if (targets === null) return 'refused';
  if (await leadsTo(tx, targets, place)) return 'cycle';
  const kind = alias.kind ?? 'alias';
  tx.effects.directoryChanged();
  await tx.run(
    `INSERT INTO address (${COLUMNS}) VALUES (?, ?, ?, ?, NULL, 1, ?, ?)`,
    place.domainId,
    place.localKey,
    alias.address,
    kind,
    (alias.sendAs ?? kind === 'alias') ? 1 : 0,
    JSON.stringify(targets),
  );
  return 'done';
}

export interface AliasChanges {
  readonly targets?: readonly string[];
  readonly enabled?: boolean;
  readonly sendAs?: boolean;
}

/** Changes what is given of an alias or group. */
export async function changeAlias(tx: Transaction, address: string, changes: AliasChanges): Promise<AliasChange> {
  const found = await findAddressByText(tx, address);
  if (found === null || found.kind === 'account') return 'unknown';
  const targets = changes.targets === undefined ? found.targets : canonicalTargets(changes.targets);
  if (targets === null) return 'refused';
  if (changes.targets !== undefined && (await leadsTo(tx, targets, found))) return 'cycle';
  tx.effects.directoryChanged();
  await tx.run(
    'UPDATE address SET targets = ?, enabled = ?, send_as = ? WHERE domain_id = ? AND local_key = ?',
    JSON.stringify(targets),
    (changes.enabled ?? found.enabled) ? 1 : 0,
    (changes.sendAs ?? found.sendAs) ? 1 : 0,
    found.domainId,
    found.localKey,
  );
  return 'done';
}

/** Removes an alias or group. */
export async function removeAlias(tx: Transaction, address: string): Promise<'removed' | 'unknown'> {
  const place = await placeOf(tx, address);
  if (place === null) return 'unknown';
  tx.effects.directoryChanged();
  const { changes } = await tx.run(
    "DELETE FROM address WHERE domain_id = ? AND local_key = ? AND kind <> 'account'",
    place.domainId,
    place.localKey,
  );
  return changes > 0 ? 'removed' : 'unknown';
}

/** Lets the account send as a pattern: `ann@one.test`, `*@one.test`. */
export async function addSendGrant(tx: Transaction, accountId: number, pattern: string): Promise<void> {
  tx.effects.directoryChanged();
  await tx.run('INSERT INTO send_grant (account_id, pattern) VALUES (?, ?) ON CONFLICT DO NOTHING', accountId, pattern);
}

/** Takes a grant back; false when there was none. */
export async function removeSendGrant(tx: Transaction, accountId: number, pattern: string): Promise<boolean> {
  tx.effects.directoryChanged();
  const { changes } = await tx.run('DELETE FROM send_grant WHERE account_id = ? AND pattern = ?', accountId, pattern);
  return changes > 0;
}

/** Patterns that the account may send as beside its own addresses. */
export async function listSendGrants(sql: SqlReader, accountId: number): Promise<string[]> {
  const rows = await sql.all<{ pattern: string }>(
    'SELECT pattern FROM send_grant WHERE account_id = ? ORDER BY pattern',
    accountId,
  );
  return rows.map((row) => row.pattern);
}

function canonicalTargets(targets: readonly string[]): string[] | null {
  if (targets.length === 0 || targets.length > ALIAS_TARGETS_MAX) return null;
  const canonical = targets.map((target) => parseAddrSpec(target));
  if (canonical.some((target) => target === null || target.domain === '')) return null;
  return [...new Set(canonical.flatMap((target) => (target === null ? [] : [formatAddrSpec(target)])))];
}

/** Whether following local aliases from `targets` reaches `place`, or goes deeper than an alias may. */
async function leadsTo(sql: SqlReader, targets: readonly string[], place: AddressPlace): Promise<boolean> {
  const seen = new Set<string>();
  let level = targets;
  for (let depth = 1; level.length > 0; depth++) {
    if (depth > ALIAS_DEPTH_MAX) return true;
    const next: string[] = [];
    for (const target of level) {
      const at = await placeOf(sql, target);
      if (at === null || seen.has(`${at.domainId} ${at.localKey}`)) continue;
      if (at.domainId === place.domainId && at.localKey === place.localKey) return true;
      seen.add(`${at.domainId} ${at.localKey}`);
      const found = await findAddress(sql, at.domainId, at.localKey);
      if (found !== null) next.push(...found.targets);
    }
    level = next;
  }
  return false;
}
