// The reception desk: takes a message that a listener (or a local program) brings, and either commits it or refuses it.
import type { Arrival } from './arrival.ts';
import { IncomingMail } from './incoming-mail.ts';
import type { ReceptionParts } from './reception-parts.ts';

export interface Reception {
  open(arrival: Arrival): IncomingMail;
}

/** Builds the reception over its parts. */
export function createReception(parts: ReceptionParts): Reception {
  return { open: (arrival) => new IncomingMail(parts, arrival) };
}
