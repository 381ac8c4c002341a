// From outcomes to the store: relayed and failed recipients are settled, with a report in the same unit where one is due;
// deferred ones wait until their key's other recipients are decided and then defer the key.
// Invariant: a key's row is given back only after everything about it is written.
import type { Clock } from '../../base/clock.ts';
import type { JourneyEvent, QueueSettlement } from '../../storage/commit-unit.ts';
import type { QueueDeferral } from '../../storage/queue-store.ts';
import type { ReportedRecipient, ReportRequest, Reports } from '../bounces/reports.ts';
import type { Job, JobKey, JobRecipient } from './job.ts';
import { attemptData, attemptEvent, type AttemptPeer } from './journey-events.ts';
import type { Ledger } from './ledger.ts';
import { retryWaitMs, type RetrySchedule } from './retry-schedule.ts';

/** The fate of one recipient in this attempt. */
export interface Decision {
  readonly kind: 'relayed' | 'deferred' | 'failed' | 'expired';
  readonly enhanced: string;
  readonly text: string;
  readonly isReply: boolean;
}

export interface Decided {
  readonly target: JobRecipient;
  readonly decision: Decision;
}

export interface AttemptContext {
  readonly peer: AttemptPeer | null;
  readonly passedOn: boolean;
}

export const NO_PEER: AttemptContext = { peer: null, passedOn: false };

export interface SettlingParts {
  readonly ledger: Ledger;
  readonly reports: Reports;
  readonly clock: Clock;
  readonly random: () => number;
  readonly schedule: RetrySchedule;
  /** A key is finished: it waits until `nextAtMs`, or has left the queue (null). */
  readonly onFinished: (key: JobKey, nextAtMs: number | null) => void;
}

/** Text of the last reply that is kept with a waiting key. */
const REPLY_CHARACTERS_MAX = 500;

/** Recipients by what became of them, since the start. */
export type RelayCounts = Readonly<Record<Decision['kind'], number>>;

export class Settling {
  readonly #parts: SettlingParts;
  readonly #counts = { relayed: 0, deferred: 0, failed: 0, expired: 0 };

  constructor(parts: SettlingParts) {
    this.#parts = parts;
  }

  get counts(): RelayCounts {
    return { ...this.#counts };
  }

  /** Takes the outcomes of one attempt for recipients of one message. */
  decide(job: Job, outcomes: readonly Decided[], context: AttemptContext): void {
    const nowMs = this.#parts.clock.now();
    const done = outcomes.filter(({ decision }) => decision.kind !== 'deferred');
    if (done.length > 0) this.#settle(job, done, { context, nowMs });
    for (const { target, decision } of outcomes) {
      const { key, recipient } = target;
      key.open--;
      this.#counts[decision.kind]++;
      if (decision.kind !== 'deferred') continue;
      const host = decision.isReply ? (context.peer?.host ?? null) : null;
      key.deferred.push({ recipient, enhanced: decision.enhanced, text: decision.text, host });
    }
    for (const key of new Set(outcomes.map(({ target }) => target.key))) this.#finish(job, key, context);
  }

  /** Recipients leave the attempt untried; `key.withdrawn` says where to. */
  release(job: Job, recipients: readonly JobRecipient[]): void {
    for (const { key } of recipients) key.open--;
    for (const key of new Set(recipients.map((recipient) => recipient.key))) this.#finish(job, key, NO_PEER);
  }

  #settle(job: Job, done: readonly Decided[], { context, nowMs }: { context: AttemptContext; nowMs: number }): void {
    const dataOf = new Map<Decision, JourneyEvent['data']>();
    const events: JourneyEvent[] = [];
    const told: ReportedRecipient[] = [];
    for (const { target, decision } of done) {
      const { recipient, key } = target;
      const kind = decision.kind as 'relayed' | 'failed' | 'expired';
      let data = dataOf.get(decision);
      if (data === undefined)
        dataOf.set(decision, (data = attemptData(context.peer, decision.enhanced, decision.text)));
      events.push(attemptEvent(kind, nowMs, recipient.forwardPath, data));
      key.unwritten++;
      const action = kind === 'relayed' ? 'relayed' : 'failed';
      if (!this.#parts.reports.wants(job.message, recipient, action, context.passedOn)) continue;
      const { enhanced, text, isReply } = decision;
      told.push({ recipient, action, enhanced, text, host: isReply ? (context.peer?.host ?? null) : null });
    }
    const settlement: QueueSettlement = {
      unitId: job.unitId,
      recipients: done.map(({ target }) => target.recipient.number),
      events,
    };
    const onWritten = (): void => {
      for (const { target } of done) target.key.unwritten--;
      for (const key of new Set(done.map(({ target }) => target.key))) this.#close(key);
    };
    if (told.length === 0) return this.#parts.ledger.settle(settlement, onWritten);
    const request = requestFor(job, told, { atMs: nowMs, retryUntilMs: null, settlement });
    this.#parts.ledger.settleBy(() => this.#parts.reports.submit(request), onWritten);
  }

  /** Once every recipient of the key is decided: defers what is left of it. */
  #finish(job: Job, key: JobKey, context: AttemptContext): void {
    if (key.open > 0 || key.closing) return;
    key.closing = true;
    if (key.deferred.length > 0) this.#defer(job, key, context);
    else this.#close(key);
  }

