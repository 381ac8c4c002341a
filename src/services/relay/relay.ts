// The queue runner, one per process: takes what waits and what has just been accepted, brings it to the next hops, and
// writes down what became of it. See docs/design/queue.md.
import type { Clock, Timer } from '../../base/clock.ts';
import type { Log } from '../../base/log.ts';
import type { QueueCommand, QueueKey, QueueSelection, QueueStore } from '../../storage/queue-store.ts';
import type { Reports } from '../bounces/reports.ts';
import { AddressHealth } from './address-health.ts';
import { Intake } from './intake.ts';
import { RelayClaims } from './claims.ts';
import type { JobKey } from './job.ts';
import { KeptRoutes } from './kept-routes.ts';
import { Ledger } from './ledger.ts';
import * as limits from './limits.ts';
import type { OpenClient } from './opening.ts';
import { applyCommand } from './queue-commands.ts';
import { DEFAULT_SCHEDULE, type RetrySchedule } from './retry-schedule.ts';
import { Settling, type RelayCounts } from './settling.ts';
import type { RouteFinder } from './route-plan.ts';
import type { Site } from './site.ts';
import { Sites } from './sites.ts';
import type { RelaySource } from './source.ts';

export interface RelayParts {
  readonly store: QueueStore;
  readonly routes: RouteFinder;
  readonly reports: Reports;
  readonly open: OpenClient;
  readonly clock: Clock;
  readonly log: Log;
  /** In [0, 1): jitter. */
  readonly random: () => number;
}

export interface RelayOptions {
  /** At least one. */
  readonly sources: readonly RelaySource[];
  readonly siteConnectionsMax?: number;
  readonly totalConnectionsMax?: number;
  readonly readyRecipientsMax?: number;
  /** Default: DEFAULT_SCHEDULE. */
  readonly schedule?: RetrySchedule;
}

export interface RelayLoad {
  /** Keys, wherever they wait. */
  readonly waiting: number;
  /** Octets that the waiting rows take. */
  readonly waitingOctets: number;
  readonly underWay: number;
  /** Recipients in memory. */
  readonly ready: number;
  readonly connections: number;
  readonly sites: number;
}

export class Relay {
  readonly #parts: RelayParts;
  readonly #ledger: Ledger;
  readonly #settling: Settling;
  readonly #intake: Intake;
  readonly #sites: Sites;
  readonly #claims: RelayClaims;
  readonly #load = { recipients: 0 };
  readonly #stopping = new AbortController();
  #running = false;
  /** A site could not go on because too much is still to be written. */
  #heldUp = false;
  #unsubscribe: (() => void) | null = null;
  #sweep: Timer | null = null;
  #claimUse: Timer | null = null;
  #quiet: (() => void)[] = [];

