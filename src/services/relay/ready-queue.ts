// What one site has to send now: a lane for each tenant, higher priorities first inside a lane, and deficit round robin
// between the lanes, so that a tenant with a million letters does not keep another one's single letter waiting.
import type { Job, JobRecipient } from './job.ts';
import type { Row } from './waiting-table.ts';

/** What a lane may send in its turn, in recipients. */
const QUANTUM = 20;
/** Octets that weigh as much as a recipient. */
const OCTETS_PER_COST = 32_768;
const NO_TENANT = -1;

/** First in, first out, without moving what is behind. */
class Fifo<T> {
  #items: T[] = [];
  #from = 0;

  get size(): number {
    return this.#items.length - this.#from;
  }

  get first(): T | undefined {
    return this.#items[this.#from];
  }

  push(item: T): void {
    this.#items.push(item);
  }

  unshift(item: T): void {
    if (this.#from > 0) this.#items[--this.#from] = item;
    else this.#items.unshift(item);
  }

  shift(): void {
    this.#from++;
    if (this.#from * 2 < this.#items.length) return;
    this.#items = this.#items.slice(this.#from);
    this.#from = 0;
  }

  remove(item: T): void {
    this.#items = this.#items.slice(this.#from).filter((one) => one !== item);
    this.#from = 0;
  }

  *[Symbol.iterator](): Iterator<T> {
    for (let at = this.#from; at < this.#items.length; at++) yield this.#items[at]!;
  }
}

/** One tenant's part of a site. */
export class Lane {
  readonly tenant: number;
  /** Recipients in memory. */
  recipients = 0;
  /** List of rows that wait outside, in the waiting table; 0: none was made. */
  parked: Row = 0;
  /** Rows of this lane that are being read. */
  loading = 0;
  deficit = 0;
  readonly #jobs = new Map<number, Fifo<Job>>();
  #priorities: number[] = [];

  constructor(tenant: number) {
    this.tenant = tenant;
  }

  get first(): Job | undefined {
    for (const priority of this.#priorities) {
      const job = this.#jobs.get(priority)!.first;
      if (job !== undefined) return job;
    }
    return undefined;
  }

  push(job: Job): void {
    this.#fifo(job.priority).push(job);
  }

  unshift(job: Job): void {
    this.#fifo(job.priority).unshift(job);
  }

  /** Takes out a job that has nothing left. */
  drop(job: Job): void {
    const fifo = this.#fifo(job.priority);
    if (fifo.first === job) fifo.shift();
    else fifo.remove(job);
    if (fifo.size > 0) return;
    this.#jobs.delete(job.priority);
    this.#priorities = this.#priorities.filter((priority) => priority !== job.priority);
  }

  #fifo(priority: number): Fifo<Job> {
    let fifo = this.#jobs.get(priority);
    if (fifo === undefined) {
      fifo = new Fifo();
      this.#jobs.set(priority, fifo);
      this.#priorities = [...this.#jobs.keys()].toSorted((a, b) => b - a);
    }
    return fifo;
  }
}

export interface Portion {
  readonly job: Job;
  readonly recipients: JobRecipient[];
}

/** The ready queue of one site. */
export class ReadyQueue {
  readonly #lanes = new Map<number, Lane>();
  /** Lanes with something to send, in turn. */
  #turns: Lane[] = [];
  #turn = 0;
  readonly #jobs = new Map<number, Job>();
  readonly #load: { recipients: number };

  /** `load` counts the recipients of all queues together. */
  constructor(load: { recipients: number }) {
    this.#load = load;
  }

  /** Messages that have something left to send. */
  get jobs(): number {
    return this.#jobs.size;
  }

  lane(accountId: number | null): Lane {
    const tenant = accountId ?? NO_TENANT;
    let lane = this.#lanes.get(tenant);
    if (lane === undefined) {
      lane = new Lane(tenant);
      this.#lanes.set(tenant, lane);
    }
    return lane;
  }

  /** Lanes that have something, in memory or outside. */
  get lanes(): number {
    return this.#lanes.size;
  }

  push(job: Job): void {
    const lane = this.lane(job.tenant);
    lane.recipients += job.left;
    this.#load.recipients += job.left;
    const same = this.#jobs.get(job.unitId);
    if (same !== undefined) return same.absorb(job);
    this.#jobs.set(job.unitId, job);
    if (lane.first === undefined) this.#turns.push(lane);
    lane.push(job);
  }

  /** Recipients come back and go first. */
  putBack(job: Job, recipients: JobRecipient[]): void {
    const lane = this.lane(job.tenant);
    lane.recipients += recipients.length;
    this.#load.recipients += recipients.length;
    const same = this.#jobs.get(job.unitId);
    if (same !== undefined) return same.putBack(recipients);
    job.putBack(recipients);
    this.#jobs.set(job.unitId, job);
    if (lane.first === undefined) this.#turns.push(lane);
    lane.unshift(job);
  }

  /** The job and recipients whose turn it is, at most `max` of them; null when nothing is ready. */
  next(max: number): Portion | null {
    const lane = this.#nextLane();
    if (lane === null) return null;
    const job = lane.first!;
    const recipients = job.take(max);
    lane.deficit -= recipients.length + Math.floor(job.place.length / OCTETS_PER_COST);
    this.#left(lane, job, recipients.length);
    return { job, recipients };
  }

  /** Takes recipients out wherever they are. */
  withdraw(fits: (recipient: JobRecipient) => boolean): Portion[] {
    const portions: Portion[] = [];
    for (const job of this.#jobs.values()) {
      const recipients = job.withdraw(fits);
      if (recipients.length === 0) continue;
      portions.push({ job, recipients });
      this.#left(this.lane(job.tenant), job, recipients.length);
    }
    return portions;
  }

  #left(lane: Lane, job: Job, count: number): void {
    lane.recipients -= count;
    this.#load.recipients -= count;
    if (job.left > 0) return;
    this.#jobs.delete(job.unitId);
    lane.drop(job);
    if (lane.first !== undefined) return;
    lane.deficit = 0;
    const at = this.#turns.indexOf(lane);
    this.#turns.splice(at, 1);
    if (at < this.#turn) this.#turn--;
    if (lane.parked === 0 && lane.loading === 0) this.#lanes.delete(lane.tenant);
  }

  #nextLane(): Lane | null {
    if (this.#turns.length === 0) return null;
    if (this.#turns.length === 1) {
      this.#turns[0]!.deficit = 0;
      return this.#turns[0]!;
    }
    for (;;) {
      const lane = this.#turns[this.#turn % this.#turns.length]!;
      if (lane.deficit > 0) return lane;
      lane.deficit += QUANTUM;
      this.#turn = (this.#turn + 1) % this.#turns.length;
    }
  }
}
