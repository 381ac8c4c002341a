// Remembers for a short while which password fitted which hash, as an HMAC under a key of this process: nothing in it
// helps anybody who sees it, and a changed hash is another entry.
import { createHmac, randomBytes } from 'node:crypto';
import type { Clock } from '../../base/clock.ts';
import { VERIFIED_MAX, VERIFIED_TTL_MS } from './limits.ts';

const KEY_OCTETS = 32;

/** A bounded memory of right passwords. */
export class VerifiedPasswords {
  readonly #clock: Clock;
  readonly #hmacKey = randomBytes(KEY_OCTETS);
  /** Pair → when it is forgotten; the ttl is the same for all, so the first entry is the oldest. */
  readonly #until = new Map<string, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get size(): number {
    return this.#until.size;
  }

  /** The key for a hash and a password. */
  pair(passwordHash: string, password: string): string {
    return createHmac('sha256', this.#hmacKey).update(passwordHash).update('\0').update(password).digest('base64');
  }

  has(pair: string): boolean {
    const until = this.#until.get(pair);
    return until !== undefined && until > this.#clock.monotonic();
  }

  add(pair: string): void {
    const now = this.#clock.monotonic();
    this.#until.delete(pair);
    for (const [oldest, until] of this.#until) {
      if (until > now && this.#until.size < VERIFIED_MAX) break;
      this.#until.delete(oldest);
    }
    this.#until.set(pair, now + VERIFIED_TTL_MS);
  }
}
