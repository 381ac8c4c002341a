// A hierarchical timer wheel over the rows of the waiting table: four levels of 64 slots, one second at the finest, 194
// days at the coarsest. Adding and removing take the same time however many rows wait.
// Invariant: a row is handed out at the first `advance` whose time is not before the row's, never earlier.
import type { Row, WaitingTable } from './waiting-table.ts';

const LEVELS = 4;
const SLOT_BITS = 6;
const SLOTS = 1 << SLOT_BITS;
const SLOT_MASK = SLOTS - 1;
/** Farther than this a row goes round once more. */
const HORIZON_SECONDS = SLOTS ** LEVELS - 1;

/** Orders rows by `table.whens`. */
export class TimerWheel {
  readonly #table: WaitingTable;
  /** List heads, level by level. */
  readonly #slots: Row[] = [];
  /** Rows that were late when they were added. */
  readonly #overdue: Row;
  /** Every second up to here has been handed out. */
  #nowSeconds: number;

  constructor(table: WaitingTable, nowSeconds: number) {
    this.#table = table;
    this.#nowSeconds = nowSeconds;
    this.#overdue = table.newList();
    for (let at = 0; at < LEVELS * SLOTS; at++) this.#slots.push(table.newList());
  }

  /** Sets the row's time; the row must be on no list. */
  add(row: Row, whenSeconds: number): void {
    this.#table.whens[row] = whenSeconds;
    this.#place(row, whenSeconds);
  }

  remove(row: Row): void {
    this.#table.unlink(row);
  }

  /** The second at which `advance` has something to do next; Infinity when nothing waits. */
  nextSeconds(): number {
    return this.#table.first(this.#overdue) === 0 ? this.#nextTurn() : this.#nowSeconds;
  }

  #nextTurn(): number {
    let soonest = Infinity;
    for (let level = 0; level < LEVELS; level++) {
      const shift = SLOT_BITS * level;
      const turn = this.#nowSeconds >>> shift;
      for (let ahead = 1; ahead <= SLOTS; ahead++) {
        if (this.#table.first(this.#slot(level, turn + ahead)) === 0) continue;
        soonest = Math.min(soonest, (turn + ahead) * 2 ** shift);
        break;
      }
    }
    return soonest;
  }

  /** Hands out every row that is due at `nowSeconds`; each is on no list when `onDue` gets it. */
  advance(nowSeconds: number, onDue: (row: Row) => void): void {
    this.#empty(this.#overdue, onDue);
    while (this.#nowSeconds < nowSeconds) {
      // Seconds in which nothing can happen are skipped.
      const next = this.#nextTurn();
      if (next > nowSeconds) {
        this.#nowSeconds = nowSeconds;
        return;
      }
      this.#nowSeconds = next;
      this.#turn(onDue);
    }
  }

  /** One second: slots of coarser levels that begin now are dealt out to finer ones. */
  #turn(onDue: (row: Row) => void): void {
    const now = this.#nowSeconds;
    for (let level = LEVELS - 1; level > 0; level--) {
      const shift = SLOT_BITS * level;
      if (now % 2 ** shift !== 0) continue;
      const slot = this.#slot(level, now >>> shift);
      for (let row = this.#table.first(slot); row !== 0; row = this.#table.first(slot)) {
        this.#table.unlink(row);
        const when = this.#table.whens[row]!;
        if (when <= now) onDue(row);
        else this.#place(row, when);
      }
    }
    this.#empty(this.#slot(0, now), onDue);
  }

  #empty(list: Row, onDue: (row: Row) => void): void {
    // Rows that `onDue` puts back as late wait for the next round.
    let left = 0;
    for (let row = this.#table.first(list); row !== 0; row = this.#table.after(list, row)) left++;
    for (; left > 0; left--) {
      const row = this.#table.first(list);
      if (row === 0) return;
      this.#table.unlink(row);
      onDue(row);
    }
  }

  #slot(level: number, turn: number): Row {
    return this.#slots[level * SLOTS + (turn & SLOT_MASK)]!;
  }

  #place(row: Row, whenSeconds: number): void {
    const ahead = whenSeconds - this.#nowSeconds;
    if (ahead <= 0) return this.#table.append(this.#overdue, row);
    const when = ahead > HORIZON_SECONDS ? this.#nowSeconds + HORIZON_SECONDS : whenSeconds;
    // The level is the coarsest digit in which the time differs from now.
    let level = 0;
    while (
      level < LEVELS - 1 &&
      Math.floor(when / SLOTS ** (level + 1)) !== Math.floor(this.#nowSeconds / SLOTS ** (level + 1))
    ) {
      level++;
    }
    this.#table.append(this.#slot(level, when >>> (SLOT_BITS * level)), row);
  }
}
