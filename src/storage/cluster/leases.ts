// Work that one node does at a time: a row says who has it (token) and until when, by the database's clock. The holder
// trusts it only as long as its own monotonic clock says, counted from before it asked, so clocks need not agree.
import type { Clock, Timer } from '../../base/clock.ts';
import type { QueueClaims } from '../queue-store.ts';
import {
  LEASE_MARGIN_MS,
  LEASE_REFUSED_MS,
  LEASE_RENEW_MS,
  LEASE_UNUSED_MS,
  LEASES_PER_STATEMENT_MAX,
} from './limits.ts';
import type { ReadingConnections } from './reading-connections.ts';

export interface LeaseOptions {
  readonly clock: Clock;
  /** Different for every process and thread that asks for leases. */
  readonly token: number;
  readonly forMs: number;
}

interface Held {
  /** On the monotonic clock. */
  untilMs: number;
  usedMs: number;
}

/** The leases of one thread, all under one token. */
export class Leases implements QueueClaims {
  readonly #sql: ReadingConnections;
  readonly #options: LeaseOptions;
  readonly #held = new Map<string, Held>();
  /** Somebody else has them: not asked for again before this. */
  readonly #refused = new Map<string, number>();
  #listener: ((names: ReadonlySet<string>) => void) | null = null;
  #timer: Timer | null = null;
  #closed = false;

  constructor(sql: ReadingConnections, options: LeaseOptions) {
    this.#sql = sql;
    this.#options = options;
  }

  async take(names: readonly string[]): Promise<ReadonlySet<string>> {
    const nowMs = this.#options.clock.monotonic();
    const mine = new Set<string>();
    const wanted: string[] = [];
    for (const name of new Set(names))
      if (this.isHeld(name)) mine.add(name);
      else if ((this.#refused.get(name) ?? -Infinity) <= nowMs) wanted.push(name);
    for (let at = 0; at < wanted.length && !this.#closed; at += LEASES_PER_STATEMENT_MAX)
      for (const name of await this.#ask(wanted.slice(at, at + LEASES_PER_STATEMENT_MAX))) mine.add(name);
    return mine;
  }

  isHeld(name: string): boolean {
    const held = this.#held.get(name);
    const nowMs = this.#options.clock.monotonic();
    if (held === undefined || held.untilMs <= nowMs) return false;
    held.usedMs = nowMs;
    return true;
  }

  onLost(listener: (names: ReadonlySet<string>) => void): void {
    this.#listener = listener;
    this.#planRenewal();
  }

  async give(names: readonly string[]): Promise<void> {
    for (const name of names) this.#held.delete(name);
    await this.#sql.list('DELETE FROM lease WHERE token = $1 AND name = ANY($2::text[])', [this.#options.token, names]);
  }

  async releaseAll(): Promise<void> {
    this.#closed = true;
    this.#timer?.cancel();
    this.#held.clear();
    await this.#sql.run('DELETE FROM lease WHERE token = ?', this.#options.token);
  }

  /** Takes what is free, has ended, or is ours. */
  async #ask(names: readonly string[]): Promise<string[]> {
    const { clock, token, forMs } = this.#options;
    const askedMs = clock.monotonic();
    const rows = await this.#sql.list<{ name: string }>(
      `INSERT INTO lease (name, token, until) SELECT name, $2, clock_timestamp() + make_interval(secs => $3::float8 / 1000)
       FROM unnest($1::text[]) AS name ORDER BY name
       ON CONFLICT (name) DO UPDATE SET token = excluded.token, until = excluded.until
       WHERE lease.until < clock_timestamp() OR lease.token = excluded.token RETURNING name`,
      [names, token, forMs],
    );
    const taken = rows.map((row) => row.name);
    for (const name of names) this.#refused.set(name, askedMs + LEASE_REFUSED_MS);
    for (const name of taken) {
      this.#refused.delete(name);
      this.#held.set(name, { untilMs: askedMs + forMs - LEASE_MARGIN_MS, usedMs: askedMs });
    }
    return taken;
  }

  #planRenewal(): void {
    this.#timer = this.#options.clock.after(LEASE_RENEW_MS, () => {
      void this.#renew().finally(() => {
        if (!this.#closed) this.#planRenewal();
      });
    });
  }

  /** Extends what is used, gives back what is not, and tells of what has ended. */
  async #renew(): Promise<void> {
    const nowMs = this.#options.clock.monotonic();
    for (const [name, untilMs] of this.#refused) if (untilMs <= nowMs) this.#refused.delete(name);
    const unused: string[] = [];
    const used: string[] = [];
    for (const [name, held] of this.#held) (held.usedMs + LEASE_UNUSED_MS < nowMs ? unused : used).push(name);
    try {
      if (unused.length > 0) await this.give(unused);
      if (used.length > 0) await this.#extend(used);
    } catch {
      // They end by themselves, here first.
    }
    this.#tellLost();
  }

  async #extend(names: readonly string[]): Promise<void> {
    const { clock, token, forMs } = this.#options;
    const askedMs = clock.monotonic();
    const rows = await this.#sql.list<{ name: string }>(
      `UPDATE lease SET until = clock_timestamp() + make_interval(secs => $3::float8 / 1000)
       WHERE token = $2 AND name = ANY($1::text[]) RETURNING name`,
      [names, token, forMs],
    );
    const extended = new Set(rows.map((row) => row.name));
    for (const name of names) {
      const held = this.#held.get(name);
      if (held === undefined) continue;
      held.untilMs = extended.has(name) ? askedMs + forMs - LEASE_MARGIN_MS : -Infinity;
    }
  }

  #tellLost(): void {
    const nowMs = this.#options.clock.monotonic();
    const lost = new Set<string>();
    for (const [name, held] of this.#held) if (held.untilMs <= nowMs) lost.add(name);
    for (const name of lost) this.#held.delete(name);
    if (lost.size > 0) this.#listener?.(lost);
  }
}
