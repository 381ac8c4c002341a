// Where keys wait and how they become jobs: rows in the timer wheel, rows parked in front of a full lane, keys that are
// being read and routed. Invariant: a row is on one list, or in `#due`, or being read, or under way — never in two places.
import type { Clock, Timer } from '../../base/clock.ts';
import type { Log } from '../../base/log.ts';
import type { QueueArrival, QueueItem, QueueStore, WaitingEntry, WaitingRecipient } from '../../storage/queue-store.ts';
import type { Route, RoutePlan } from './route-plan.ts';
import { Job, openKey, type JobKey, type JobRecipient } from './job.ts';
import type { RelayClaims } from './claims.ts';
import type { KeptRoutes } from './kept-routes.ts';
import * as limits from './limits.ts';
import type { Lane } from './ready-queue.ts';
import { NO_PEER, type Decision, type Settling } from './settling.ts';
import type { Site } from './site.ts';
import type { Sites } from './sites.ts';
import { TimerWheel } from './timer-wheel.ts';
import { toSeconds, WaitingTable, type Row } from './waiting-table.ts';

export interface IntakeParts {
  readonly store: Pick<QueueStore, 'loadItems'>;
  readonly routes: KeptRoutes;
  readonly clock: Clock;
  readonly log: Log;
  readonly random: () => number;
  readonly settling: Settling;
  readonly sites: Sites;
  readonly claims: RelayClaims;
  readonly load: { recipients: number };
  /** Above this many recipients in memory, lanes hold only their least. */
  readonly readyRecipientsMax: number;
  /** Called when something was finished: `isIdle` may have become true. */
  readonly onQuiet: () => void;
}

export class Intake {
  readonly table = new WaitingTable();
  /** Keys that are being tried. */
  readonly underWay = new Map<Row, JobKey>();
  readonly #parts: IntakeParts;
  readonly #wheel: TimerWheel;
  /** Rows whose time has come and that are not being read yet. */
  readonly #due: Row;
  #reading = 0;
  #routing = 0;
  #timer: Timer | null = null;
  #timerAtMs = Infinity;
  #stopped = false;

  constructor(parts: IntakeParts) {
    this.#parts = parts;
    this.#wheel = new TimerWheel(this.table, Math.floor(parts.clock.now() / 1000));
    this.#due = this.table.newList();
  }

