// Writes outcomes down, in batches: while one batch is being committed the next one gathers. A settlement that the store
// refuses is kept and repeated, never forgotten and never sent again; meanwhile nothing new is sent.
import type { Clock } from '../../base/clock.ts';
import type { Log } from '../../base/log.ts';
import type { QueueSettlement } from '../../storage/commit-unit.ts';
import type { QueueDeferral, QueueStore } from '../../storage/queue-store.ts';
import { REPORT_RETRY_MAX_MS, SETTLEMENTS_MAX, STORE_RETRY_MS, UNWRITTEN_MAX } from './limits.ts';

interface Waiting {
  readonly settlement: QueueSettlement;
  readonly onWritten: () => void;
}

export interface LedgerParts {
  readonly store: Pick<QueueStore, 'settle' | 'defer'>;
  readonly clock: Clock;
  readonly log: Log;
  /** Something was written: there may be room again after `isFull`. */
  readonly onWritten: () => void;
}

export class Ledger {
  readonly #parts: LedgerParts;
  #settlements: Waiting[] = [];
  #deferrals: QueueDeferral[] = [];
  #settling = false;
  #deferring = false;
  #unwritten = 0;
  #failures = 0;

  constructor(parts: LedgerParts) {
    this.#parts = parts;
  }

  /** Too much is unwritten, or the store fails: send nothing. */
  get isFull(): boolean {
    return this.#unwritten >= UNWRITTEN_MAX || this.#failures > 0;
  }

  get isIdle(): boolean {
    return this.#unwritten === 0 && !this.#deferring && this.#deferrals.length === 0;
  }

  /** Durable before `onWritten` is called. */
  settle(settlement: QueueSettlement, onWritten: () => void): void {
    this.#unwritten++;
    this.#settlements.push({ settlement, onWritten });
    if (!this.#settling) void this.#writeSettlements();
  }

  /** Something that settles by itself (a report's unit); repeated until it succeeds, without keeping others waiting. */
  settleBy(write: () => Promise<void>, onWritten: () => void): void {
    this.#unwritten++;
    void this.#repeatReport(write).then(() => {
      this.#written(1);
      onWritten();
    });
  }

  defer(deferral: QueueDeferral): void {
    this.#deferrals.push(deferral);
    if (!this.#deferring) void this.#writeDeferrals();
  }

  async #writeSettlements(): Promise<void> {
    this.#settling = true;
    // What is decided in the same turn goes into the same batch.
    await Promise.resolve();
    while (this.#settlements.length > 0) {
      const batch = this.#settlements.splice(0, SETTLEMENTS_MAX);
      const settlements = batch.map((waiting) => waiting.settlement);
      await this.#repeat(() => this.#parts.store.settle(settlements));
      this.#written(batch.length);
      for (const { onWritten } of batch) onWritten();
    }
    this.#settling = false;
  }

  async #writeDeferrals(): Promise<void> {
    this.#deferring = true;
    await Promise.resolve();
    while (this.#deferrals.length > 0) {
      const batch = this.#deferrals.splice(0, SETTLEMENTS_MAX);
      try {
        await this.#parts.store.defer(batch);
      } catch (error) {
        // The wheel knows the next time; only a restart would try these too early.
        this.#parts.log.warn({ error, deferrals: batch.length }, 'deferrals could not be written');
      }
    }
    this.#deferring = false;
    this.#parts.onWritten();
  }

  async #repeatReport(write: () => Promise<void>): Promise<void> {
    for (let waitMs = STORE_RETRY_MS; ; waitMs = Math.min(waitMs * 2, REPORT_RETRY_MAX_MS)) {
      try {
        return await write();
      } catch (error) {
        this.#parts.log.error({ error }, 'a report could not be submitted; repeating');
        await this.#pause(waitMs);
      }
    }
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => this.#parts.clock.after(ms, resolve));
  }

  async #repeat(write: () => Promise<void>): Promise<void> {
    for (let failed = false; ; failed = true) {
      try {
        await write();
        if (failed) this.#failures--;
        return;
      } catch (error) {
        if (!failed) this.#failures++;
        this.#parts.log.error({ error }, 'outcomes could not be written; repeating, nothing is sent meanwhile');
        await this.#pause(STORE_RETRY_MS);
      }
    }
  }

  #written(count: number): void {
    this.#unwritten -= count;
    this.#parts.onWritten();
  }
}
