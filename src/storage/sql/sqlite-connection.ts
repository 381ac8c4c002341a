// The SQL interface over one SQLite connection. Every call runs to its end before it returns its promise, so no
// statement and no read transaction is ever open across an await: a paused one would pin the WAL and hide new rows.
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { STATEMENTS_MAX } from '../limits.ts';
import type { SqlRow, SqlValue, SqlWriter } from './sql.ts';

/** One connection with its prepared statements, cached by text. */
export class SqliteConnection implements SqlWriter {
  readonly database: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();

  constructor(database: DatabaseSync) {
    this.database = database;
  }

  // oxlint-disable-next-line require-await -- async so that a failing statement rejects instead of throwing
  async all<T extends object = SqlRow>(text: string, ...values: SqlValue[]): Promise<T[]> {
    return this.#prepare(text).all(...values) as T[];
  }

  // oxlint-disable-next-line require-await -- as above
  async get<T extends object = SqlRow>(text: string, ...values: SqlValue[]): Promise<T | undefined> {
    return this.#prepare(text).get(...values) as T | undefined;
  }

  // oxlint-disable-next-line require-await -- as above
  async run(text: string, ...values: SqlValue[]): Promise<{ changes: number }> {
    return { changes: Number(this.#prepare(text).run(...values).changes) };
  }

  /** Runs a statement without values and without rows, such as COMMIT, at once. */
  execute(text: string): void {
    this.#prepare(text).run();
  }

  close(): void {
    this.#statements.clear();
    this.database.close();
  }

  #prepare(text: string): StatementSync {
    const known = this.#statements.get(text);
    if (known !== undefined) return known;
    // Texts are few and fixed; only lists of varying length could make many.
    if (this.#statements.size >= STATEMENTS_MAX) this.#statements.clear();
    const statement = this.database.prepare(text);
    this.#statements.set(text, statement);
    return statement;
  }
}