  /** Nothing happens until the clock moves or mail arrives. */
  get isIdle(): boolean {
    return this.table.first(this.#due) === 0 && this.#reading === 0 && this.#routing === 0;
  }

  stop(): void {
    this.#stopped = true;
    this.#timer?.cancel();
  }

  /** A key that waits already. `spreadMs`: what is overdue comes back over this long. */
  addWaiting(entry: WaitingEntry, spreadMs: number): void {
    if (this.table.find(entry.unitId, entry.domain) !== 0) return;
    const row = this.table.add(entry);
    this.table.setHeld(row, entry.held);
    const nowMs = this.#parts.clock.now();
    const overdue = entry.attempts > 0 && entry.nextAtMs <= nowMs;
    this.#wait(row, overdue ? nowMs + this.#parts.random() * spreadMs : entry.nextAtMs);
  }

  /** A message that has just been accepted: it goes out at once, from memory. */
  addArrival(arrival: QueueArrival): void {
    const { unitId, place, message } = arrival;
    for (const [domain, recipients] of byDomain(message.recipients)) {
      if (this.table.find(unitId, domain) !== 0) continue;
      const row = this.table.add({ unitId, domain, accountId: message.accountId, expiresAtMs: message.expiresAtMs });
      this.table.setHeld(row, message.held);
      if (message.held || message.notBeforeMs > this.#parts.clock.now()) this.#wait(row, message.notBeforeMs);
      // Another node may have tried it already: it is read again when it is ours.
      else if (!this.#parts.claims.hasDomain(domain)) this.table.append(this.#due, row);
      else this.#try(row, { unitId, domain, place, message, recipients, attempts: 0, delayReported: false });
    }
    if (this.#parts.claims.isShared) this.#readDue();
  }

  /** Keys that came or changed on another node. It tries them itself, unless it is gone. */
  addElsewhere(entries: readonly WaitingEntry[]): void {
    for (const entry of entries) {
      const row = this.table.find(entry.unitId, entry.domain);
      const soonMs = this.#parts.clock.now() + this.#claimWaitMs();
      if (row === 0) this.addWaiting({ ...entry, nextAtMs: Math.max(entry.nextAtMs, soonMs) }, 0);
      else {
        this.table.setHeld(row, entry.held);
        this.table.setExpiresAtMs(row, entry.expiresAtMs);
        this.reschedule(row, entry.nextAtMs);
      }
    }
  }

  #claimWaitMs(): number {
    return limits.CLAIM_WAIT_MS * (0.5 + this.#parts.random());
  }

  /** A key's attempt is over: it waits until `nextAtMs`, or has left the queue (null). */
  finish(key: JobKey, nextAtMs: number | null): void {
    this.underWay.delete(key.row);
    if (nextAtMs === null) this.table.free(key.row);
    else this.#wait(key.row, nextAtMs);
    if (this.isIdle) this.#parts.onQuiet();
  }

  /** Puts a row where its time is; held rows wait for their end. */
  #wait(row: Row, nextAtMs: number): void {
    const expiresAtMs = this.table.expiresAtMs(row);
    const atMs = this.table.isHeld(row) ? expiresAtMs : Math.min(nextAtMs, expiresAtMs);
    this.#wheel.add(row, toSeconds(atMs));
    this.#arm();
  }

  /** A command changed the row: wherever it waits, it waits until `nextAtMs` now. */
  reschedule(row: Row, nextAtMs: number): void {
    if (!this.table.isListed(row)) return;
    this.table.unlink(row);
    this.#wait(row, nextAtMs);
  }

  /** A command removed the key; a row that is being read is found missing by itself. */
  forget(row: Row): void {
    if (!this.table.isListed(row)) return;
    this.table.unlink(row);
    this.table.free(row);
  }

  #arm(): void {
    if (this.#stopped) return;
    const nextMs = this.#wheel.nextSeconds() * 1000;
    if (nextMs >= this.#timerAtMs) return;
    this.#timer?.cancel();
    this.#timerAtMs = nextMs;
    const delayMs = Math.max(0, nextMs - this.#parts.clock.now());
    this.#timer = this.#parts.clock.after(delayMs, () => {
      this.#timerAtMs = Infinity;
      this.#wheel.advance(Math.floor(this.#parts.clock.now() / 1000), (row) => this.table.append(this.#due, row));
      this.#arm();
      this.#readDue();
    });
  }

  /** Reads what is due, a bounded number of keys at a time. */
  #readDue(): void {
    while (this.table.first(this.#due) !== 0 && this.#reading < limits.LOADING_KEYS_MAX && !this.#stopped) {
      const rows: Row[] = [];
      while (rows.length < limits.LOAD_KEYS_MAX) {
        const row = this.table.first(this.#due);
        if (row === 0) break;
        this.table.unlink(row);
        if (!this.#leaveOutside(row)) rows.push(row);
      }
      if (rows.length > 0) void this.#read(rows);
    }
  }

  /** Spares the reading of a row whose lane is full or whose site rests. */
  #leaveOutside(row: Row): boolean {
    if (this.table.isHeld(row) || this.table.expiresAtMs(row) <= this.#parts.clock.now()) return false;
    const route = this.#parts.routes.known(this.table.domain(row));
    if (route?.kind !== 'hosts') return false;
    const accountId = this.table.accountId(row);
    const site = this.#parts.sites.known(route, accountId);
    if (site === undefined) return false;
    if (site.isResting) this.#wait(row, this.#afterRest(site));
    else {
      const lane = site.queue.lane(accountId);
      if (!this.#isFull(lane.recipients + lane.loading)) return false;
      this.#park(row, site, lane);
    }
    return true;
  }

  #afterRest(site: Site): number {
    return site.restUntilMs + this.#parts.random() * limits.SITE_REST_MIN_MS;
  }

  #isFull(laneRecipients: number): boolean {
    const { load, readyRecipientsMax } = this.#parts;
    return (
      laneRecipients >= (load.recipients < readyRecipientsMax ? limits.LANE_RECIPIENTS_MAX : limits.LANE_RECIPIENTS_MIN)
    );
  }

  #park(row: Row, site: Site, lane: Lane): void {
    if (lane.parked === 0) lane.parked = this.table.newList();
    this.table.append(lane.parked, row);
    site.parkedLanes.add(lane);
  }

  /** A lane has room again: rows that waited outside come in. */
  refill(site: Site): void {
    for (const lane of site.parkedLanes) {
      const there = lane.recipients + lane.loading;
      if (there > limits.LANE_RECIPIENTS_MAX / 2 || this.#isFull(there)) continue;
      const rows = this.#unpark(lane, Math.min(limits.LOAD_KEYS_MAX, limits.LANE_RECIPIENTS_MAX - there));
      if (this.table.first(lane.parked) === 0) this.#dropParked(site, lane);
      if (rows.length === 0) continue;
      lane.loading += rows.length;
      void this.#read(rows).then(() => (lane.loading -= rows.length));
    }
  }

  #unpark(lane: Lane, max: number): Row[] {
    const rows: Row[] = [];
    for (let row = this.table.first(lane.parked); row !== 0 && rows.length < max; row = this.table.first(lane.parked)) {
      this.table.unlink(row);
      rows.push(row);
    }
    return rows;
  }

  #dropParked(site: Site, lane: Lane): void {
    this.table.dropList(lane.parked);
    lane.parked = 0;
    site.parkedLanes.delete(lane);
  }

  /** The site rests: what was parked in front of it goes back to the wheel. */
  unparkAll(site: Site): void {
    for (const lane of site.parkedLanes) {
      for (const row of this.#unpark(lane, Infinity)) this.#wait(row, this.#afterRest(site));
      this.#dropParked(site, lane);
    }
  }

  /** Looks for expired keys among the parked rows; those in the wheel come by themselves. */
  expireParked(site: Site): void {
    const nowMs = this.#parts.clock.now();
    for (const lane of site.parkedLanes) {
      for (let row = this.table.first(lane.parked); row !== 0;) {
        const next = this.table.after(lane.parked, row);
        if (this.table.expiresAtMs(row) <= nowMs) {
          this.table.unlink(row);
          this.table.append(this.#due, row);
        }
        row = next;
      }
    }
    this.#readDue();
  }

  /** Takes the claims of these rows' domains; those whose claims are elsewhere wait. */
  async #claim(due: readonly Row[]): Promise<readonly Row[]> {
    const { claims } = this.#parts;
    if (!claims.isShared) return due;
    const taken = await claims.takeDomains([...new Set(due.map((row) => this.table.domain(row)))]);
    const nowMs = this.#parts.clock.now();
    return due.filter((row) => {
      if (taken.has(this.table.domain(row))) return true;
      this.#wait(row, nowMs + this.#claimWaitMs());
      return false;
    });
  }

  async #read(due: readonly Row[]): Promise<void> {
    this.#reading += due.length;
    const rows = await this.#claim(due);
    this.#reading -= due.length - rows.length;
    const keys = rows.map((row) => ({ unitId: this.table.unitId(row), domain: this.table.domain(row) }));
    let items: readonly QueueItem[] | null = null;
    try {
      items = rows.length === 0 ? [] : await this.#parts.store.loadItems(keys);
    } catch (error) {
      this.#parts.log.error({ error, keys: keys.length }, 'queued messages could not be read; trying again');
    }
    this.#reading -= rows.length;
    if (items === null) {
      const nowMs = this.#parts.clock.now();
      for (const row of rows) this.#wait(row, nowMs + limits.SITE_REST_MIN_MS);
    } else this.#tryAll(rows, items);
    this.#readDue();
    if (this.isIdle) this.#parts.onQuiet();
  }

  #tryAll(rows: readonly Row[], items: readonly QueueItem[]): void {
    const missing = new Set(rows);
    for (const item of items) {
      const row = this.table.find(item.unitId, item.domain);
      if (!missing.delete(row)) continue;
      if (!this.#waitsAsPlanned(row, item)) this.#try(row, item);
    }
    // Settled or removed meanwhile.
    for (const row of missing) this.table.free(row);
  }

  /** Another node may have put it off, or held it. */
  #waitsAsPlanned(row: Row, { plan }: QueueItem): boolean {
    if (!this.#parts.claims.isShared || plan === undefined) return false;
    this.table.setHeld(row, plan.held);
    this.table.setExpiresAtMs(row, plan.expiresAtMs);
    if (!plan.held && plan.nextAtMs <= this.#parts.clock.now()) return false;
    this.#wait(row, plan.nextAtMs);
    return true;
  }

  #try(row: Row, item: QueueItem): void {
    const { deliverBy } = item.message;
    const nowMs = this.#parts.clock.now();
    const ownMs = this.table.expiresAtMs(row);
    const expiresAtMs = deliverBy?.mode === 'R' ? Math.min(ownMs, deliverBy.atMs) : ownMs;
    const key = openKey(row, item, expiresAtMs);
    const todo = item.recipients.map((recipient): JobRecipient => ({ key, recipient, unsentRounds: 0 }));
    this.underWay.set(row, key);
    const job = new Job(item, todo);
    if (expiresAtMs <= nowMs) return this.expire(job, job.take(job.left));
    if (this.table.isHeld(row)) {
      key.withdrawn = 'hold';
      return this.#parts.settling.release(job, job.take(job.left));
    }
    const route = this.#parts.routes.known(item.domain);
    if (route === null) void this.#route(job, key);
    else this.#follow(job, key, route);
  }

  async #route(job: Job, key: JobKey): Promise<void> {
    this.#routing++;
    const route = await this.#parts.routes.find(key.domain);
    this.#routing--;
    this.#follow(job, key, route);
    if (this.isIdle) this.#parts.onQuiet();
  }

  #follow(job: Job, key: JobKey, route: Route): void {
    if (key.withdrawn !== null) return this.#parts.settling.release(job, job.take(job.left));
    if (route.kind === 'hosts') return this.#toSite(job, key, route);
    const decision: Decision = { kind: route.kind, enhanced: route.enhanced, text: route.text, isReply: false };
    const outcomes = job.take(job.left).map((target) => ({ target, decision }));
    this.#parts.settling.decide(job, outcomes, NO_PEER);
  }

