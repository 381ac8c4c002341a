// The stub resolver: cache, coalescing of equal queries, retries over the servers, a deadline for all of it.
// RFC 1035 §7, RFC 5452 (random ids and ports, question check), RFC 2308 and RFC 9520 (remembering failures).
import { setMaxListeners } from 'node:events';
import type { Clock } from '../clock.ts';
import { ipScope } from '../net/ip.ts';
import type { RandomInt } from '../random.ts';
import { type Reading, readAnswer } from './answer.ts';
import { TtlCache } from './cache.ts';
import { type Exchange, exchangeTcp, exchangeUdp } from './exchange.ts';
import {
  CNAME_CHAIN_MAX,
  FAILURE_TTL_SECONDS,
  IN_FLIGHT_MAX,
  QUERY_DEADLINE_MS,
  ROUNDS_MAX,
  SERVERS_MAX,
  TCP_TIMEOUT_MS,
  UDP_TIMEOUT_MS,
  WAITING_MAX,
} from './limits.ts';
import { QueryGate } from './query-gate.ts';
import { type DnsQuestion, type DnsType, dnsName } from './records.ts';
import type { DnsAnswer, DnsFailure, DnsResult, Resolver } from './resolver.ts';
import type { DnsServer } from './servers.ts';
import { type DnsResponse, RCODE, encodeQuery } from './wire.ts';

const BADVERS = 16;
const NO_EDNS_RCODES: readonly number[] = [RCODE.formErr, RCODE.notImp, BADVERS];
const ID_VALUES = 65_536;

export interface StubResolverOptions {
  /** Asked at every query, so that the system's list may change. The first one is preferred while it answers. */
  readonly servers: () => readonly DnsServer[];
  readonly clock: Clock;
  readonly randomInt: RandomInt;
  /** Whose AD bit is believed; default: servers on loopback, since nobody between us can have set it. */
  readonly trustsAuthenticated?: (server: DnsServer) => boolean;
  readonly inFlightMax?: number;
  readonly waitingMax?: number;
}

type Result = DnsResult<DnsType>;
type Asked =
  | { kind: 'response'; response: DnsResponse; octets: number; server: DnsServer }
  | { kind: 'temporary'; reason: DnsFailure };

/** A Resolver over UDP and TCP. */
export class StubResolver implements Resolver {
  readonly #options: StubResolverOptions;
  readonly #clock: Clock;
  readonly #cache: TtlCache<Result>;
  readonly #gate: QueryGate;
  readonly #running = new Map<string, Promise<Result>>();
  readonly #closing = new AbortController();
  /** Where the list of servers is begun: the one that answered last. */
  #preferred: DnsServer | null = null;

