// The connections on which a thread reads: the least busy one takes each statement. A read is done once more when its
// connection broke, over a new one.
import { MailError } from '../../base/errors/mail-error.ts';
import type { ConnectionOptions } from '../sql/postgres-connection.ts';
import { PostgresConnection } from '../sql/postgres-connection.ts';
import { postgresFault } from '../sql/postgres-dialect.ts';
import type { SqlRow, SqlValue, SqlWriter } from '../sql/sql.ts';
import { toClusterError } from './cluster-errors.ts';
import { READING_CONNECTIONS } from './limits.ts';

/** Opened when first used. `run` is a transaction of its own. */
export class ReadingConnections implements SqlWriter {
  readonly #options: ConnectionOptions;
  #open: (PostgresConnection | Promise<PostgresConnection>)[] = [];
  #closed = false;

  constructor(options: ConnectionOptions) {
    this.#options = options;
  }

  all<T extends object = SqlRow>(text: string, ...values: SqlValue[]): Promise<T[]> {
    return this.#twice((connection) => connection.all<T>(text, ...values));
  }

  get<T extends object = SqlRow>(text: string, ...values: SqlValue[]): Promise<T | undefined> {
    return this.#twice((connection) => connection.get<T>(text, ...values));
  }

  /** Not repeated: it may have been done. */
  async run(text: string, ...values: SqlValue[]): Promise<{ changes: number }> {
    try {
      return await (await this.#take()).run(text, ...values);
    } catch (error) {
      throw toClusterError(error);
    }
  }

  /** `PostgresConnection.list`. */
  list<T extends object = SqlRow>(text: string, values: readonly (SqlValue | readonly SqlValue[])[]): Promise<T[]> {
    return this.#twice((connection) => connection.list<T>(text, values));
  }

  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all(this.#open.map(async (connection) => await (await connection).close()).map(ignoreFailure));
  }

  async #twice<T>(read: (connection: PostgresConnection) => Promise<T>): Promise<T> {
    try {
      return await read(await this.#take());
    } catch (error) {
      if (this.#closed) throw closing(error);
      if (postgresFault(error) !== 'lost') throw toClusterError(error);
      try {
        return await read(await this.#take());
      } catch (again) {
        throw toClusterError(again);
      }
    }
  }

  /** The least busy one; another is opened while all that there are have work. */
  async #take(): Promise<PostgresConnection> {
    let best: PostgresConnection | Promise<PostgresConnection> | null = null;
    this.#open = this.#open.filter((connection) => !(connection instanceof PostgresConnection && connection.ended));
    for (const connection of this.#open) {
      if (!(connection instanceof PostgresConnection)) best ??= connection;
      else if (!(best instanceof PostgresConnection) || connection.busy < best.busy) best = connection;
    }
    const idle = best instanceof PostgresConnection && best.busy === 0;
    if (best !== null && (idle || this.#open.length >= READING_CONNECTIONS)) return await best;
    return await this.#openOne();
  }

  async #openOne(): Promise<PostgresConnection> {
    const opening = PostgresConnection.open(this.#options);
    this.#open.push(opening);
    try {
      const connection = await opening;
      if (this.#closed) await connection.close();
      this.#open = this.#open.map((each) => (each === opening ? connection : each));
      return connection;
    } catch (error) {
      this.#open = this.#open.filter((each) => each !== opening);
      throw error;
    }
  }
}

async function ignoreFailure(promise: Promise<unknown>): Promise<void> {
  await promise.catch(() => {});
}

function closing(cause: unknown): MailError {
  return new MailError('shutting-down', 'the server is shutting down, try again later', { temporary: true, cause });
}
