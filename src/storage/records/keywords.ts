// Flags as the columns have them: `flags` holds the system's five bits and the keywords 0 to 46, `keywords` the keywords
// 47 to 98. Which number a keyword has is written down once for each account, so that copies keep their bits.
import { MailError } from '../../base/errors/mail-error.ts';
import { KEYWORDS_MAX } from '../limits.ts';
import type { SqlReader } from '../sql/sql.ts';
import type { Transaction } from '../sql/transaction.ts';

/** System flags, RFC 9051 §2.3.2, as bits of the first column. */
export const SYSTEM_FLAGS: Readonly<Record<string, number>> = {
  '\\seen': 1,
  '\\answered': 2,
  '\\flagged': 4,
  '\\deleted': 8,
  '\\draft': 16,
};

export const SEEN_BIT = 1;
export const DELETED_BIT = 8;
const SYSTEM_BITS = 5;
const FIRST_COLUMN_KEYWORDS = 47;
/** Every bit that a column can have. */
export const ALL_BITS = Number.MAX_SAFE_INTEGER;

/** The two columns of a message's flags. */
export interface FlagBits {
  readonly flags: number;
  readonly keywords: number;
}

/** The keywords of an account; the index is the number. */
export async function listKeywords(sql: SqlReader, accountId: number): Promise<string[]> {
  const rows = await sql.all<{ name: string }>(
    'SELECT name FROM keyword WHERE account_id = ? ORDER BY number',
    accountId,
  );
  return rows.map((row) => row.name);
}

/**
 * The columns for these flags, in any case. Keywords that the account does not have yet get a number; rejects with
 * limit-reached when there is none left.
 */
export async function takeFlagBits(tx: Transaction, accountId: number, flags: readonly string[]): Promise<FlagBits> {
  let system = 0;
  const wanted = new Map<string, string>();
  for (const flag of flags) {
    const key = flag.toLowerCase();
    const bit = SYSTEM_FLAGS[key];
    if (bit === undefined) wanted.set(key, flag);
    else system |= bit;
  }
  if (wanted.size === 0) return { flags: system, keywords: 0 };
  const names = await listKeywords(tx, accountId);
  const numbers = new Map(names.map((name, number) => [name.toLowerCase(), number]));
  let [first, second] = [system, 0];
  for (const [key, name] of wanted) {
    const number = numbers.get(key) ?? (await addKeyword(tx, accountId, names.push(name) - 1, name));
    if (number < FIRST_COLUMN_KEYWORDS) first += 2 ** (SYSTEM_BITS + number);
    else second += 2 ** (number - FIRST_COLUMN_KEYWORDS);
  }
  return { flags: first, keywords: second };
}

/** Like `takeFlagBits` without making new ones: keywords that the account does not have are left out. */
export function knownFlagBits(names: readonly string[], flags: readonly string[]): FlagBits {
  let [first, second] = [0, 0];
  const wanted = new Set(flags.map((flag) => flag.toLowerCase()));
  for (const key of wanted) first += SYSTEM_FLAGS[key] ?? 0;
  for (const [number, name] of names.entries()) {
    if (!wanted.has(name.toLowerCase())) continue;
    if (number < FIRST_COLUMN_KEYWORDS) first += 2 ** (SYSTEM_BITS + number);
    else second += 2 ** (number - FIRST_COLUMN_KEYWORDS);
  }
  return { flags: first, keywords: second };
}

async function addKeyword(tx: Transaction, accountId: number, number: number, name: string): Promise<number> {
  if (number >= KEYWORDS_MAX)
    throw new MailError('limit-reached', `No more than ${KEYWORDS_MAX} keywords`, { temporary: false });
  await tx.run('INSERT INTO keyword (account_id, number, name) VALUES (?, ?, ?)', accountId, number, name);
  return number;
}

/** The system's bits of the first column. */
export function systemBits(flags: number): number {
  return flags % 32;
}

/** The keywords of a message by name, sorted. */
export function keywordsOf(bits: FlagBits, names: readonly string[]): string[] {
  const found: string[] = [];
  collect(Math.floor(bits.flags / 32), 0, names, found);
  collect(bits.keywords, FIRST_COLUMN_KEYWORDS, names, found);
  return found.sort();
}

function collect(bits: number, firstNumber: number, names: readonly string[], found: string[]): void {
  for (let rest = bits, number = firstNumber; rest > 0; rest = Math.floor(rest / 2), number++) {
    const name = names[number];
    if (rest % 2 === 1 && name !== undefined) found.push(name);
  }
}
