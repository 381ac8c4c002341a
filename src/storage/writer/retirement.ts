// When the files of dropped segments may go: every thread that had a store when they were dropped has let go of them,
// and no backup is under way.

interface Waiting<C> {
  readonly epoch: number;
  /** Who has not let go yet. */
  readonly threads: Set<C>;
  readonly answer: () => void;
}

/** Keeps count for the writer; `C` stands for a thread. */
export class Retirement<C> {
  #epoch = 0;
  #waiting: Waiting<C>[] = [];
  readonly #pins = new Set<C>();

  /** Starts an epoch: `answer` is called when `threads` have let go and nothing is pinned. */
  begin(threads: Iterable<C>, answer: () => void): number {
    this.#epoch++;
    this.#waiting.push({ epoch: this.#epoch, threads: new Set(threads), answer });
    return this.#epoch;
  }

  /** `thread` has let go of that epoch's segments. */
  letGo(thread: C, epoch: number): void {
    this.#waiting.find((waiting) => waiting.epoch === epoch)?.threads.delete(thread);
    this.answerReady();
  }

  pin(thread: C): void {
    this.#pins.add(thread);
  }

  unpin(thread: C): void {
    this.#pins.delete(thread);
    this.answerReady();
  }

  /** The thread is gone and with it its files and pins. */
  forget(thread: C): void {
    this.#pins.delete(thread);
    for (const waiting of this.#waiting) waiting.threads.delete(thread);
    this.answerReady();
  }

  /** Answers what has become ready. */
  answerReady(): void {
    if (this.#pins.size > 0) return;
    const ready = this.#waiting.filter((waiting) => waiting.threads.size === 0);
    this.#waiting = this.#waiting.filter((waiting) => waiting.threads.size > 0);
    for (const waiting of ready) waiting.answer();
  }
}
