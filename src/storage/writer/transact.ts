// Runs a batch of named writes in one transaction. First all of them plainly; when one fails, everything is rolled
// back and done again with a savepoint around each, so that only the failing one fails. What was told to nobody yet
// can be done twice.
import type { SqliteConnection } from '../sql/sqlite-connection.ts';
import { BEGIN, COMMIT, RELEASE_SAVEPOINT, ROLLBACK, ROLLBACK_TO_SAVEPOINT, SAVEPOINT } from '../sql/sqlite-dialect.ts';
import type { SqlRow, SqlValue } from '../sql/sql.ts';
import { Effects, type Transaction } from '../sql/transaction.ts';
import { StoredNumbers } from '../records/folder-numbers.ts';
import { addLiveBytes } from '../records/segments.ts';
import { WRITE_OPERATIONS } from '../write-operations.ts';
import type { Call } from './channel.ts';

export type Outcome = { readonly value: unknown } | { readonly error: unknown };

export interface BatchResult {
  /** One for each call, in order. */
  readonly outcomes: readonly Outcome[];
  readonly effects: Effects;
  /** Why the transaction as a whole failed; null when it is committed. */
  readonly failure: Error | null;
}

class OpenTransaction implements Transaction {
  readonly nowMs: number;
  readonly effects = new Effects();
  readonly numbers: StoredNumbers;
  readonly wordsAtOnce = false;
  readonly #connection: SqliteConnection;

  constructor(connection: SqliteConnection, nowMs: number) {
    this.#connection = connection;
    this.numbers = new StoredNumbers(connection);
    this.nowMs = nowMs;
  }

  all<T extends object = SqlRow>(text: string, ...values: SqlValue[]): Promise<T[]> {
    return this.#connection.all<T>(text, ...values);
  }

  get<T extends object = SqlRow>(text: string, ...values: SqlValue[]): Promise<T | undefined> {
    return this.#connection.get<T>(text, ...values);
  }

  run(text: string, ...values: SqlValue[]): Promise<{ changes: number }> {
    return this.#connection.run(text, ...values);
  }

  /** At once: a prepared statement is as fast as anything that would wait for it. */
  add(text: string, ...values: SqlValue[]): Promise<unknown> {
    return this.#connection.run(text, ...values);
  }
}

/** Runs and commits `calls`. Never rejects: when the transaction itself fails, every outcome is that error. */
export async function transact(
  connection: SqliteConnection,
  calls: readonly Pick<Call, 'name' | 'args'>[],
  nowMs: number,
): Promise<BatchResult> {
  const plain = await attempt(connection, calls, nowMs, runPlainly);
  if (plain.kind === 'committed') return plain.result;
  if (plain.kind === 'call-failed') {
    const careful = await attempt(connection, calls, nowMs, runCarefully);
    if (careful.kind === 'committed') return careful.result;
    return allFailed(calls, careful.error);
  }
  return allFailed(calls, plain.error);
}

type Attempt =
  | { readonly kind: 'committed'; readonly result: BatchResult }
  | { readonly kind: 'call-failed' | 'failed'; readonly error: unknown };

type Runner = (
  tx: OpenTransaction,
  calls: readonly Pick<Call, 'name' | 'args'>[],
  c: SqliteConnection,
) => Promise<Outcome[]>;

async function attempt(
  connection: SqliteConnection,
  calls: readonly Pick<Call, 'name' | 'args'>[],
  nowMs: number,
  run: Runner,
): Promise<Attempt> {
  const tx = new OpenTransaction(connection, nowMs);
  let kind: 'call-failed' | 'failed' = 'failed';
  try {
    connection.execute(BEGIN);
    kind = 'call-failed';
    const outcomes = await run(tx, calls, connection);
    kind = 'failed';
    for (const [segment, bytes] of tx.effects.segmentBytes) await addLiveBytes(tx, segment, bytes);
    connection.execute(COMMIT);
    return { kind: 'committed', result: { outcomes, effects: tx.effects, failure: null } };
  } catch (error) {
    // Some faults (a full disk, an I/O error) have rolled back already.
    if (connection.database.isTransaction) connection.execute(ROLLBACK);
    return { kind, error };
  }
}

async function runPlainly(tx: OpenTransaction, calls: readonly Pick<Call, 'name' | 'args'>[]): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  for (const call of calls) outcomes.push({ value: await runCall(tx, call) });
  return outcomes;
}

async function runCarefully(
  tx: OpenTransaction,
  calls: readonly Pick<Call, 'name' | 'args'>[],
  connection: SqliteConnection,
): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  for (const call of calls) {
    const own: Transaction = {
      nowMs: tx.nowMs,
      effects: new Effects(),
      all: (text, ...values) => tx.all(text, ...values),
      get: (text, ...values) => tx.get(text, ...values),
      run: (text, ...values) => tx.run(text, ...values),
      add: (text, ...values) => tx.add(text, ...values),
      numbers: tx.numbers,
      wordsAtOnce: tx.wordsAtOnce,
    };
    connection.execute(SAVEPOINT);
    try {
      outcomes.push({ value: await runCall(own, call) });
      tx.effects.merge(own.effects);
    } catch (error) {
      if (!connection.database.isTransaction) throw error;
      connection.execute(ROLLBACK_TO_SAVEPOINT);
      outcomes.push({ error });
    }
    connection.execute(RELEASE_SAVEPOINT);
  }
  return outcomes;
}

function runCall(tx: Transaction, call: Pick<Call, 'name' | 'args'>): Promise<unknown> {
  const operation = WRITE_OPERATIONS[call.name] as (tx: Transaction, ...args: unknown[]) => Promise<unknown>;
  return operation(tx, ...call.args);
}

/** The result when nothing of `calls` was done because of `error`. */
export function allFailed(calls: readonly unknown[], error: unknown): BatchResult {
  const failure = error instanceof Error ? error : new Error(String(error));
  return { outcomes: calls.map(() => ({ error: failure })), effects: new Effects(), failure };
}
