// One site: the hosts that serve the same domains, asked from the same source with the same TLS policy. Owns its ready
// queue and its connections. Invariant: every recipient taken from the queue ends in `decide` or comes back to it.
import type { Clock } from '../../base/clock.ts';
import type { Log } from '../../base/log.ts';
import type { RecipientOutcome, SmtpClientConnection, TransactionResult } from '../../protocols/smtp/index.ts';
import type { QueueStore } from '../../storage/queue-store.ts';
import type { RoutePlan } from './route-plan.ts';
import type { AddressHealth } from './address-health.ts';
import { clientMessage, jobBody } from './client-message.ts';
import { Concurrency } from './concurrency.ts';
import type { LostClaims, RelayClaims } from './claims.ts';
import type { Job, JobRecipient } from './job.ts';
import * as limits from './limits.ts';
import { openToSite, type OpenClient, type OpeningFailure } from './opening.ts';
import { ReadyQueue, type Lane } from './ready-queue.ts';
import { NO_PEER, type Decided, type Decision, type Settling } from './settling.ts';
import type { RelaySource } from './source.ts';

/** What all sites share. */
export interface SiteParts {
  readonly store: Pick<QueueStore, 'readBody'>;
  readonly clock: Clock;
  readonly log: Log;
  readonly open: OpenClient;
  /** Aborted: we are stopping. */
  readonly signal: AbortSignal;
  readonly health: AddressHealth;
  readonly settling: Settling;
  readonly connectionsMax: number;
  /** Recipients in memory, all sites together. */
  readonly load: { recipients: number };
  /** Whether new transactions may begin. */
  readonly mayRun: () => boolean;
  /** One of the site's connections has nothing to do: another site may need its place. */
  readonly onIdle: (site: Site) => void;
  readonly claims: RelayClaims;
  /** A place among all connections; false: wait, `dispatch` is called when there is one. */
  readonly takePlace: (site: Site) => boolean;
  readonly givePlace: () => void;
  /** Whether a connection without work may stay open for a while. */
  readonly mayIdle: () => boolean;
  /** Something left the ready queue: there may be room for what waits outside. */
  readonly onRoom: (site: Site) => void;
  /** No address answers: what waits outside goes back to the wheel. */
  readonly onRest: (site: Site) => void;
  /** Something ended. */
  readonly onQuiet: () => void;
}

interface Channel {
  readonly connection: SmtpClientConnection;
  readonly openedAtMs: number;
  sent: number;
  busy: number;
  idleSinceMs: number;
}

export class Site {
  readonly key: string;
  readonly source: RelaySource;
  readonly queue: ReadyQueue;
  /** Lanes with rows that wait outside. */
  readonly parkedLanes = new Set<Lane>();
  readonly #parts: SiteParts;
  readonly #channels = new Set<Channel>();
  readonly #concurrency: Concurrency;
  #plan: RoutePlan;
  #opening = 0;
  /** Transactions under way. */
  #sending = 0;
  /** Openings that take too long to be waited for. */
  #slow = 0;
  #isPausing = false;
  #rests = 0;
  #recipientsMax = limits.TRANSACTION_RECIPIENTS_MAX;
  #recipientsMaxUntilMs = Infinity;
  /** Until then no connection is tried. */
  restUntilMs = 0;
  /** When it last had something to do. */
  usedAtMs = 0;

  constructor(key: string, route: { plan: RoutePlan; source: RelaySource }, parts: SiteParts) {
    this.key = key;
    this.source = route.source;
    this.#plan = route.plan;
    this.#parts = parts;
    this.queue = new ReadyQueue(parts.load);
    this.#concurrency = new Concurrency(parts.connectionsMax);
  }

  get connections(): number {
    return this.#channels.size + this.#opening;
  }

  /** Something is under way on the network. */
  get isBusy(): boolean {
    return this.#opening > 0 || this.#sending > 0;
  }

  get isResting(): boolean {
    return this.restUntilMs > this.#parts.clock.now();
  }

  get isIdle(): boolean {
    return this.queue.jobs === 0 && this.connections === 0 && this.#sending === 0 && this.parkedLanes.size === 0;
  }

