// The events that an attempt writes into a message's journey: who was asked, over what, and what they said.
import type { JourneyEvent, JourneyKind } from '../../storage/commit-unit.ts';

/** The other end; null when there was none (no route, expired while waiting). */
export interface AttemptPeer {
  readonly host: string;
  readonly address: string;
  readonly tls: string | null;
}

export type EventData = JourneyEvent['data'];

/** What is the same for all recipients that were told the same by the same host. */
export function attemptData(peer: AttemptPeer | null, enhanced: string, reply: string): EventData {
  if (peer === null) return { enhanced, reply };
  return { host: peer.host, address: peer.address, tls: peer.tls, enhanced, reply };
}

/** One event; `recipient` null: about all recipients at a domain, which `data` names. */
export function attemptEvent(kind: JourneyKind, atMs: number, recipient: string | null, data: EventData): JourneyEvent {
  return recipient === null ? { atMs, kind, data } : { atMs, kind, recipient, data };
}
