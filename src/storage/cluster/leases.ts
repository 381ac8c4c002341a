// Work that one node does at a time: a row that says who (token) and until when, by the database's clock. The holder
// trusts it only as long as its own monotonic clock says, counted from before it asked, so clocks need not agree.
import type { Clock } from '../../base/clock.ts';
import type { SqlWriter } from '../sql/sql.ts';

/** A holder stops this long before its lease ends for the others. */
const LEASE_MARGIN_MS = 1000;

/** The leases of one process, all under one token. */
export class Leases {
  readonly #sql: SqlWriter;
  readonly #clock: Clock;
  readonly #token: number;
  /** Until when each is ours, on the monotonic clock. */
  readonly #held = new Map<string, number>();

  constructor(sql: SqlWriter, options: { readonly clock: Clock; readonly token: number }) {
    this.#sql = sql;
    this.#clock = options.clock;
    this.#token = options.token;
  }

  /** Takes or extends the lease; false while somebody else has it. */
  async take(name: string, forMs: number): Promise<boolean> {
    const askedMs = this.#clock.monotonic();
    const row = await this.#sql.get(
      `INSERT INTO lease (name, token, until) VALUES (?, ?, clock_timestamp() + make_interval(secs => CAST(? AS DOUBLE PRECISION) / 1000))
       ON CONFLICT (name) DO UPDATE SET token = excluded.token, until = excluded.until
       WHERE lease.until < clock_timestamp() OR lease.token = excluded.token RETURNING name`,
      name,
      this.#token,
      forMs,
    );
    if (row === undefined) this.#held.delete(name);
    else this.#held.set(name, askedMs + forMs - LEASE_MARGIN_MS);
    return row !== undefined;
  }

  /** Whether the lease is still ours; needs no database. */
  isHeld(name: string): boolean {
    return (this.#held.get(name) ?? -Infinity) > this.#clock.monotonic();
  }

  /** Gives it back, so that others need not wait for its end. */
  async release(name: string): Promise<void> {
    this.#held.delete(name);
    await this.#sql.run('DELETE FROM lease WHERE name = ? AND token = ?', name, this.#token);
  }
}
