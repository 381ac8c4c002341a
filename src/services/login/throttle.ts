// Slows down whoever guesses passwords, by network (an IPv4 address, an IPv6 /64): failures count, decay, and cost a delay
// that grows; a network gets one turn after the other, so more connections are no faster. One object for the process.
import type { MessagePort } from 'node:worker_threads';
import type { Clock } from '../../base/clock.ts';
import type { Log } from '../../base/log.ts';
import { inCidr, ipNetworkKey, parseIp, type Cidr } from '../../base/net/ip.ts';
import { answerPort, createPortCaller } from '../../base/threads/port-calls.ts';
import {
  FAILING_NETWORKS_MAX,
  FAILURE_DELAY_FIRST_MS,
  FAILURE_DELAY_MAX_MS,
  FAILURE_HALF_LIFE_MS,
  FAILURES_FORGOTTEN,
  FAILURES_MAX,
  FREE_FAILURES,
  KNOWN_FAILURES_MAX,
  TURN_WAIT_MAX_MS,
} from './limits.ts';

export interface SignInAttempt {
  /** The client's IP address. */
  readonly address: string;
  /** The same for the same name, password and account state, and nothing else; null where nothing tells (SCRAM). */
  readonly fingerprint: string | null;
}

export type Admission =
  /** Judge it, after waiting. */
  | { readonly kind: 'go'; readonly waitMs: number }
  /** This network showed the same wrong password before: it is still wrong. */
  | { readonly kind: 'known-failure' }
  | { readonly kind: 'refused'; readonly retryAfterMs: number };

export interface SignInThrottle {
  /** Asks for a turn. */
  admit(attempt: SignInAttempt): Promise<Admission>;
  /** The attempt was wrong; the same fingerprint counts once. */
  failed(attempt: SignInAttempt): Promise<void>;
}

export interface SignInThrottleOptions {
  readonly clock: Clock;
  readonly log: Log;
  /** Never slowed down; asked each time. */
  readonly trustedNetworks: () => readonly Cidr[];
}

interface FailingNetwork {
  failures: number;
  /** When `failures` was right, monotonic. */
  countedMs: number;
  /** When its next turn begins, monotonic. */
  nextTurnMs: number;
  readonly known: string[];
  warned: boolean;
}

function delayAfter(failures: number): number {
  const beyond = Math.floor(failures) - FREE_FAILURES;
  return beyond <= 0 ? 0 : Math.min(FAILURE_DELAY_MAX_MS, FAILURE_DELAY_FIRST_MS * 2 ** (beyond - 1));
}

/** The throttle itself, for the thread that owns it. */
export class LocalSignInThrottle implements SignInThrottle {
  readonly #options: SignInThrottleOptions;
  /** In the order of their last failure. */
  readonly #networks = new Map<string, FailingNetwork>();

  constructor(options: SignInThrottleOptions) {
    this.#options = options;
  }

  /** Networks that are remembered now. */
  get size(): number {
    return this.#networks.size;
  }

  admit({ address, fingerprint }: SignInAttempt): Promise<Admission> {
    const network = this.#find(ipNetworkKey(address));
    if (network === null) return Promise.resolve({ kind: 'go', waitMs: 0 });
    if (fingerprint !== null && network.known.includes(fingerprint)) return Promise.resolve({ kind: 'known-failure' });
    const delayMs = delayAfter(network.failures);
    if (delayMs === 0) return Promise.resolve({ kind: 'go', waitMs: 0 });
    const now = this.#options.clock.monotonic();
    const turnMs = Math.max(now, network.nextTurnMs);
    const waitMs = turnMs - now;
    if (waitMs > TURN_WAIT_MAX_MS) return Promise.resolve({ kind: 'refused', retryAfterMs: waitMs });
    network.nextTurnMs = turnMs + delayMs;
    return Promise.resolve({ kind: 'go', waitMs });
  }

  failed({ address, fingerprint }: SignInAttempt): Promise<void> {
    if (!this.#isTrusted(address)) this.#count(ipNetworkKey(address), fingerprint);
    return Promise.resolve();
  }

  #isTrusted(address: string): boolean {
    const bytes = parseIp(address);
    return bytes !== null && this.#options.trustedNetworks().some((network) => inCidr(network, bytes));
  }

  #count(key: string, fingerprint: string | null): void {
    const now = this.#options.clock.monotonic();
    const network = this.#find(key) ?? { failures: 0, countedMs: now, nextTurnMs: now, known: [], warned: false };
    if (fingerprint !== null && network.known.includes(fingerprint)) return;
    if (fingerprint !== null) network.known.push(fingerprint);
    if (network.known.length > KNOWN_FAILURES_MAX) network.known.shift();
    network.failures = Math.min(FAILURES_MAX, network.failures + 1);
    const delayMs = delayAfter(network.failures);
    network.nextTurnMs = Math.max(network.nextTurnMs, now + delayMs);
    if (delayMs > 0 && !network.warned) {
      network.warned = true;
      this.#options.log.warn({ network: key }, 'many failed sign-ins: the network is slowed down');
    }
    this.#networks.delete(key);
    this.#makeRoom();
    this.#networks.set(key, network);
  }

  /** The network with its failures as they count now; forgets it when they count no longer. */
  #find(key: string): FailingNetwork | null {
    const network = this.#networks.get(key);
    if (network === undefined) return null;
    const now = this.#options.clock.monotonic();
    network.failures *= 0.5 ** ((now - network.countedMs) / FAILURE_HALF_LIFE_MS);
    network.countedMs = now;
    if (network.failures >= FAILURES_FORGOTTEN) return network;
    this.#networks.delete(key);
    return null;
  }

  /** Forgets what no longer counts at the old end, and the oldest where there is no room. */
  #makeRoom(): void {
    for (const key of this.#networks.keys()) {
      const forgotten = this.#find(key) === null;
      if (!forgotten && this.#networks.size < FAILING_NETWORKS_MAX) return;
      this.#networks.delete(key);
    }
  }
}

/** The throttle of the process; one thread owns it. */
export function createSignInThrottle(options: SignInThrottleOptions): LocalSignInThrottle {
  return new LocalSignInThrottle(options);
}

interface ThrottleRequest {
  readonly kind: 'admit' | 'failed';
  readonly attempt: SignInAttempt;
}

/** Lets the thread at the other end of `port` use the throttle. */
export function serveSignInThrottle(port: MessagePort, throttle: SignInThrottle, log: Log): void {
  const answer = ({ kind, attempt }: ThrottleRequest): Promise<Admission | void> => throttle[kind](attempt);
  answerPort(port, answer, log);
}

/** The throttle of another thread, which serves it at the other end of `port`. */
export function connectSignInThrottle(port: MessagePort): SignInThrottle {
  const caller = createPortCaller<ThrottleRequest, Admission | void>(port);
  return {
    admit: async (attempt) => (await caller.call({ kind: 'admit', attempt })) ?? { kind: 'go', waitMs: 0 },
    failed: async (attempt) => void (await caller.call({ kind: 'failed', attempt })),
  };
}
