// The SQL interface over one PostgreSQL connection. Statements are prepared once for each text and connection; 64-bit
// integers and sums come back as numbers, because ours are safe integers.
import { Client, types } from 'pg';
import { STATEMENTS_MAX } from '../limits.ts';
import { numberPlaceholders } from './postgres-dialect.ts';
import type { SqlRow, SqlValue, SqlWriter } from './sql.ts';

export interface ConnectionOptions {
  readonly url: string;
  /** What the database's administrator sees. */
  readonly applicationName: string;
  readonly connectTimeoutMs: number;
  /** The server cancels a statement that takes longer, waits for locks and standbys included. */
  readonly statementTimeoutMs: number;
  /** The client gives the connection up when an answer takes longer: the server may be out of reach. */
  readonly answerTimeoutMs: number;
  readonly onNotification?: (channel: string, payload: string) => void;
  /** It is gone; told once, also after `close`. */
  readonly onEnd?: () => void;
}

const INT8 = 20;
const NUMERIC = 1700;
const NUMBERS = new Set<number>([INT8, NUMERIC]);

const parsers = {
  getTypeParser(oid: number, format?: 'text' | 'binary'): (value: string) => unknown {
    if (NUMBERS.has(oid)) return Number;
    const known: (type: number, format: 'text' | 'binary') => unknown = types.getTypeParser;
    return known(oid, format ?? 'text') as (value: string) => unknown;
  },
};

/** Names of prepared statements by text; texts are few and fixed, beyond the limit they are not prepared. */
const names = new Map<string, { readonly name?: string; readonly text: string }>();

function prepared(text: string): { readonly name?: string; readonly text: string } {
  let known = names.get(text);
  if (known === undefined) {
    const numbered = numberPlaceholders(text);
    if (names.size >= STATEMENTS_MAX) return { text: numbered };
    known = { name: `s${names.size}`, text: numbered };
    names.set(text, known);
  }
  return known;
}

interface Executed {
  readonly rows: SqlRow[];
  readonly warnings: readonly string[];
}

/** One connection. A statement that fails rejects with the driver's error. */
export class PostgresConnection implements SqlWriter {
  readonly #client: Client;
  #ended = false;
  #busy = 0;
  #warnings: string[] = [];

  private constructor(client: Client) {
    this.#client = client;
  }

  static async open(options: ConnectionOptions): Promise<PostgresConnection> {
    const client = new Client({
      connectionString: options.url,
      application_name: options.applicationName,
      connectionTimeoutMillis: options.connectTimeoutMs,
      statement_timeout: options.statementTimeoutMs,
      idle_in_transaction_session_timeout: options.statementTimeoutMs,
      query_timeout: options.answerTimeoutMs,
      keepAlive: true,
      // Statements that need no answer of each other go out together.
      pipeline: true,
      types: parsers,
    });
    const connection = new PostgresConnection(client);
    client.on('error', () => connection.#end());
    client.on('end', () => {
      connection.#end();
      options.onEnd?.();
    });
    client.on('notice', ({ message, severity }) => {
      if (severity !== 'NOTICE' && severity !== 'INFO' && severity !== 'DEBUG' && severity !== 'LOG')
        connection.#warnings.push(message ?? 'a warning');
    });
    client.on('notification', ({ channel, payload }) => options.onNotification?.(channel, payload ?? ''));
    await client.connect();
    return connection;
  }

  /** Statements that wait for their answer. */
  get busy(): number {
    return this.#busy;
  }

  get ended(): boolean {
    return this.#ended;
  }

  async all<T extends object = SqlRow>(text: string, ...values: SqlValue[]): Promise<T[]> {
    return (await this.#query(text, values)).rows as T[];
  }

  async get<T extends object = SqlRow>(text: string, ...values: SqlValue[]): Promise<T | undefined> {
    return (await this.#query(text, values)).rows[0] as T | undefined;
  }

  async run(text: string, ...values: SqlValue[]): Promise<{ changes: number }> {
    return { changes: (await this.#query(text, values)).rowCount ?? 0 };
  }

  /** Like `all`, with arrays among the values: for PostgreSQL's own `unnest` and `ANY`. */
  async list<T extends object = SqlRow>(
    text: string,
    values: readonly (SqlValue | readonly SqlValue[])[],
  ): Promise<T[]> {
    return (await this.#query(text, values)).rows as T[];
  }

  /** Runs statements without values, `;` between them; the rows of the last and the warnings that came with them. */
  async execute(text: string): Promise<Executed> {
    this.#warnings = [];
    this.#busy++;
    try {
      const results: unknown = await this.#client.query(text);
      const last = (Array.isArray(results) ? results.at(-1) : results) as Pick<Executed, 'rows'>;
      return { rows: last.rows, warnings: this.#warnings };
    } finally {
      this.#busy--;
    }
  }

  /** Lets what was asked for be answered first. */
  async close(): Promise<void> {
    if (this.#ended) return;
    await this.#client.end().catch(() => {});
    this.#end();
  }

  /** Gives the connection up at once. */
  drop(): void {
    this.#end();
    this.#client.connection.stream.destroy();
  }

  async #query(
    text: string,
    values: readonly (SqlValue | readonly SqlValue[])[],
  ): Promise<{ rows: unknown[]; rowCount: number | null }> {
    this.#busy++;
    try {
      return await this.#client.query({ ...prepared(text), values: values.map(toParameter) });
    } finally {
      this.#busy--;
    }
  }

  #end(): void {
    this.#ended = true;
  }
}

/** PostgreSQL's text cannot hold NUL; nothing that we keep as text has a meaning that hangs on one. */
function toParameter(value: SqlValue | readonly SqlValue[]): unknown {
  return typeof value === 'string' && value.includes('\0') ? value.replaceAll('\0', '\uFFFD') : value;
}