  /** The latest addresses count for the next connection. */
  update(plan: RoutePlan): void {
    this.#plan = plan;
  }

  push(job: Job): void {
    this.queue.push(job);
    this.dispatch();
  }

  /** The operator asks for it: tries again at once. */
  wake(): void {
    this.restUntilMs = 0;
    this.dispatch();
  }

  /** Hands out what is ready, as far as connections go. */
  dispatch(): void {
    this.usedAtMs = this.#parts.clock.now();
    while (this.queue.jobs > 0 && this.#parts.mayRun() && this.#parts.claims.hasSite(this.#plan)) {
      const channel = this.#freeChannel();
      if (channel !== null) {
        this.#sendNext(channel);
        continue;
      }
      if (!this.#wantsConnection() || !this.#parts.takePlace(this)) return;
      void this.#open();
    }
  }

  /** Leaves connections that have been idle too long; all idle ones when `all`. True when some are still open. */
  closeIdle(all: boolean): boolean {
    const nowMs = this.#parts.clock.now();
    for (const channel of this.#channels) {
      const idleMs = nowMs - channel.idleSinceMs;
      if (channel.busy === 0 && (all || idleMs >= limits.CONNECTION_IDLE_MAX_MS)) this.#close(channel);
    }
    return this.#channels.size > 0;
  }

  /** Breaks every connection off: we are stopping. */
  breakOff(): void {
    for (const { connection } of this.#channels) connection.destroy('we are stopping');
  }

  /** An idle connection, or a busy one that can take the next envelope along with its body. */
  #freeChannel(): Channel | null {
    let overlapping: Channel | null = null;
    for (const channel of this.#channels) {
      if (!channel.connection.usable || this.#isSpent(channel)) {
        if (channel.busy === 0) this.#close(channel);
        continue;
      }
      if (channel.busy === 0) return channel;
      if (channel.busy === 1 && channel.connection.canOverlap) overlapping ??= channel;
    }
    // Short queues are better served by a connection that is free sooner.
    return this.queue.jobs > this.#channels.size || !this.#wantsConnection() ? overlapping : null;
  }

  #isSpent(channel: Channel): boolean {
    const { mailMax } = channel.connection.capabilities;
    const messagesMax = Math.min(mailMax ?? limits.CONNECTION_MESSAGES_MAX, limits.CONNECTION_MESSAGES_MAX);
    return channel.sent >= messagesMax || this.#parts.clock.now() - channel.openedAtMs >= limits.CONNECTION_AGE_MAX_MS;
  }

  #wantsConnection(): boolean {
    if (this.#isPausing) return false;
    const wanted = Math.ceil(this.queue.jobs / limits.JOBS_PER_OPENING);
    return this.connections - this.#slow < this.#concurrency.limit && this.#opening - this.#slow < wanted;
  }

  #close(channel: Channel): void {
    if (!this.#channels.delete(channel)) return;
    channel.connection.quit();
    this.#parts.givePlace();
  }