  constructor(options: StubResolverOptions) {
    this.#options = options;
    this.#clock = options.clock;
    this.#cache = new TtlCache(options.clock);
    this.#gate = new QueryGate(options.clock, {
      insideMax: options.inFlightMax ?? IN_FLIGHT_MAX,
      waitingMax: options.waitingMax ?? WAITING_MAX,
    });
    setMaxListeners(0, this.#closing.signal);
  }

  query<T extends DnsType>(name: string, type: T): Promise<DnsResult<T>> {
    const asked = dnsName(name);
    if (asked === null) return Promise.resolve({ kind: 'nxdomain', authenticated: false });
    if (this.#closing.signal.aborted) return Promise.resolve({ kind: 'temporary', reason: 'closed' });
    const key = `${type} ${asked}`;
    const cached = this.#cache.get(key);
    if (cached !== null) {
      const { value, ttlSeconds } = cached;
      return Promise.resolve((value.kind === 'answer' ? { ...value, ttlSeconds } : value) as DnsResult<T>);
    }
    let running = this.#running.get(key);
    if (running === undefined) {
      running = this.#resolve({ name: asked, type }, key).finally(() => this.#running.delete(key));
      this.#running.set(key, running);
    }
    return running as Promise<DnsResult<T>>;
  }

  /** Ends what is under way with `temporary`; later queries too. */
  close(): void {
    this.#closing.abort();
  }

  async #resolve(question: DnsQuestion, key: string): Promise<Result> {
    const deadlineMs = this.#clock.monotonic() + QUERY_DEADLINE_MS;
    const admission = await this.#gate.enter(QUERY_DEADLINE_MS);
    if (admission !== 'admitted') return { kind: 'temporary', reason: 'busy' };
    try {
      return await this.#follow(question, key, deadlineMs);
    } finally {
      this.#gate.leave();
    }
  }

  /** Asks, and asks again for the end of a chain of CNAMEs that an answer left open. */
  async #follow(question: DnsQuestion, key: string, deadlineMs: number): Promise<Result> {
    let name = question.name;
    let chainTtlSeconds = Number.POSITIVE_INFINITY;
    let authenticated = true;
    for (let step = 0; step < CNAME_CHAIN_MAX; step++) {
      const asked = await this.#ask({ name, type: question.type }, deadlineMs);
      if (asked.kind === 'temporary') return this.#remember(key, asked, FAILURE_TTL_SECONDS, 0);
      const reading: Reading = readAnswer({ name, type: question.type }, asked.response);
      authenticated &&= asked.response.authenticated && this.#trusts(asked.server);
      if (reading.kind === 'broken') break;
      const ttlSeconds = Math.min(reading.ttlSeconds, Math.max(1, chainTtlSeconds));
      if (reading.kind === 'follow') {
        name = reading.name;
        chainTtlSeconds = ttlSeconds;
      } else if (reading.kind === 'answer') {
        const answer: DnsAnswer<DnsType> = { ...reading, ttlSeconds, authenticated };
        return this.#remember(key, answer, ttlSeconds, asked.octets);
      } else return this.#remember(key, { kind: reading.kind, authenticated }, ttlSeconds, 0);
    }
    return this.#remember(key, { kind: 'temporary', reason: 'server-failure' }, FAILURE_TTL_SECONDS, 0);
  }

  #remember(key: string, result: Result, ttlSeconds: number, octets: number): Result {
    const ours = result.kind === 'temporary' && (result.reason === 'closed' || result.reason === 'busy');
    if (!ours) this.#cache.set(key, result, { ttlSeconds, octets });
    return result;
  }

  #trusts(server: DnsServer): boolean {
    return this.#options.trustsAuthenticated?.(server) ?? ipScope(server.address) === 'loopback';
  }

  /** Goes through the servers, a second time those that said nothing, then without EDNS0: some boxes drop it. */
  async #ask(question: DnsQuestion, deadlineMs: number): Promise<Asked> {
    const silent = new Set(this.#serversInOrder());
    let reason: DnsFailure = 'timeout';
    for (let round = 0; round < ROUNDS_MAX; round++) {
      for (const server of silent) {
        const exchange = await this.#exchange(server, question, { edns: round === 0, round, deadlineMs });
        if (exchange.kind === 'closed') return { kind: 'temporary', reason: 'closed' };
        if (exchange.kind === 'response') {
          const { rcode } = exchange.response;
          if (rcode === RCODE.noError || rcode === RCODE.nxDomain) {
            this.#preferred = server;
            return { ...exchange, server };
          }
        }
        if (exchange.kind === 'response' || exchange.kind === 'malformed') {
          reason = 'server-failure';
          silent.delete(server);
        }
        if (this.#clock.monotonic() >= deadlineMs) return { kind: 'temporary', reason };
      }
    }
    return { kind: 'temporary', reason };
  }

  #serversInOrder(): DnsServer[] {
    const servers = this.#options.servers().slice(0, SERVERS_MAX);
    const last = this.#preferred;
    const start = last === null ? -1 : servers.findIndex((s) => s.address === last.address && s.port === last.port);
    return start <= 0 ? servers : [...servers.slice(start), ...servers.slice(0, start)];
  }

  async #exchange(
    server: DnsServer,
    question: DnsQuestion,
    attempt: { readonly edns: boolean; readonly round: number; readonly deadlineMs: number },
  ): Promise<Exchange> {
    const { clock, randomInt } = this.#options;
    const query = encodeQuery({ ...question, id: randomInt(ID_VALUES), edns: attempt.edns });
    const options = (timeoutMs: number): Parameters<typeof exchangeUdp>[2] => ({
      clock,
      timeoutMs: Math.min(timeoutMs, Math.max(1, attempt.deadlineMs - clock.monotonic())),
      signal: this.#closing.signal,
    });
    let exchange = await exchangeUdp(server, query, options(UDP_TIMEOUT_MS * (attempt.round + 1)));
    if (exchange.kind === 'use-tcp') exchange = await exchangeTcp(server, query, options(TCP_TIMEOUT_MS));
    // RFC 6891 §7: a server that does not know EDNS0 says so with one of these.
    if (attempt.edns && exchange.kind === 'response' && NO_EDNS_RCODES.includes(exchange.response.rcode)) {
      return this.#exchange(server, question, { ...attempt, edns: false });
    }
    return exchange;
  }
}
