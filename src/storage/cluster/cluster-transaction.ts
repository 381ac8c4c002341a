// The transaction of one group as the record families see it. Rows that are added wait for others of the same text and
// are sent together, but before any statement that names their table: whoever looks finds them.
import type { PostgresConnection } from '../sql/postgres-connection.ts';
import { repeatValues } from '../sql/postgres-dialect.ts';
import type { SqlRow, SqlValue } from '../sql/sql.ts';
import { Effects, type Transaction } from '../sql/transaction.ts';
import { STATEMENTS_MAX } from '../limits.ts';
import { KeptNumbers } from './kept-numbers.ts';
import { ROWS_PER_INSERT_MAX } from './limits.ts';

/** The words of a statement, by text. */
const wordsByText = new Map<string, ReadonlySet<string>>();

function wordsOf(text: string): ReadonlySet<string> {
  let words = wordsByText.get(text);
  if (words !== undefined) return words;
  if (wordsByText.size >= STATEMENTS_MAX) wordsByText.clear();
  words = new Set(text.toLowerCase().match(/\w+/g));
  wordsByText.set(text, words);
  return words;
}

function tableOf(insert: string): string {
  return /INSERT INTO (\w+)/.exec(insert)?.[1] ?? '';
}

interface WaitingRows {
  readonly table: string;
  readonly rows: SqlValue[][];
}

/** One transaction, or one call of it that runs in a savepoint of its own. */
export class ClusterTransaction implements Transaction {
  readonly nowMs: number;
  readonly numbers: KeptNumbers;
  readonly wordsAtOnce = true;
  readonly effects = new Effects();
  readonly #connection: PostgresConnection;
  #waiting = new Map<string, WaitingRows>();
  #ended = false;

  constructor(connection: PostgresConnection, nowMs: number) {
    this.#connection = connection;
    this.numbers = new KeptNumbers(connection);
    this.nowMs = nowMs;
  }

  async all<T extends object = SqlRow>(text: string, ...values: SqlValue[]): Promise<T[]> {
    await this.#before(text);
    return await this.#connection.all<T>(text, ...values);
  }

  async get<T extends object = SqlRow>(text: string, ...values: SqlValue[]): Promise<T | undefined> {
    await this.#before(text);
    return await this.#connection.get<T>(text, ...values);
  }

  async run(text: string, ...values: SqlValue[]): Promise<{ changes: number }> {
    await this.#before(text);
    return await this.#connection.run(text, ...values);
  }

  // oxlint-disable-next-line require-await -- the row waits for others; async as every engine's is
  async add(text: string, ...values: SqlValue[]): Promise<void> {
    const waiting = this.#waiting.get(text);
    if (waiting === undefined) this.#waiting.set(text, { table: tableOf(text), rows: [values] });
    else waiting.rows.push(values);
  }

  /** Sends everything that waits. */
  async write(): Promise<void> {
    const all = this.#waiting;
    this.#waiting = new Map();
    const sent: Promise<unknown>[] = this.numbers.isDirty ? [this.numbers.write()] : [];
    for (const [text, { rows }] of all) this.#send(text, rows, sent);
    await Promise.all(sent);
  }

  /** It is rolled back: what runs beside the statement that failed and has not heard yet does nothing more. */
  end(): void {
    this.#ended = true;
    this.#waiting.clear();
    this.numbers.forget();
  }

  /** Rows go in powers of two, so that few texts are prepared. */
  #send(text: string, rows: readonly SqlValue[][], sent: Promise<unknown>[]): void {
    for (let at = 0; at < rows.length;) {
      let count = ROWS_PER_INSERT_MAX;
      while (count > rows.length - at) count /= 2;
      const values = rows.slice(at, at + count).flat();
      sent.push(this.#connection.run(count === 1 ? text : repeatValues(text, count), ...values));
      at += count;
    }
  }

  async #before(text: string): Promise<void> {
    if (this.#ended) throw new Error('the transaction is over');
    if (this.#waiting.size === 0 && !this.numbers.isDirty) return;
    const words = wordsOf(text);
    if (words.has('mailbox') || words.has('account_state')) await this.numbers.write();
    for (const { table } of this.#waiting.values())
      if (words.has(table)) {
        await this.write();
        return;
      }
  }
}