  #defer(job: Job, key: JobKey, context: AttemptContext): void {
    const { clock, random, schedule } = this.#parts;
    const nowMs = clock.now();
    const bornMs = Math.max(job.message.queuedAtMs, job.message.notBeforeMs);
    const waitMs = retryWaitMs(Math.max(0, nowMs - bornMs), random(), schedule);
    const nextAtMs = Math.max(nowMs + waitMs, key.notBeforeMs);
    key.notBeforeMs = nextAtMs;
    const told = this.#toldOfDelay(job, key, nowMs - bornMs);
    const deferral = deferralOf(key, { nowMs, nextAtMs, delayReported: key.delayReported || told.length > 0 }, context);
    if (told.length === 0) {
      this.#parts.ledger.defer(deferral);
      return this.#close(key);
    }
    key.unwritten++;
    const request = requestFor(job, told, { atMs: nowMs, retryUntilMs: key.expiresAtMs, settlement: null });
    this.#parts.ledger.settleBy(
      () => this.#parts.reports.submit(request),
      () => {
        key.unwritten--;
        this.#parts.ledger.defer(deferral);
        this.#close(key);
      },
    );
  }

  /** Who is told, once, that the message is late (RFC 3461 §4.1 DELAY, RFC 2852 §4 by-mode N). */
  #toldOfDelay(job: Job, key: JobKey, ageMs: number): ReportedRecipient[] {
    const { deliverBy } = job.message;
    const late = deliverBy !== null && deliverBy.mode === 'N' && deliverBy.atMs <= this.#parts.clock.now();
    if (key.delayReported || (ageMs < this.#parts.schedule.delayReportAfterMs && !late)) return [];
    return key.deferred
      .filter(({ recipient }) => this.#parts.reports.wants(job.message, recipient, 'delayed', false))
      .map(({ recipient, enhanced, text, host }) => ({ recipient, action: 'delayed', enhanced, text, host }));
  }

  #close(key: JobKey): void {
    if (!key.closing || key.open > 0 || key.unwritten > 0) return;
    const waits = key.deferred.length > 0 || key.withdrawn !== null;
    this.#parts.onFinished(key, waits && key.withdrawn !== 'gone' ? key.notBeforeMs : null);
  }
}

function requestFor(
  { unitId, place, message }: Job,
  recipients: readonly ReportedRecipient[],
  rest: Pick<ReportRequest, 'atMs' | 'retryUntilMs' | 'settlement'>,
): ReportRequest {
  return { unitId, message, original: place, recipients, ...rest };
}

interface DeferralTimes {
  readonly nowMs: number;
  readonly nextAtMs: number;
  readonly delayReported: boolean;
}

/** One row for the key: what most recipients were told, and who was told otherwise. */
function deferralOf(key: JobKey, times: DeferralTimes, context: AttemptContext): QueueDeferral {
  const [first] = key.deferred as [JobKey['deferred'][number]];
  const reply = first.text.slice(0, REPLY_CHARACTERS_MAX);
  const others = key.deferred.filter((deferred) => deferred.text !== first.text);
  const same = others.length === 0;
  const data = {
    ...attemptData(context.peer, first.enhanced, reply),
    domain: key.domain,
    recipients: key.deferred.length,
  };
  const events = same
    ? [attemptEvent('deferred', times.nowMs, key.deferred.length === 1 ? first.recipient.forwardPath : null, data)]
    : key.deferred.map(({ recipient, enhanced, text }) =>
        attemptEvent('deferred', times.nowMs, recipient.forwardPath, attemptData(context.peer, enhanced, text)),
      );
  return {
    unitId: key.unitId,
    domain: key.domain,
    attempts: key.attempts + 1,
    lastAtMs: times.nowMs,
    nextAtMs: times.nextAtMs,
    delayReported: times.delayReported,
    reply,
    replies: others.map(({ recipient, text }) => ({
      number: recipient.number,
      reply: text.slice(0, REPLY_CHARACTERS_MAX),
    })),
    events,
  };
}