  #toSite(job: Job, key: JobKey, plan: RoutePlan): void {
    if (!this.#parts.claims.hasSite(plan)) {
      void this.#claimSite(job, key, plan);
      return undefined;
    }
    const site = this.#parts.sites.siteFor(plan, job.message);
    if (site.isResting) {
      key.withdrawn = 'wait';
      key.notBeforeMs = this.#afterRest(site);
      return this.#parts.settling.release(job, job.take(job.left));
    }
    const lane = site.queue.lane(job.tenant);
    if (!this.#isFull(lane.recipients)) return site.push(job);
    this.underWay.delete(key.row);
    this.#park(key.row, site, lane);
    return undefined;
  }

  async #claimSite(job: Job, key: JobKey, plan: RoutePlan): Promise<void> {
    this.#routing++;
    const isOurs = await this.#parts.claims.takeSite(plan);
    this.#routing--;
    if (isOurs && key.withdrawn === null && this.#parts.claims.hasDomain(key.domain)) this.#toSite(job, key, plan);
    else {
      key.withdrawn ??= 'wait';
      key.notBeforeMs = this.#parts.clock.now() + this.#claimWaitMs();
      this.#parts.settling.release(job, job.take(job.left));
    }
    if (this.isIdle) this.#parts.onQuiet();
  }

