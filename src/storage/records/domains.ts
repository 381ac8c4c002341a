// Domains: local ones with mailboxes, aliases of others, and those relayed for. Names are kept as domain keys
// (A-labels in lower case), so that A-label and U-label are one.
import { domainKey } from '../../formats/address/domain.ts';
import type { SqlReader, SqlValue } from '../sql/sql.ts';
import type { Transaction } from '../sql/transaction.ts';

export type DomainKind = 'local' | 'alias' | 'relay';

export interface DomainRecord {
  readonly id: number;
  /** Domain key. */
  readonly name: string;
  readonly kind: DomainKind;
  readonly enabled: boolean;
  /** Only of kind alias: the domain key that it stands for. */
  readonly target: string | null;
  /** Characters that end the user's name in `user+tag`. */
  readonly separators: string;
  readonly catchAll: string | null;
  /** An account; null: the server's first administrator. */
  readonly administratorId: number | null;
  readonly createdAtMs: number;
}

export interface NewDomain {
  readonly name: string;
  /** Default local. */
  readonly kind?: DomainKind;
  readonly target?: string | null;
  readonly separators?: string;
  readonly catchAll?: string | null;
  readonly administratorId?: number | null;
}

export type DomainChanges = Partial<Pick<DomainRecord, 'enabled' | 'separators' | 'catchAll' | 'administratorId'>>;

export type DomainAdded =
  | { readonly kind: 'added'; readonly id: number }
  | { readonly kind: 'exists' | 'target-unknown' };

interface DomainRow {
  id: number;
  name: string;
  kind: DomainKind;
  target: string | null;
  enabled: number;
  separators: string;
  catch_all: string | null;
  administrator_id: number | null;
  created_at_ms: number;
}

const COLUMNS = 'id, name, kind, target, enabled, separators, catch_all, administrator_id, created_at_ms';

function toRecord(row: DomainRow): DomainRecord {
  return {
    id: row.id,
    name: row.name,
    kind: row.kind,
    enabled: row.enabled !== 0,
    target: row.target,
    separators: row.separators,
    catchAll: row.catch_all,
    administratorId: row.administrator_id,
    createdAtMs: row.created_at_ms,
  };
}

/** The domain with this name in any spelling. */
export async function findDomain(sql: SqlReader, name: string): Promise<DomainRecord | null> {
  const row = await sql.get<DomainRow>(`SELECT ${COLUMNS} FROM domain WHERE name = ?`, domainKey(name));
  return row === undefined ? null : toRecord(row);
}

/** The oldest local domain. */
export async function findFirstDomain(sql: SqlReader): Promise<DomainRecord | null> {
  const row = await sql.get<DomainRow>(`SELECT ${COLUMNS} FROM domain WHERE kind = 'local' ORDER BY id LIMIT 1`);
  return row === undefined ? null : toRecord(row);
}

/** At most `limit` domains whose names come after `after` ('' is the start), in the order of names. */
export async function listDomains(sql: SqlReader, after: string, limit: number): Promise<DomainRecord[]> {
  const rows = await sql.all<DomainRow>(
    `SELECT ${COLUMNS} FROM domain WHERE name > ? ORDER BY name LIMIT ?`,
    after,
    limit,
  );
  return rows.map(toRecord);
}

/** Adds a domain. An alias needs a target that exists and is no alias itself. */
export async function addDomain(tx: Transaction, domain: NewDomain): Promise<DomainAdded> {
  const kind = domain.kind ?? 'local';
  const target = kind === 'alias' ? domainKey(domain.target ?? '') : null;
  if ((await findDomain(tx, domain.name)) !== null) return { kind: 'exists' };
  if (target !== null) {
    const found = await findDomain(tx, target);
    if (found === null || found.kind === 'alias') return { kind: 'target-unknown' };
  }
  tx.effects.directoryChanged();
  const row = await tx.get<{ id: number }>(
    `INSERT INTO domain (name, kind, target, enabled, separators, catch_all, administrator_id, created_at_ms)
     VALUES (?, ?, ?, 1, ?, ?, ?, ?) RETURNING id`,
    domainKey(domain.name),
    kind,
    target,
    domain.separators ?? '+',
    domain.catchAll ?? null,
    domain.administratorId ?? null,
    tx.nowMs,
  );
  return { kind: 'added', id: row?.id ?? 0 };
}

/** Changes what is given; false when there is no such domain. */
export async function changeDomain(tx: Transaction, name: string, changes: DomainChanges): Promise<boolean> {
  const sets: [string, SqlValue][] = [];
  if (changes.enabled !== undefined) sets.push(['enabled', changes.enabled ? 1 : 0]);
  if (changes.separators !== undefined) sets.push(['separators', changes.separators]);
  if (changes.catchAll !== undefined) sets.push(['catch_all', changes.catchAll]);
  if (changes.administratorId !== undefined) sets.push(['administrator_id', changes.administratorId]);
  if (sets.length === 0) return (await findDomain(tx, name)) !== null;
  tx.effects.directoryChanged();
  const { changes: count } = await tx.run(
    `UPDATE domain SET ${sets.map(([column]) => `${column} = ?`).join(', ')} WHERE name = ?`,
    ...sets.map(([, value]) => value),
    domainKey(name),
  );
  return count > 0;
}

/** Removes a domain that has no addresses and that no alias domain stands for. */
export async function removeDomain(tx: Transaction, name: string): Promise<'removed' | 'unknown' | 'in-use'> {
  const domain = await findDomain(tx, name);
  if (domain === null) return 'unknown';
  const used =
    (await tx.get('SELECT 1 AS used FROM address WHERE domain_id = ? LIMIT 1', domain.id)) ??
    (await tx.get('SELECT 1 AS used FROM domain WHERE target = ? LIMIT 1', domain.name));
  if (used !== undefined) return 'in-use';
  tx.effects.directoryChanged();
  await tx.run('DELETE FROM domain WHERE id = ?', domain.id);
  return 'removed';
}
