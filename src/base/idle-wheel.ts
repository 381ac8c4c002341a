// Idle timeouts for thousands of connections at the price of one timer. Deadlines are coarse: a callback never comes
// before its idle time is over and at most two ticks after it. Touching an entry is two stores and no timer call.
import type { Clock, Timer } from './clock.ts';

/** How fine the wheel turns unless told otherwise. */
export const IDLE_WHEEL_TICK_MS = 5_000;
const SLOTS = 64;

/** One watched connection. */
export interface IdleEntry {
  /** Something happened: the idle time starts again (with another length when given). */
  touch(idleMs?: number): void;
  /** Stops watching; the callback will not come any more. */
  stop(): void;
}

interface Entry extends IdleEntry {
  deadlineMs: number;
  slot: Set<Entry> | null;
  /** The tick at which the slot is visited. */
  slotTick: number;
  callback: () => void;
}

/** Watches any number of connections; the timer runs only while there are some. */
export class IdleWheel {
  readonly #clock: Clock;
  readonly #tickMs: number;
  readonly #slots: Set<Entry>[] = Array.from({ length: SLOTS }, () => new Set());
  #size = 0;
  #nowMs: number;
  #tick = 0;
  #timer: Timer | null = null;

  constructor(clock: Clock, tickMs: number = IDLE_WHEEL_TICK_MS) {
    this.#clock = clock;
    this.#tickMs = tickMs;
    this.#nowMs = clock.monotonic();
  }

  /** How many entries are watched. */
  get size(): number {
    return this.#size;
  }

  /** Calls `callback` once when nothing touched the entry for `idleMs`. */
  watch(idleMs: number, callback: () => void): IdleEntry {
    if (this.#timer === null) this.#start();
    let idle = idleMs;
    const entry: Entry = {
      deadlineMs: 0,
      slot: null,
      slotTick: 0,
      callback,
      touch: (newIdleMs) => {
        if (newIdleMs !== undefined) idle = newIdleMs;
        entry.deadlineMs = this.#nowMs + this.#tickMs + idle;
        // Later deadlines wait until their slot comes round; earlier ones must move at once.
        if (newIdleMs !== undefined && entry.slot !== null) this.#placeEarlier(entry);
      },
      stop: () => this.#remove(entry),
    };
    entry.deadlineMs = this.#nowMs + this.#tickMs + idle;
    this.#size++;
    this.#place(entry);
    return entry;
  }

  #start(): void {
    this.#nowMs = this.#clock.monotonic();
    this.#timer = this.#clock.after(this.#tickMs, () => this.#turn());
  }

  #ticksUntil(deadlineMs: number): number {
    return Math.min(SLOTS - 1, Math.max(1, Math.ceil((deadlineMs - this.#nowMs) / this.#tickMs)));
  }

  #place(entry: Entry): void {
    entry.slotTick = this.#tick + this.#ticksUntil(entry.deadlineMs);
    entry.slot = this.#slots[entry.slotTick % SLOTS]!;
    entry.slot.add(entry);
  }

  #placeEarlier(entry: Entry): void {
    if (this.#tick + this.#ticksUntil(entry.deadlineMs) >= entry.slotTick) return;
    entry.slot?.delete(entry);
    this.#place(entry);
  }

  #remove(entry: Entry): void {
    if (entry.slot === null) return;
    entry.slot.delete(entry);
    entry.slot = null;
    this.#size--;
    if (this.#size === 0) {
      this.#timer?.cancel();
      this.#timer = null;
    }
  }

  #turn(): void {
    this.#nowMs = this.#clock.monotonic();
    this.#timer = this.#clock.after(this.#tickMs, () => this.#turn());
    this.#tick++;
    const due = this.#slots[this.#tick % SLOTS]!;
    for (const entry of due) {
      // An earlier callback of this turn may have stopped it.
      if (entry.slot !== due) continue;
      if (entry.deadlineMs <= this.#nowMs) {
        this.#remove(entry);
        entry.callback();
      } else {
        due.delete(entry);
        this.#place(entry);
      }
    }
  }
}