  async #open(): Promise<void> {
    this.#opening++;
    const { open, health, clock, log, signal } = this.#parts;
    let result: SmtpClientConnection | OpeningFailure;
    let slow = 0;
    const onSlow = (): void => {
      if (this.#slow >= limits.SLOW_OPENINGS_MAX) return;
      slow = 1;
      this.#slow++;
      this.dispatch();
    };
    try {
      result = await openToSite(this.#plan, this.source, { open, health, clock, signal, onSlow });
    } catch (error) {
      log.error({ error, site: this.key }, 'opening a connection failed because of an error here');
      result = { kind: 'failed', last: null, permanent: false };
    }
    this.#opening--;
    this.#slow -= slow;
    if (result.kind === 'failed') {
      this.#parts.givePlace();
      this.#onOpenFailed(result);
      this.#parts.onQuiet();
      return;
    }
    const connection = result;
    const nowMs = clock.now();
    const channel: Channel = { connection, openedAtMs: nowMs, sent: 0, busy: 0, idleSinceMs: nowMs };
    this.#rests = 0;
    this.restUntilMs = 0;
    const { rcptMax } = connection.capabilities;
    if (rcptMax !== null) this.#limitRecipients(rcptMax);
    this.#channels.add(channel);
    connection.onIdleEnd(() => this.#close(channel));
    this.dispatch();
    if (channel.busy === 0 && this.#channels.has(channel)) this.#parts.onIdle(this);
    this.#parts.onQuiet();
  }

  #onOpenFailed(failure: OpeningFailure): void {
    this.#concurrency.onFailure();
    if (this.#parts.signal.aborted) return;
    // Others still carry the mail.
    if (this.connections > 0) return this.#pauseOpening();
    this.#concurrency.reset();
    const restMs = Math.min(limits.SITE_REST_MAX_MS, limits.SITE_REST_MIN_MS * 2 ** this.#rests++);
    this.restUntilMs = this.#parts.clock.now() + restMs;
    const { last } = failure;
    const told = { site: this.key, host: last?.peer.host, address: last?.peer.address, text: last?.text, restMs };
    this.#parts.log.info(told, 'no host of a site takes a connection; it is left alone for a while');
    this.#giveUp(failure);
    this.#parts.onRest(this);
  }

  #pauseOpening(): void {
    if (this.#isPausing) return;
    this.#isPausing = true;
    this.#parts.clock.after(limits.OPENING_PAUSE_MS, () => {
      this.#isPausing = false;
      this.dispatch();
    });
  }

  /** Nobody answers: everything that is ready is deferred (or fails, where every host says never). */
  #giveUp({ last, permanent }: OpeningFailure): void {
    const enhanced = last?.enhanced ?? '4.4.1';
    const text = last?.text ?? 'none of its addresses can be reached from here';
    const usual: Decision = { kind: permanent ? 'failed' : 'deferred', enhanced, text, isReply: last?.reply != null };
    const noTls: Decision = { ...usual, kind: 'failed', enhanced: '5.7.30', isReply: false };
    for (let portion = this.queue.next(Infinity); portion !== null; portion = this.queue.next(Infinity)) {
      const { job, recipients } = portion;
      const decision = job.message.requiretls && last?.phase === 'tls' ? noTls : usual;
      for (const { key } of recipients) key.notBeforeMs = Math.max(key.notBeforeMs, this.restUntilMs);
      const outcomes = recipients.map((target) => ({ target, decision }));
      this.#parts.settling.decide(job, outcomes, { peer: last?.peer ?? null, passedOn: false });
    }
  }

  #sendNext(channel: Channel): void {
    if (this.#recipientsMaxUntilMs <= this.#parts.clock.now()) this.#limitRecipients(Infinity);
    const portion = this.queue.next(this.#recipientsMax);
    if (portion === null) return;
    this.#sending++;
    channel.busy++;
    channel.sent++;
    void this.#send(channel, portion.job, portion.recipients);
  }

  async #send(channel: Channel, job: Job, recipients: JobRecipient[]): Promise<void> {
    const { store, clock, settling } = this.#parts;
    if (await this.#readBody(job)) {
      const body = { ...jobBody(job, store), mayEnd: () => this.#mayEnd(recipients) };
      const result = await channel.connection.send(clientMessage(job, recipients, { body, nowMs: clock.now() }));
      this.#onResult(channel, { job, recipients, result });
    } else {
      const decision: Decision = {
        kind: 'deferred',
        enhanced: '4.3.0',
        text: 'the message could not be read',
        isReply: false,
      };
      settling.decide(
        job,
        recipients.map((target) => ({ target, decision })),
        NO_PEER,
      );
    }
    this.#release(channel);
  }

  /** Asked before the octets that complete a message: after them it is delivered, by whoever holds it then. */
  #mayEnd(recipients: readonly JobRecipient[]): boolean {
    const { claims } = this.#parts;
    if (!claims.isShared) return true;
    return claims.hasSite(this.#plan) && recipients.every(({ key }) => claims.hasDomain(key.domain));
  }

  /** Keeps the claim while there is something to do. */
  useClaim(): void {
    if (this.isBusy || this.queue.jobs > 0) this.#parts.claims.hasSite(this.#plan);
  }

  /** Takes out what may be in the hands of another node now; it is read again when it is ours. */
  withdrawLost(lost: LostClaims): void {
    const all = lost.hasSite(this.#plan);
    for (const { job, recipients } of this.queue.withdraw(({ key }) => all || lost.hasDomain(key.domain))) {
      for (const { key } of recipients) key.withdrawn ??= 'reload';
      this.#parts.settling.release(job, recipients);
    }
  }

  /** Reads a short message into memory; false when the store cannot. */
  async #readBody(job: Job): Promise<boolean> {
    if (job.body !== null || job.place.length > limits.WHOLE_BODY_OCTETS_MAX) return true;
    try {
      job.body = await this.#parts.store.readBody(job.place, 0, job.place.length);
      return true;
    } catch (error) {
      this.#parts.log.error({ error, unitId: job.unitId }, 'a queued message could not be read');
      return false;
    }
  }

  #release(channel: Channel): void {
    this.#sending--;
    channel.busy--;
    if (channel.busy === 0) {
      channel.idleSinceMs = this.#parts.clock.now();
      const needless = this.queue.jobs === 0 && !this.#parts.mayIdle();
      if (needless || !channel.connection.usable || this.#isSpent(channel)) this.#close(channel);
    }
    this.#parts.onRoom(this);
    this.dispatch();
    if (channel.busy === 0 && this.#channels.has(channel)) this.#parts.onIdle(this);
    this.#parts.onQuiet();
  }

  #onResult(channel: Channel, sent: { job: Job; recipients: JobRecipient[]; result: TransactionResult }): void {
    const { job, recipients, result } = sent;
    if (result.recipientsMax !== null) this.#limitRecipients(result.recipientsMax);
    this.#learn(channel, result);
    const outcomes: Decided[] = [];
    const again: JobRecipient[] = [];
    const decisions = new Map<RecipientOutcome, Decision>();
    for (const [at, target] of recipients.entries()) {
      const outcome = result.outcomes[at]!;
      if (outcome.kind === 'unsent' && this.#mayRepeat(target, outcome, result)) again.push(target);
      else {
        let decision = decisions.get(outcome);
        if (decision === undefined) decisions.set(outcome, (decision = decisionOf(outcome)));
        outcomes.push({ target, decision });
      }
    }
    const { peer, dsnPassedOn } = result;
    if (outcomes.length > 0) this.#parts.settling.decide(job, outcomes, { peer, passedOn: dsnPassedOn });
    if (again.length > 0) this.queue.putBack(job, again);
  }

  #limitRecipients(max: number): void {
    this.#recipientsMax = Math.max(1, Math.min(max, limits.TRANSACTION_RECIPIENTS_MAX));
    this.#recipientsMaxUntilMs = this.#parts.clock.now() + limits.RECIPIENTS_LIMIT_KEPT_MS;
  }

  /** Recipients over the server's limit follow at once; others only a few times. */
  #mayRepeat(target: JobRecipient, outcome: RecipientOutcome, result: TransactionResult): boolean {
    if (target.key.withdrawn !== null) return false;
    if (result.recipientsMax !== null && outcome.phase === 'rcpt') return true;
    return ++target.unsentRounds <= limits.UNSENT_ROUNDS_MAX;
  }

  #learn(channel: Channel, result: TransactionResult): void {
    const { connection } = channel;
    const isUnsent = result.outcomes.some(({ kind, phase }) => kind === 'unsent' && phase !== 'rcpt');
    if (connection.usable) this.#concurrency.onSuccess();
    else if (!isUnsent) {
      this.#concurrency.onFailure();
      const replied = result.outcomes.some(({ reply }) => reply !== null);
      if (!replied) this.#parts.health.onFailure(connection.peer.address, this.#parts.clock.now());
    }
  }
}

function decisionOf({ kind, enhanced, text, reply }: RecipientOutcome): Decision {
  return { kind: kind === 'unsent' ? 'deferred' : kind, enhanced, text, isReply: reply !== null };
}