  constructor(parts: RelayParts, options: RelayOptions) {
    this.#parts = parts;
    const { store, clock, log, random, open } = parts;
    this.#ledger = new Ledger({ store, clock, log, onWritten: () => this.#onWritten() });
    const onFinished = (key: JobKey, nextAtMs: number | null): void => this.#intake.finish(key, nextAtMs);
    const { schedule = DEFAULT_SCHEDULE } = options;
    const settling = new Settling({
      ledger: this.#ledger,
      reports: parts.reports,
      clock,
      random,
      schedule,
      onFinished,
    });
    this.#settling = settling;
    const claims = new RelayClaims(store.claims, log);
    this.#claims = claims;
    claims.onLost((lost) => {
      for (const site of this.#sites) site.withdrawLost(lost);
    });
    this.#sites = new Sites({
      store,
      clock,
      log,
      open,
      settling,
      claims,
      load: this.#load,
      signal: this.#stopping.signal,
      health: new AddressHealth(),
      sources: options.sources,
      connectionsMax: options.siteConnectionsMax ?? limits.SITE_CONNECTIONS_MAX,
      totalConnectionsMax: options.totalConnectionsMax ?? limits.CONNECTIONS_MAX,
      mayRun: () => this.#mayRun(),
      onRoom: (site) => this.#onRoom(site),
      onRest: (site) => this.#intake.unparkAll(site),
      onQuiet: () => this.#onQuiet(),
    });
    const routes = new KeptRoutes(parts.routes, clock);
    const sites = this.#sites;
    const onQuiet = (): void => this.#onQuiet();
    const readyRecipientsMax = options.readyRecipientsMax ?? limits.READY_RECIPIENTS_MAX;
    const load = this.#load;
    const intake = { store, routes, clock, log, random, settling, sites, claims, load, readyRecipientsMax, onQuiet };
    this.#intake = new Intake(intake);
  }

  /** Reads what waits and begins; resolves when everything that waits is known. */
  async start(): Promise<void> {
    this.#running = true;
    this.#armSweep();
    this.#armClaimUse();
    // Only then read: a message that is committed in between must be in one of the two.
    const unsubscribe = await this.#parts.store.onArrivals((arrivals) => {
      for (const arrival of arrivals) this.#intake.addArrival(arrival);
    });
    const unsubscribeElsewhere = this.#parts.store.onElsewhere((entries) => this.#intake.addElsewhere(entries));
    this.#unsubscribe = () => {
      unsubscribe();
      unsubscribeElsewhere();
    };
    if (this.#stopping.signal.aborted) return this.#unsubscribe();
    let after: QueueKey | null = null;
    for (;;) {
      const page: Awaited<ReturnType<QueueStore['loadWaiting']>> = await this.#parts.store.loadWaiting(
        after,
        limits.START_PAGE_ROWS,
      );
      for (const entry of page) this.#intake.addWaiting(entry, limits.START_SPREAD_MS);
      after = page.at(-1) ?? null;
      if (page.length < limits.START_PAGE_ROWS) return;
    }
  }

  /** Sends nothing new, waits a while for what is under way, breaks off the rest; outcomes are written before it resolves. */
  async stop(): Promise<void> {
    this.#running = false;
    this.#stopping.abort();
    this.#unsubscribe?.();
    this.#intake.stop();
    this.#sweep?.cancel();
    const grace = this.#parts.clock.after(limits.STOP_GRACE_MS, () => this.#sites.breakOff());
    await this.#until(() => {
      this.#sites.closeIdle();
      return this.#sites.connections === 0 && this.#ledger.isIdle;
    });
    grace.cancel();
    this.#claimUse?.cancel();
    await this.#claims.releaseAll();
  }

  /** Resolves when nothing more happens until the clock moves or mail arrives. */
  idle(): Promise<void> {
    return this.#until(() => this.#intake.isIdle && this.#ledger.isIdle && !this.#sites.isBusy);
  }

  get load(): RelayLoad {
    const { table, underWay } = this.#intake;
    return {
      waiting: table.size,
      waitingOctets: table.octets,
      underWay: underWay.size,
      ready: this.#load.recipients,
      connections: this.#sites.connections,
      sites: this.#sites.size,
    };
  }

  /** Recipients by what became of them, since the start; deferred ones count at every attempt. */
  get counts(): RelayCounts {
    return this.#settling.counts;
  }

  /** Applies a command to part of the queue; resolves with the number of keys that it changed. */
  async command(command: QueueCommand, selection: QueueSelection): Promise<number> {
    const { store, clock } = this.#parts;
    const options = { limit: limits.COMMAND_ENTRIES_MAX, nowMs: clock.now() };
    // First, or what is to be tried finds its site at rest and waits again.
    if (command === 'retry') this.#sites.wakeAll();
    let changed = 0;
    for (;;) {
      const entries = await store.command(command, selection, options);
      applyCommand(command, entries, { intake: this.#intake, sites: this.#sites, settling: this.#settling });
      changed += entries.length;
      if (entries.length < limits.COMMAND_ENTRIES_MAX) break;
    }
    if (command === 'expire') this.#expire();
    return changed;
  }

  /** Keeps the claims of what is under way: a slow peer must not make them look unused. */
  #armClaimUse(): void {
    if (!this.#claims.isShared) return;
    this.#claimUse = this.#parts.clock.after(limits.CLAIM_USE_MS, () => {
      for (const site of this.#sites) site.useClaim();
      for (const key of this.#intake.underWay.values()) this.#claims.hasDomain(key.domain);
      this.#armClaimUse();
    });
  }

  #onRoom(site: Site): void {
    if (site.parkedLanes.size > 0) this.#intake.refill(site);
  }

  #mayRun(): boolean {
    if (this.#ledger.isFull) this.#heldUp = true;
    return this.#running && !this.#ledger.isFull;
  }

  #onWritten(): void {
    // Sites go on by themselves but for what held them up: the ledger, or a claim that another node had.
    if (!this.#ledger.isFull && (this.#heldUp || this.#claims.isShared)) {
      this.#heldUp = false;
      this.#sites.dispatchAll();
    }
    this.#onQuiet();
  }

  #armSweep(): void {
    this.#sweep = this.#parts.clock.after(limits.EXPIRY_SWEEP_MS, () => {
      this.#expire();
      this.#sites.forgetIdle();
      this.#armSweep();
    });
  }

  /** What is in memory expires too: in ready queues, and parked in front of them. */
  #expire(): void {
    const nowMs = this.#parts.clock.now();
    for (const site of this.#sites) {
      for (const { job, recipients } of site.queue.withdraw(({ key }) => key.expiresAtMs <= nowMs)) {
        this.#intake.expire(job, recipients);
      }
      if (site.parkedLanes.size === 0) continue;
      this.#intake.expireParked(site);
      // Lanes of other sites may have used the room that this one waits for.
      this.#intake.refill(site);
    }
  }

  async #until(condition: () => boolean): Promise<void> {
    while (!condition()) await new Promise<void>((resolve) => this.#quiet.push(resolve));
  }

  #onQuiet(): void {
    if (this.#quiet.length === 0) return;
    const waiting = this.#quiet;
    this.#quiet = [];
    for (const resolve of waiting) resolve();
  }
}
