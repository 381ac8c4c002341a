// At most so many at a time, the others in line in the order of their coming, the line bounded too.
import type { Clock } from '../clock.ts';

export type Admission = 'admitted' | 'full' | 'late';

/** A counting gate; who was `admitted` must `leave`. */
export class QueryGate {
  readonly #clock: Clock;
  readonly #insideMax: number;
  readonly #waitingMax: number;
  readonly #waiting = new Set<() => void>();
  #inside = 0;

  constructor(clock: Clock, limits: { insideMax: number; waitingMax: number }) {
    this.#clock = clock;
    this.#insideMax = limits.insideMax;
    this.#waitingMax = limits.waitingMax;
  }

  /** Waits for a place, at most `patienceMs`. */
  enter(patienceMs: number): Promise<Admission> {
    if (this.#inside < this.#insideMax) {
      this.#inside++;
      return Promise.resolve('admitted');
    }
    if (this.#waiting.size >= this.#waitingMax) return Promise.resolve('full');
    return new Promise((resolve) => {
      const admit = (): void => {
        timer.cancel();
        resolve('admitted');
      };
      const timer = this.#clock.after(patienceMs, () => {
        this.#waiting.delete(admit);
        resolve('late');
      });
      this.#waiting.add(admit);
    });
  }

  /** Gives the place to the next in line. */
  leave(): void {
    const next = this.#waiting.values().next();
    if (next.done === true) {
      this.#inside--;
      return;
    }
    this.#waiting.delete(next.value);
    next.value();
  }
}
