// Adding many accounts. First all rows are checked and nothing is stored; only when the whole file is good are they
// added, in portions. What goes wrong then (somebody else added one meanwhile) is told by line.
import { readImportedPassword } from '../../services/passwords/hash-kind.ts';
import { findAccountByAddress } from '../../storage/records/accounts.ts';
import { CommandError } from '../cli/command.ts';
import { unpackRow, type ImportFault, type ImportRow } from './account-csv.ts';
import { accountFault, credentialsOf, requireName, requirePassword, storeAccount } from './accounts.ts';
import type { AdminContext } from './admin-context.ts';
import { requireAddress } from './domains.ts';
import { IMPORT_ROWS_MAX } from './limits.ts';
import { operation } from './operation.ts';

const ARGUMENTS = { rows: 'rows', skipExisting: 'flag?' } as const;

/** Why a row cannot be added; null when it can. Nothing in it of the password. */
async function rowFault({ store }: AdminContext, row: ImportRow, skipExisting: boolean): Promise<string | null> {
  try {
    requireAddress(row.address);
    requireName(row.name);
    if (row.password !== '') {
      const password = readImportedPassword(row.password);
      if (password.kind === 'refused') return password.reason;
      if (password.kind === 'plain') requirePassword(password.password);
    }
  } catch (error) {
    if (error instanceof CommandError) return error.message;
    throw error;
  }
  if (skipExisting && (await findAccountByAddress(store.read, row.address)) !== null) return null;
  return await accountFault(store.read, row.address);
}

export const checkImport = operation(ARGUMENTS, async (context, args) => {
  const faults: ImportFault[] = [];
  for (const row of args.rows.slice(0, IMPORT_ROWS_MAX).map(unpackRow)) {
    const message = await rowFault(context, row, args.skipExisting ?? false);
    if (message !== null) faults.push({ line: row.line, message });
  }
  return { faults };
});

export const importAccounts = operation(ARGUMENTS, async (context, args) => {
  const faults: ImportFault[] = [];
  let added = 0;
  let skipped = 0;
  for (const row of args.rows.slice(0, IMPORT_ROWS_MAX).map(unpackRow)) {
    const exists = (await findAccountByAddress(context.store.read, row.address)) !== null;
    if (exists && args.skipExisting === true) {
      skipped++;
      continue;
    }
    const message = (await rowFault(context, row, false)) ?? (await addRow(context, row));
    if (message === null) added++;
    else faults.push({ line: row.line, message });
  }
  return { added, skipped, faults };
});

async function addRow(context: AdminContext, row: ImportRow): Promise<string | null> {
  try {
    const credentials = await credentialsOfRow(context, row.password);
    const { address, name } = row;
    await storeAccount(context, { address, name, administrator: false, quotaBytes: null, ...credentials });
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

async function credentialsOfRow(
  context: AdminContext,
  text: string,
): Promise<{ passwordHash: string | null; scramSha256: string | null }> {
  const password = text === '' ? null : readImportedPassword(text);
  if (password?.kind === 'hash') return { passwordHash: password.passwordHash, scramSha256: null };
  if (password?.kind === 'plain') return await credentialsOf(context, password.password);
  return { passwordHash: null, scramSha256: null };
}
