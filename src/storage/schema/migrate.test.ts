import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { scratchFolder } from '../../../test/support/scratch-store.ts';
import { openReaderDatabase, openWriterDatabase } from '../sql/sqlite-dialect.ts';
import { migrate, readSchemaVersion, SCHEMA_STEPS } from './migrate.ts';

const NOW = Date.UTC(2026, 0, 2, 3, 4, 5);

test('an empty database gets every step, a current one none', (t) => {
  const folder = scratchFolder(t);
  const database = openWriterDatabase(join(folder, 'x.db'));
  assert.deepEqual(migrate(database, folder, NOW), { from: 0, to: SCHEMA_STEPS.length, copy: null });
  assert.equal(migrate(database, folder, NOW), null);
  database.close();
});

test('a later step runs forward after a copy was put aside', (t) => {
  const folder = scratchFolder(t);
  const copies = join(folder, 'copies');
  const database = openWriterDatabase(join(folder, 'x.db'));
  migrate(database, copies, NOW);
  database.prepare("INSERT INTO counter (name, value) VALUES ('kept', 7)").run();
  const steps = [...SCHEMA_STEPS, () => ['CREATE TABLE later (id INTEGER PRIMARY KEY)']];
  const migration = migrate(database, copies, NOW, steps);
  assert.equal(migration?.copy, join(copies, `schema-${SCHEMA_STEPS.length}-2026-01-02T03-04-05-000Z.db`));
  assert.equal(readSchemaVersion(database), SCHEMA_STEPS.length + 1);
  const copy = openReaderDatabase(migration.copy);
  assert.equal(readSchemaVersion(copy), SCHEMA_STEPS.length);
  assert.deepEqual({ ...copy.prepare("SELECT value FROM counter WHERE name = 'kept'").get() }, { value: 7 });
  copy.close();
  assert.throws(() => migrate(database, copies, NOW), /the database has schema .*use the later program/);
  database.close();
});

test('a step that fails leaves the database as it was', (t) => {
  const folder = scratchFolder(t);
  const database = openWriterDatabase(join(folder, 'x.db'));
  migrate(database, folder, NOW);
  const steps = [...SCHEMA_STEPS, () => ['CREATE TABLE later (id INTEGER PRIMARY KEY)', 'CREATE NONSENSE']];
  assert.throws(() => migrate(database, folder, NOW, steps), /could not be brought from schema/);
  assert.equal(readSchemaVersion(database), SCHEMA_STEPS.length);
  assert.throws(() => database.prepare('SELECT * FROM later'), /no such table/);
  assert.ok(existsSync(join(folder, `schema-${SCHEMA_STEPS.length}-2026-01-02T03-04-05-000Z.db`)));
  database.close();
});
