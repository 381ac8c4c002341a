// Numbers that are given out once and never again, and other single values.
import type { SqlReader, SqlWriter } from '../sql/sql.ts';

/** The value under `name`; `otherwise` when there is none. */
export async function readCounter(sql: SqlReader, name: string, otherwise: number): Promise<number> {
  const row = await sql.get<{ value: number }>('SELECT value FROM counter WHERE name = ?', name);
  return row?.value ?? otherwise;
}

/** Sets the value under `name`. */
export async function setCounter(sql: SqlWriter, name: string, value: number): Promise<void> {
  await sql.run(
    'INSERT INTO counter (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value',
    name,
    value,
  );
}

/** A number above every one given out under `name` before, and not below `least`. */
export async function nextNumber(sql: SqlWriter, name: string, least: number): Promise<number> {
  // One statement, so that two writers never get the same.
  const row = await sql.get<{ value: number }>(
    `INSERT INTO counter (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value =
       CASE WHEN counter.value < excluded.value THEN excluded.value ELSE counter.value + 1 END RETURNING value`,
    name,
    least,
  );
  return row?.value ?? least;
}
