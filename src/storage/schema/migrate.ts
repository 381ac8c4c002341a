// Brings a database to the schema of this program: forward only, each version in one transaction, after a copy of the
// database was put aside. A database of a later program is refused: running over it could lose what it knows.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import type { SchemaWords } from '../sql/dialect.ts';
import { BEGIN, COMMIT, copyDatabase, hasTable, ROLLBACK, SQLITE_WORDS } from '../sql/sqlite-dialect.ts';
import { version1 } from './version-1.ts';
import { version2 } from './version-2.ts';

/** Step n brings version n to version n + 1. */
export type SchemaSteps = readonly ((words: SchemaWords) => readonly string[])[];

export const SCHEMA_STEPS: SchemaSteps = [version1, version2];

export interface Migration {
  readonly from: number;
  readonly to: number;
  /** The copy that was put aside; null when there was nothing to lose. */
  readonly copy: string | null;
}

/**
 * Runs the steps that `database` lacks; null when it has them all. `copyFolder` gets the copy. Throws when the database
 * is of a later program; a failing step leaves the database as it was.
 */
export function migrate(
  database: DatabaseSync,
  copyFolder: string,
  nowMs: number,
  steps: SchemaSteps = SCHEMA_STEPS,
): Migration | null {
  const from = readSchemaVersion(database);
  if (from === steps.length) return null;
  if (from > steps.length)
    throw new Error(`the database has schema ${from}, this program knows ${steps.length}; use the later program again`);
  const copy = from === 0 ? null : join(copyFolder, `schema-${from}-${fileTime(nowMs)}.db`);
  if (copy !== null) {
    mkdirSync(copyFolder, { recursive: true, mode: 0o700 });
    copyDatabase(database, copy);
  }
  for (let version = from; version < steps.length; version++) runStep(database, steps, version);
  return { from, to: steps.length, copy };
}

/** 0: the database is empty. */
export function readSchemaVersion(database: DatabaseSync): number {
  if (!hasTable(database, 'counter')) return 0;
  const row = database.prepare("SELECT value FROM counter WHERE name = 'schema'").get() as
    | { value: number }
    | undefined;
  return row?.value ?? 0;
}

function runStep(database: DatabaseSync, steps: SchemaSteps, version: number): void {
  database.exec(BEGIN);
  try {
    for (const statement of steps[version]?.(SQLITE_WORDS) ?? []) database.exec(statement);
    database
      .prepare(
        "INSERT INTO counter (name, value) VALUES ('schema', ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
      )
      .run(version + 1);
    database.exec(COMMIT);
  } catch (error) {
    if (database.isTransaction) database.exec(ROLLBACK);
    throw new Error(`the database could not be brought from schema ${version} to ${version + 1}`, { cause: error });
  }
}

function fileTime(ms: number): string {
  return new Date(ms).toISOString().replaceAll(/[:.]/g, '-');
}
