// How many connections a site gets: it starts small, a whole cohort of successes adds one, a failure takes one away and
// goes on doing so once a cohort (1/N feedback with hysteresis, as Postfix found it to lose least against a server that
// answers 421 above its limit).
import { SITE_CONNECTIONS_MAX, SITE_CONNECTIONS_START } from './limits.ts';

export class Concurrency {
  #limit: number = SITE_CONNECTIONS_START;
  #successes = 0;
  #failures = 0;
  readonly #max: number;

  constructor(max: number = SITE_CONNECTIONS_MAX) {
    this.#max = max;
    this.#limit = Math.min(this.#limit, max);
  }

  get limit(): number {
    return this.#limit;
  }

  onSuccess(): void {
    this.#failures = 0;
    this.#successes += 1 / this.#limit;
    if (this.#successes < 1) return;
    this.#successes = 0;
    this.#limit = Math.min(this.#max, this.#limit + 1);
  }

  onFailure(): void {
    this.#successes = 0;
    if (this.#failures === 0) this.#limit = Math.max(1, this.#limit - 1);
    this.#failures += 1 / this.#limit;
    if (this.#failures >= 1) this.#failures = 0;
  }

  /** Nobody answers: the next try goes alone. */
  reset(): void {
    this.#limit = 1;
    this.#successes = 0;
    this.#failures = 0;
  }
}
