// What of a journey who may see. The administrator: all. Who submitted it: all. One of its recipients: that it came, and
// what happened to the own copy. Nobody else: nothing. Invariant: no other recipient, and no count of recipients, is told
// to a recipient, so nobody's Bcc is given away.
import type { JourneyEvent } from '../../storage/commit-unit.ts';
import { journeyWord, recipientAddresses, type Journey } from '../../storage/records/journey.ts';

export interface Viewer {
  /** null: the administrator. */
  readonly accountId: number | null;
  /** `journeyWord` of each of the account's addresses. */
  readonly words: ReadonlySet<string>;
}

/** 'recipient': the viewer's own copy only. */
export type ViewRole = 'administrator' | 'sender' | 'recipient';

export interface VisibleJourney {
  readonly role: ViewRole;
  readonly events: readonly JourneyEvent[];
}

/** What a recipient may know about how the message came in. */
const ARRIVAL_DATA = ['service', 'protocol', 'tls'] as const;
/** … and, when it came from another server rather than from a user of ours, from where. */
const ORIGIN_DATA = ['helo', 'rdns', 'address', 'host'] as const;

/** The part of a journey that the viewer may see; null: nothing, not even that it exists. */
export function viewJourney(journey: Journey, viewer: Viewer): VisibleJourney | null {
  const { events } = journey;
  if (viewer.accountId === null) return { role: 'administrator', events };
  if (journey.accountId === viewer.accountId) return { role: 'sender', events };
  const own = events.filter((event) => isOwn(event, viewer));
  if (own.length === 0) return null;
  const keys = journey.accountId === null ? [...ARRIVAL_DATA, ...ORIGIN_DATA] : ARRIVAL_DATA;
  const arrival = events
    .filter((event) => event.kind === 'received' && event.recipient === undefined)
    .map((event) => ({ ...event, data: pick(event.data, keys) }));
  return { role: 'recipient', events: [...arrival, ...own] };
}

/** Whether the text that was asked for (`journeyWord`) is among what the viewer may see of the journey. */
export function isFoundBy(word: string, journey: Journey, visible: VisibleJourney): boolean {
  if (journey.messageId !== null && journeyWord(journey.messageId) === word) return true;
  if (journey.reversePath !== '' && journeyWord(journey.reversePath) === word) return true;
  return visible.events.some((event) => recipientAddresses(event).some((address) => journeyWord(address) === word));
}

/** An event says whose mailbox it is about (a group's members share the recipient), or is about an address of the viewer. */
function isOwn({ recipient, data }: JourneyEvent, viewer: Viewer): boolean {
  if (recipient === undefined) return false;
  const owner = data['account'];
  return viewer.words.has(journeyWord(typeof owner === 'string' ? owner : recipient));
}

function pick(data: JourneyEvent['data'], keys: readonly string[]): JourneyEvent['data'] {
  return Object.fromEntries(Object.entries(data).filter(([key]) => keys.includes(key)));
}
