// All sites: finds the one for a route, shares out the connections of the process, sweeps up what is idle.
import { createHash } from 'node:crypto';
import type { Timer } from '../../base/clock.ts';
import type { RoutePlan } from './route-plan.ts';
import type { JobMessage } from './job.ts';
import { CONNECTION_IDLE_MAX_MS, IDLE_CONNECTIONS_MAX } from './limits.ts';
import { Site, type SiteParts } from './site.ts';
import { sourceOf, type RelaySource } from './source.ts';

export interface SitesParts extends Omit<SiteParts, 'takePlace' | 'givePlace' | 'mayIdle' | 'onIdle'> {
  readonly sources: readonly RelaySource[];
  readonly totalConnectionsMax: number;
}

export class Sites {
  readonly #parts: SitesParts;
  readonly #siteParts: SiteParts;
  readonly #sites = new Map<string, Site>();
  /** Sites that wait for a connection of the process, first come first. */
  readonly #starved = new Set<Site>();
  /** Sites that have, or had, an idle connection, the longest idle first. */
  readonly #withIdle = new Set<Site>();
  readonly #placesMax: number;
  #places = 0;
  #sweep: Timer | null = null;

  constructor(parts: SitesParts) {
    this.#parts = parts;
    this.#placesMax = parts.totalConnectionsMax;
    this.#siteParts = {
      ...parts,
      takePlace: (site) => this.#takePlace(site),
      givePlace: () => this.#givePlace(),
      mayIdle: () => this.#places <= IDLE_CONNECTIONS_MAX,
      onIdle: (site) => this.#onIdle(site),
    };
  }

  get connections(): number {
    return this.#places;
  }

  /** Something is under way on the network. */
  get isBusy(): boolean {
    for (const site of this.#sites.values()) if (site.isBusy) return true;
    return false;
  }

  get size(): number {
    return this.#sites.size;
  }

  [Symbol.iterator](): IterableIterator<Site> {
    return this.#sites.values();
  }

  /** The site for a message on this route (RFC 8689: REQUIRETLS has connections of its own). */
  siteFor(route: RoutePlan, message: JobMessage): Site {
    const source = sourceOf(this.#parts.sources, message.accountId);
    const plan: RoutePlan = message.requiretls && route.tls !== 'required' ? { ...route, tls: 'required' } : route;
    const key = this.#keyOf(plan, source);
    let site = this.#sites.get(key);
    if (site === undefined) {
      site = new Site(key, { plan, source }, this.#siteParts);
      this.#sites.set(key, site);
    } else site.update(plan);
    return site;
  }

  /** The site as far as it exists, without a message at hand. */
  known(route: RoutePlan, accountId: number | null): Site | undefined {
    return this.#sites.get(this.#keyOf(route, sourceOf(this.#parts.sources, accountId)));
  }

  dispatchAll(): void {
    for (const site of this.#sites.values()) if (site.queue.jobs > 0) site.dispatch();
  }

  wakeAll(): void {
    for (const site of this.#sites.values()) site.wake();
  }

  /** Leaves the idle connections at once and breaks off what is under way. */
  breakOff(): void {
    for (const site of this.#sites.values()) site.breakOff();
  }

  closeIdle(): void {
    for (const site of this.#sites.values()) site.closeIdle(true);
  }

  /** Sites with nothing to do are made anew when they are needed. */
  forgetIdle(): void {
    for (const [key, site] of this.#sites) {
      if (!site.isIdle || site.isResting) continue;
      this.#sites.delete(key);
      this.#withIdle.delete(site);
    }
  }

  #keyOf(plan: RoutePlan, source: RelaySource): string {
    const { site, tls, protocol, implicitTls } = plan;
    const key = `${source.heloName} ${protocol}${implicitTls ? 's' : ''} ${tls} ${site}`;
    return key.length <= 200 ? key : createHash('sha256').update(key).digest('base64');
  }

  #takePlace(site: Site): boolean {
    if (this.#places >= this.#placesMax) this.#closeOneIdle(site);
    if (this.#places >= this.#placesMax) {
      this.#starved.add(site);
      return false;
    }
    this.#places++;
    if (this.#sweep === null) this.#armSweep();
    return true;
  }

  #givePlace(): void {
    this.#places--;
    this.#parts.onQuiet();
    for (const site of this.#starved) {
      this.#starved.delete(site);
      site.dispatch();
      if (this.#places >= this.#placesMax) return;
    }
  }

  #onIdle(site: Site): void {
    if (this.#starved.size > 0) {
      site.closeIdle(true);
      return;
    }
    this.#withIdle.delete(site);
    this.#withIdle.add(site);
  }

  #closeOneIdle(except: Site): void {
    for (const site of this.#withIdle) {
      if (site === except) continue;
      this.#withIdle.delete(site);
      site.closeIdle(true);
      if (this.#places < this.#placesMax) return;
    }
  }

  #sweepIdle(): void {
    this.#sweep = null;
    for (const site of this.#withIdle) if (!site.closeIdle(false)) this.#withIdle.delete(site);
    if (this.#places > 0 && this.#sweep === null) this.#armSweep();
  }

  #armSweep(): void {
    this.#sweep = this.#parts.clock.after(CONNECTION_IDLE_MAX_MS, () => this.#sweepIdle());
  }
}
