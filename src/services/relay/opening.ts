// One attempt to get a connection to a site: goes through its addresses until one takes mail. A refused or silent host
// and a 4xx or 5xx greeting lead to the next one; 421 says that we have enough connections and ends the attempt.
import type { Clock } from '../../base/clock.ts';
import type { ClientTarget, OpenRefusal, SmtpClientConnection } from '../../protocols/smtp/index.ts';
import type { RoutePlan } from './route-plan.ts';
import type { AddressHealth } from './address-health.ts';
import { OPENING_ADDRESSES_MAX, SLOW_OPENING_MS } from './limits.ts';
import { canReach, localAddressFor, type RelaySource } from './source.ts';

/** `signal` ends the attempt: we are stopping. */
export type OpenClient = (target: ClientTarget, signal: AbortSignal) => Promise<SmtpClientConnection | OpenRefusal>;

export interface OpeningParts {
  readonly open: OpenClient;
  readonly health: AddressHealth;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** An address keeps us waiting; called at most once. */
  readonly onSlow: () => void;
}

export interface OpeningFailure {
  readonly kind: 'failed';
  /** The last refusal, for the journey; null when no address could be tried from this source. */
  readonly last: OpenRefusal | null;
  /** Every host said that it never takes mail (RFC 7504), or cannot keep REQUIRETLS. */
  readonly permanent: boolean;
}

/** RFC 7504: "this host never accepts mail". */
function neverTakesMail(refusal: OpenRefusal): boolean {
  return refusal.reply?.code === 521 || refusal.reply?.code === 556;
}

/** Opens a connection to the first host that takes mail. */
export async function openToSite(
  plan: RoutePlan,
  source: RelaySource,
  parts: OpeningParts,
): Promise<SmtpClientConnection | OpeningFailure> {
  const { health, clock } = parts;
  const candidates = health.order(plan.hosts, (address) => canReach(source, address), clock.now());
  const refusals: OpenRefusal[] = [];
  let isSlow = false;
  for (const { host, address } of candidates.slice(0, OPENING_ADDRESSES_MAX)) {
    const { port, protocol, implicitTls, tls, login } = plan;
    const localAddress = localAddressFor(source, address);
    const { heloName } = source;
    const target = { host, address, port, protocol, implicitTls, tls, login, localAddress, heloName };
    const slow = clock.after(SLOW_OPENING_MS, () => {
      health.onSlow(address, clock.now());
      if (!isSlow) parts.onSlow();
      isSlow = true;
    });
    const result = await parts.open(target, parts.signal).finally(() => slow.cancel());
    if (result.kind === 'open') {
      health.onSuccess(address);
      return result;
    }
    refusals.push(result);
    if (result.reply?.code === 421 || parts.signal.aborted) break;
    health.onFailure(address, clock.now());
  }
  const permanent = refusals.length > 0 && refusals.every(neverTakesMail);
  return { kind: 'failed', last: refusals.at(-1) ?? null, permanent };
}
