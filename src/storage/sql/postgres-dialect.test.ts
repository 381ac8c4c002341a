import assert from 'node:assert/strict';
import { test } from 'node:test';
import { numberPlaceholders, postgresFault, repeatValues, toPostgresSchema } from './postgres-dialect.ts';

const coded = (code: string): Error => Object.assign(new Error('failed'), { code });

test('what an error of the database or of its connection means', () => {
  for (const [error, fault] of [
    [coded('40001'), 'conflict'],
    [coded('40P01'), 'conflict'],
    [coded('23505'), 'taken'],
    [coded('57014'), 'late'],
    [coded('53100'), 'full'],
    [coded('08006'), 'lost'],
    [coded('57P01'), 'lost'],
    [coded('25006'), 'lost'],
    [coded('ECONNRESET'), 'lost'],
    // Five letters, like a code of PostgreSQL.
    [coded('EPIPE'), 'lost'],
    [new Error('Connection terminated unexpectedly'), 'lost'],
    [new Error('Query read timeout'), 'lost'],
    [coded('42P01'), 'other'],
    [new TypeError('x is not a function'), 'other'],
  ] as const)
    assert.equal(postgresFault(error), fault, String(error));
});

test('shared SQL as PostgreSQL takes it', () => {
  assert.equal(
    numberPlaceholders("SELECT '?' FROM a WHERE b = ? AND c = ?"),
    "SELECT '?' FROM a WHERE b = $1 AND c = $2",
  );
  assert.equal(
    repeatValues('INSERT INTO a (b, c) VALUES (?, 0) ON CONFLICT DO NOTHING', 2),
    'INSERT INTO a (b, c) VALUES (?, 0), (?, 0) ON CONFLICT DO NOTHING',
  );
  assert.equal(toPostgresSchema('CREATE TABLE a (b TEXT NOT NULL)'), 'CREATE TABLE a (b TEXT COLLATE "C" NOT NULL)');
  assert.equal(toPostgresSchema('UPDATE a SET b = CAST(c AS TEXT)'), 'UPDATE a SET b = CAST(c AS TEXT)');
});
