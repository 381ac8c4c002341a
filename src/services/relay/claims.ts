// What this node may send where several share the queue. A key is tried only under the claim of its domain, which all
// nodes name alike; a site is connected to only under the claim of its hosts, so that its limits hold for all nodes
// together. What was read before a claim was ours is read again.
import { createHash } from 'node:crypto';
import type { QueueClaims } from '../../storage/queue-store.ts';
import type { Log } from '../../base/log.ts';
import type { RoutePlan } from './route-plan.ts';

const NAME_CHARACTERS_MAX = 200;

/** The claims of one relay; without `claims` everything is ours. */
export class RelayClaims {
  readonly #claims: QueueClaims | null;
  readonly #log: Log;

  constructor(claims: QueueClaims | null, log: Log) {
    this.#claims = claims;
    this.#log = log;
  }

  /** False: nobody else works on this queue, and nothing needs to be asked for. */
  get isShared(): boolean {
    return this.#claims !== null;
  }

  hasDomain(domain: string): boolean {
    return this.#claims === null || this.#claims.isHeld(domainClaim(domain));
  }

  hasSite(plan: RoutePlan): boolean {
    return this.#claims === null || this.#claims.isHeld(siteClaim(plan));
  }

  /** Those of `domains` that are ours now. */
  async takeDomains(domains: readonly string[]): Promise<ReadonlySet<string>> {
    const taken = await this.#take(domains.map(domainClaim));
    return new Set(domains.filter((domain) => taken === null || taken.has(domainClaim(domain))));
  }

  async takeSite(plan: RoutePlan): Promise<boolean> {
    const taken = await this.#take([siteClaim(plan)]);
    return taken === null || taken.size > 0;
  }

  /** Told which domains and sites are not ours any more although they were in use. */
  onLost(listener: (lost: LostClaims) => void): void {
    this.#claims?.onLost((names) => {
      this.#log.warn({ claims: names.size }, 'parts of the queue may be in the hands of another node now');
      listener({
        hasDomain: (domain) => names.has(domainClaim(domain)),
        hasSite: (plan) => names.has(siteClaim(plan)),
      });
    });
  }

  async releaseAll(): Promise<void> {
    // What is not given back ends by itself.
    await this.#claims?.releaseAll().catch(() => {});
  }

  /** null: nothing needs to be asked for. */
  async #take(names: readonly string[]): Promise<ReadonlySet<string> | null> {
    if (this.#claims === null) return null;
    try {
      return await this.#claims.take(names);
    } catch (error) {
      this.#log.warn({ error }, 'the queue could not be claimed; trying again');
      return new Set();
    }
  }
}

export interface LostClaims {
  hasDomain(domain: string): boolean;
  hasSite(plan: RoutePlan): boolean;
}

function domainClaim(domain: string): string {
  return shorten(`domain ${domain}`);
}

/** Whatever the TLS policy or our own address: the hosts at the other end are the same. */
function siteClaim({ site, protocol }: RoutePlan): string {
  return shorten(`site ${protocol} ${site}`);
}

function shorten(name: string): string {
  return name.length <= NAME_CHARACTERS_MAX ? name : createHash('sha256').update(name).digest('base64');
}