  /** Their time is over (RFC 5321 §4.5.4.1): they leave the queue, and the sender is told. */
  expire(job: Job, recipients: readonly JobRecipient[]): void {
    const { deliverBy } = job.message;
    const nowMs = this.#parts.clock.now();
    const late = deliverBy?.mode === 'R' && deliverBy.atMs <= nowMs;
    const decisions = new Map<string | null, Decision>();
    const outcomes = recipients.map((target) => {
      const last = target.recipient.lastReply;
      let decision = decisions.get(last);
      if (decision === undefined) decisions.set(last, (decision = expiredBy(last, late)));
      return { target, decision };
    });
    this.#parts.settling.decide(job, outcomes, NO_PEER);
  }
}

function expiredBy(lastReply: string | null, late: boolean): Decision {
  const what = late ? 'the time that the sender set is over' : 'it could not be delivered for too long';
  const text = lastReply === null ? what : `${what}; last: ${lastReply}`;
  return { kind: 'expired', enhanced: late ? '5.4.7' : '4.4.7', text, isReply: false };
}

function byDomain(recipients: QueueArrival['message']['recipients']): Map<string, WaitingRecipient[]> {
  const groups = new Map<string, WaitingRecipient[]>();
  for (const [number, recipient] of recipients.entries()) {
    const waiting = { ...recipient, number, lastReply: null };
    const group = groups.get(recipient.domain);
    if (group === undefined) groups.set(recipient.domain, [waiting]);
    else group.push(waiting);
  }
  return groups;
}
