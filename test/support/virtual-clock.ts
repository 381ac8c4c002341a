// A clock that moves only when told to, so that days of retries run in milliseconds.
import type { Clock, Timer } from '../../src/base/clock.ts';

interface Pending {
  due: number;
  order: number;
  callback: () => void;
}

/** A Clock under the test's control. */
export class VirtualClock implements Clock {
  #now: number;
  #order = 0;
  #pending = new Set<Pending>();

  constructor(startMs: number = Date.UTC(2026, 0, 1)) {
    this.#now = startMs;
  }

  now(): number {
    return this.#now;
  }

  monotonic(): number {
    return this.#now;
  }

  after(delayMs: number, callback: () => void): Timer {
    const entry: Pending = { due: this.#now + Math.max(0, delayMs), order: this.#order++, callback };
    this.#pending.add(entry);
    return { cancel: () => void this.#pending.delete(entry) };
  }

  /** When the next timer is due; null when none is set. */
  nextDueMs(): number | null {
    let next: number | null = null;
    for (const { due } of this.#pending) if (next === null || due < next) next = due;
    return next;
  }

  /** Moves time forward, firing due timers in order and letting promises settle between them. */
  async advance(ms: number): Promise<void> {
    const end = this.#now + ms;
    for (;;) {
      await new Promise((resolve) => setImmediate(resolve));
      const next = [...this.#pending].filter((p) => p.due <= end).sort((a, b) => a.due - b.due || a.order - b.order)[0];
      if (next === undefined) break;
      this.#pending.delete(next);
      this.#now = Math.max(this.#now, next.due);
      next.callback();
    }
    this.#now = end;
  }
}
