// Routes that were found moments ago, and those being found, so that a thousand letters to a domain ask once.
import type { Clock } from '../../base/clock.ts';
import type { Route, RouteFinder } from './route-plan.ts';
import { ROUTE_KEPT_MS, ROUTES_KEPT_MAX } from './limits.ts';

interface Kept {
  readonly route: Route | Promise<Route>;
  readonly untilMs: number;
}

export class KeptRoutes {
  readonly #finder: RouteFinder;
  readonly #clock: Clock;
  readonly #kept = new Map<string, Kept>();

  constructor(finder: RouteFinder, clock: Clock) {
    this.#finder = finder;
    this.#clock = clock;
  }

  get size(): number {
    return this.#kept.size;
  }

  /** The route where it is known; null when it has to be found. */
  known(domain: string): Route | null {
    const kept = this.#kept.get(domain);
    if (kept === undefined || kept.route instanceof Promise) return null;
    return kept.untilMs > this.#clock.now() ? kept.route : null;
  }

  /** Finds the route; asks once however often it is called meanwhile. */
  find(domain: string): Promise<Route> {
    const known = this.known(domain);
    if (known !== null) return Promise.resolve(known);
    const kept = this.#kept.get(domain);
    if (kept?.route instanceof Promise) return kept.route;
    const finding = this.#finder.findRoute(domain).then((route) => {
      this.#keep(domain, { route, untilMs: this.#clock.now() + ROUTE_KEPT_MS });
      return route;
    });
    this.#keep(domain, { route: finding, untilMs: Infinity });
    return finding;
  }

  #keep(domain: string, kept: Kept): void {
    this.#kept.delete(domain);
    this.#kept.set(domain, kept);
    if (this.#kept.size <= ROUTES_KEPT_MAX) return;
    for (const [oldest] of this.#kept) {
      this.#kept.delete(oldest);
      break;
    }
  }
}
