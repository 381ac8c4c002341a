// The tables that only the cluster engine has, and how a PostgreSQL database is brought to the schema of this program:
// all steps that it lacks in one transaction, by one node, under a lock that the others wait for.
import { SCHEMA_STEPS } from '../schema/migrate.ts';
import type { PostgresConnection } from '../sql/postgres-connection.ts';
import { POSTGRES_VERSION_MIN, POSTGRES_WORDS, toPostgresSchema } from '../sql/postgres-dialect.ts';

/** Step n brings the cluster's own tables from version n to n + 1. */
const CLUSTER_STEPS: readonly (readonly string[])[] = [
  [
    // Up to a page's worth of octets lies in the row itself, uncompressed: mail does not compress well in small pieces.
    `CREATE TABLE blob_octets (segment BIGINT NOT NULL, position BIGINT NOT NULL, octets BYTEA NOT NULL,
       PRIMARY KEY (segment, position)) WITH (toast_tuple_target = 8160)`,
    'ALTER TABLE blob_octets ALTER octets SET STORAGE EXTERNAL',
    'CREATE TABLE pending_segment (id BIGINT NOT NULL PRIMARY KEY, at TIMESTAMPTZ NOT NULL DEFAULT now())',
    `CREATE TABLE commit_note (token BIGINT NOT NULL PRIMARY KEY, xact XID8 NOT NULL DEFAULT pg_current_xact_id(),
       at TIMESTAMPTZ NOT NULL DEFAULT now(), node BIGINT NOT NULL, account_ids BIGINT[] NOT NULL,
       unit_ids BIGINT[] NOT NULL, directory BOOLEAN NOT NULL)`,
    'CREATE INDEX commit_note_by_xact ON commit_note (xact)',
    'CREATE TABLE lease (name TEXT COLLATE "C" NOT NULL PRIMARY KEY, token BIGINT NOT NULL, until TIMESTAMPTZ NOT NULL)',
    // Words are written with their journey: numbers of rows do not come in the order of commits here.
    `INSERT INTO counter (name, value) VALUES ('journey-indexed', ${Number.MAX_SAFE_INTEGER})`,
  ],
  [
    // Objects that no row points at any more; they stay for a while for those who read with an old place.
    'CREATE TABLE dropped_object (id BIGINT NOT NULL PRIMARY KEY, at TIMESTAMPTZ NOT NULL DEFAULT now())',
    'CREATE INDEX dropped_object_by_time ON dropped_object (at)',
  ],
];

/** Any number, the same in every node. */
const SCHEMA_LOCK = 0x706f7374;

/** Runs what `connection`'s database lacks. Throws when the server is too old or the database is of a later program. */
export async function bringForward(connection: PostgresConnection): Promise<void> {
  const server = await connection.get<{ version: number }>(
    "SELECT current_setting('server_version_num')::bigint AS version",
  );
  if ((server?.version ?? 0) < POSTGRES_VERSION_MIN)
    throw new Error('this PostgreSQL is too old; use version 13 or later');
  await connection.execute(`BEGIN; SELECT pg_advisory_xact_lock(${SCHEMA_LOCK})`);
  try {
    const shared = SCHEMA_STEPS.map((step) => step(POSTGRES_WORDS).map(toPostgresSchema));
    await runSteps(connection, 'schema', shared);
    await runSteps(connection, 'cluster-schema', CLUSTER_STEPS);
    await connection.execute('COMMIT');
  } catch (error) {
    await connection.execute('ROLLBACK').catch(() => {});
    throw error;
  }
}

async function runSteps(
  connection: PostgresConnection,
  name: string,
  steps: readonly (readonly string[])[],
): Promise<void> {
  const from = await readVersion(connection, name);
  if (from > steps.length)
    throw new Error(
      `the database has ${name} ${from}, this program knows ${steps.length}; use the later program again`,
    );
  if (from === steps.length) return;
  for (const statements of steps.slice(from)) for (const statement of statements) await connection.execute(statement);
  await connection.run(
    'INSERT INTO counter (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value',
    name,
    steps.length,
  );
}

/** 0: nothing is there. */
async function readVersion(connection: PostgresConnection, name: string): Promise<number> {
  const table = await connection.get<{ known: boolean }>("SELECT to_regclass('counter') IS NOT NULL AS known");
  if (table?.known !== true) return 0;
  return (await connection.get<{ value: number }>('SELECT value FROM counter WHERE name = ?', name))?.value ?? 0;
}
