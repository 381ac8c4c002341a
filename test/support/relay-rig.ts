// What the relay's tests stand on: a relay with a virtual clock, a queue in memory, a scripted next hop, kept reports.
import type { TestContext } from 'node:test';
import { silentLog } from '../../src/base/log.ts';
import { openConnection } from '../../src/protocols/smtp/index.ts';
import type { ReportedMessage, ReportRequest, Reports } from '../../src/services/bounces/reports.ts';
import { Relay, type RelayOptions, type RelayParts } from '../../src/services/relay/relay.ts';
import type { Route, RoutePlan } from '../../src/services/relay/route-plan.ts';
import type { QueuedMessage } from '../../src/storage/commit-unit.ts';
import type { QueueClaims } from '../../src/storage/queue-store.ts';
import { MemoryQueueStore } from './memory-queue-store.ts';
import { SmtpSink, type SinkOptions } from './smtp-sink.ts';
import { VirtualClock } from './virtual-clock.ts';

const DAY_MS = 86_400_000;
const SOURCES = [{ heloName: 'relay.one.test', ipv4: 'any', ipv6: 'any' }];
export const BODY = Buffer.from('Subject: x\r\n\r\nhello\r\n');

/** Reports as the bouncing service would make them, kept instead of sent. */
export class RecordedReports implements Reports {
  readonly requests: ReportRequest[] = [];
  readonly #store: MemoryQueueStore;
  fails = false;
  refusals = 0;

  constructor(store: MemoryQueueStore) {
    this.#store = store;
  }

  wants(message: ReportedMessage, _recipient: unknown, action: string): boolean {
    return message.reversePath !== '' && action !== 'relayed';
  }

  async submit(request: ReportRequest): Promise<void> {
    await Promise.resolve();
    if (this.fails) {
      this.refusals++;
      throw new Error('the disk is full');
    }
    this.requests.push(request);
    if (request.settlement !== null) this.#store.apply(request.settlement);
  }

  /** 'action status address text' of everything that was reported. */
  get lines(): string[] {
    return this.requests.flatMap(({ recipients }) =>
      recipients.map(
        ({ action, enhanced, recipient, text }) => `${action} ${enhanced} ${recipient.forwardPath} ${text}`,
      ),
    );
  }
}

/** `claims`: the queue is shared with other nodes. */
export type RigOptions = Partial<RelayOptions> & { readonly claims?: QueueClaims };

/** A relay with a queue in memory, a sink as the only next hop, and a clock of its own. */
export class Rig {
  readonly clock = new VirtualClock();
  readonly store = new MemoryQueueStore();
  readonly reports = new RecordedReports(this.store);
  readonly routes = new Map<string, Route>();
  readonly relay: Relay;
  readonly sink: SmtpSink;
  asked = 0;

  constructor(sink: SmtpSink, options: RigOptions = {}) {
    this.sink = sink;
    this.store.claims = options.claims ?? null;
    const { clock, store, reports } = this;
    this.relay = new Relay(
      {
        store,
        reports,
        clock,
        log: silentLog,
        random: () => 0,
        open: (target, signal) => openConnection(target, { clock, signal }),
        routes: {
          findRoute: async (domain) => {
            this.asked++;
            return this.routes.get(domain) ?? this.plan();
          },
        },
      },
      { sources: SOURCES, ...options },
    );
  }

  /** A route to the sink. */
  plan(change: Partial<RoutePlan> = {}): RoutePlan {
    return {
      kind: 'hosts',
      site: 'sink',
      hosts: [{ name: 'mx.two.test', preference: 10, addresses: ['127.0.0.1'] }],
      port: this.sink.port,
      protocol: 'smtp',
      implicitTls: false,
      tls: 'off',
      login: null,
      ...change,
    };
  }

  message(recipients: readonly string[], change: Partial<QueuedMessage> = {}): QueuedMessage {
    const nowMs = this.clock.now();
    return {
      queuedAtMs: nowMs,
      reversePath: 'a@one.test',
      accountId: 1,
      body: '7BIT',
      smtputf8: false,
      requiretls: false,
      ret: null,
      envid: null,
      priority: 0,
      deliverBy: null,
      notBeforeMs: 0,
      expiresAtMs: nowMs + 5 * DAY_MS,
      held: false,
      recipients: recipients.map((forwardPath) => {
        return { forwardPath, domain: forwardPath.split('@')[1]!, orcpt: null, notify: null };
      }),
      ...change,
    };
  }

  send(recipients: readonly string[], change: Partial<QueuedMessage> = {}): number {
    return this.store.add(this.message(recipients, change), BODY);
  }

  /** Lets time pass, waiting for the network at every step. */
  async pass(ms: number): Promise<void> {
    const end = this.clock.now() + ms;
    for (;;) {
      await this.relay.idle();
      const next = this.clock.nextDueMs();
      if (next === null || next > end) break;
      await this.clock.advance(Math.max(0, next - this.clock.now()));
    }
    await this.clock.advance(end - this.clock.now());
    await this.relay.idle();
  }

  /** Lets the network work until the condition holds; the clock stands still. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) await new Promise((resolve) => setImmediate(resolve));
  }

  /** A second relay on the same queue, as after a restart. */
  secondRelay(change: Partial<RelayParts> = {}): Relay {
    const { store, reports, clock } = this;
    return new Relay(
      {
        store,
        reports,
        clock,
        log: silentLog,
        random: () => 0.5,
        open: (target, signal) => openConnection(target, { clock, signal }),
        routes: { findRoute: async () => this.plan() },
        ...change,
      },
      { sources: SOURCES },
    );
  }

  kinds(): string[] {
    return this.store.events.map(({ kind, recipient }) => (recipient === undefined ? kind : `${kind} ${recipient}`));
  }
}

/** Starts a rig that ends with the test. */
export async function startRig(t: TestContext, sinkOptions: SinkOptions = {}, options: RigOptions = {}): Promise<Rig> {
  const sink = await SmtpSink.start(sinkOptions);
  const rig = new Rig(sink, options);
  t.after(async () => {
    const stopping = rig.relay.stop();
    await rig.clock.advance(DAY_MS);
    await stopping;
    await sink.close();
  });
  await rig.relay.start();
  return rig;
}
