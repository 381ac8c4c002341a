// The way of a message as one timeline: the hops that its Received lines tell (RFC 5321 §4.4) and our own events.
import { SyntaxFault } from '../../base/errors/syntax-fault.ts';
import { formatQueueId, parseQueueId } from '../../base/ids/queue-id.ts';
import { fieldValue, findFields, scanHeader } from '../../formats/header/scan.ts';
import { HEADER_MAX_OCTETS } from '../../formats/header/limits.ts';
import { parseReceived, type ReceivedHop } from '../../formats/received.ts';
import type { JourneyEvent, JourneyKind } from '../../storage/commit-unit.ts';
import { findAccount } from '../../storage/records/accounts.ts';
import { listAccountAddresses } from '../../storage/records/addresses.ts';
import { findPlace } from '../../storage/records/blobs.ts';
import { findJourneys, journeyWord, listJourneys, readJourney, type Journey } from '../../storage/records/journey.ts';
import type { Store } from '../../storage/store.ts';
import {
  TRACE_ADDRESSES_MAX,
  TRACE_CANDIDATES_MAX,
  TRACE_HOPS_MAX,
  TRACE_JOURNEYS_MAX,
  TRACE_STEPS_MAX,
} from './limits.ts';
import { isFoundBy, viewJourney, type Viewer, type ViewRole, type VisibleJourney } from './visible.ts';

export interface TraceRequest {
  /** A message id, an address or a queue id; null: the newest messages. */
  readonly query: string | null;
  /** `accountId` null: the administrator, who sees everything. */
  readonly viewer: { readonly accountId: number | null };
  /** At most TRACE_JOURNEYS_MAX. */
  readonly limit: number;
}

export interface TraceStep {
  /** 'hop': a Received line of a server before us, whose clock may differ. */
  readonly kind: 'hop' | JourneyKind;
  /** null: the line tells no time. */
  readonly atMs: number | null;
  /** Since the last step before that tells a time. Received lines tell whole seconds. */
  readonly delayMs: number | null;
  /** null: the whole message. */
  readonly recipient: string | null;
  /** The other end: of a hop and of `received` the client, of an attempt the server. */
  readonly host: string | null;
  readonly address: string | null;
  readonly tls: string | null;
  /** SMTP, ESMTPS, … */
  readonly protocol: string | null;
  /** Whose line it is; only of hops. */
  readonly by: string | null;
  /** The remote's words, or ours where it said nothing. */
  readonly reply: string | null;
  /** The rest of what the event says. */
  readonly data: JourneyEvent['data'];
}

export interface MessageTrace {
  readonly queueId: string;
  readonly messageId: string | null;
  /** '' for the null sender. */
  readonly reversePath: string;
  readonly role: ViewRole;
  /** Whether the message itself is still here; without it there are no hops. */
  readonly stored: boolean;
  /** The oldest first. */
  readonly steps: readonly TraceStep[];
  /** From the first step to the last. */
  readonly totalMs: number | null;
}

type TraceStore = Pick<Store, 'read' | 'readBlob'>;

/** The journeys that the question names and the viewer may see, the newest first. Rejects with MailError. */
export async function traceMessages(store: TraceStore, request: TraceRequest): Promise<MessageTrace[]> {
  const viewer = await describeViewer(store, request.viewer.accountId);
  const limit = Math.min(request.limit, TRACE_JOURNEYS_MAX);
  const traces: MessageTrace[] = [];
  for (const unitId of await candidates(store, request.query, viewer)) {
    if (traces.length >= limit) break;
    const journey = await readJourney(store.read, unitId);
    const visible = journey === null ? null : viewJourney(journey, viewer);
    if (journey === null || visible === null || !isAnswer(journey, visible, request.query)) continue;
    traces.push(await traceJourney(store, journey, visible));
  }
  return traces;
}

async function describeViewer(store: TraceStore, accountId: number | null): Promise<Viewer> {
  if (accountId === null) return { accountId, words: new Set() };
  const account = await findAccount(store.read, accountId);
  const addresses = await listAccountAddresses(store.read, accountId, TRACE_ADDRESSES_MAX);
  const own = account === null ? addresses : [account.address, ...addresses];
  return { accountId, words: new Set(own.map(journeyWord)) };
}

/** Units that the question may be about, the newest first. */
async function candidates(store: TraceStore, query: string | null, viewer: Viewer): Promise<number[]> {
  if (query !== null) {
    const unitId = unitOf(query);
    const found = await findJourneys(store.read, query, TRACE_CANDIDATES_MAX);
    return unitId === null ? found : [unitId, ...found.filter((id) => id !== unitId)];
  }
  if (viewer.accountId === null) return await listJourneys(store.read, Number.MAX_SAFE_INTEGER, TRACE_JOURNEYS_MAX);
  const own = new Set<number>();
  for (const word of viewer.words)
    for (const unitId of await findJourneys(store.read, word, TRACE_CANDIDATES_MAX)) own.add(unitId);
  return [...own].sort((a, b) => b - a).slice(0, TRACE_CANDIDATES_MAX);
}

/** The unit that the text is the queue id of; null when it is none. */
function unitOf(query: string): number | null {
  try {
    return parseQueueId(query.trim());
  } catch (error) {
    if (error instanceof SyntaxFault) return null;
    throw error;
  }
}

/** Somebody else's recipient must not find the message: the answer alone would tell that it was one. */
function isAnswer(journey: Journey, visible: VisibleJourney, query: string | null): boolean {
  if (query === null || visible.role !== 'recipient' || unitOf(query) === journey.unitId) return true;
  return isFoundBy(journeyWord(query), journey, visible);
}

async function traceJourney(store: TraceStore, journey: Journey, visible: VisibleJourney): Promise<MessageTrace> {
  const queueId = formatQueueId(journey.unitId);
  const header = await readHeader(store, journey.unitId);
  const hops = header === null ? [] : readHops(header, queueId, visible.role);
  const steps = withDelays([...hops, ...visible.events.map(eventStep)].slice(0, TRACE_STEPS_MAX));
  const times = steps.flatMap((step) => step.atMs ?? []);
  const [first] = times;
  const last = times.at(-1);
  return {
    queueId,
    messageId: journey.messageId,
    reversePath: journey.reversePath,
    role: visible.role,
    stored: header !== null,
    steps,
    totalMs: first === undefined || last === undefined ? null : Math.max(0, last - first),
  };
}

async function readHeader(store: TraceStore, unitId: number): Promise<Buffer | null> {
  const place = await findPlace(store.read, unitId);
  if (place === null) return null;
  try {
    return await store.readBlob(place, 0, Math.min(place.length, HEADER_MAX_OCTETS));
  } catch (error) {
    // It may have gone since its place was read.
    if ((await findPlace(store.read, unitId)) === null) return null;
    throw error;
  }
}

type Step = Omit<TraceStep, 'delayMs'>;

/** The hops before us, the oldest first. Our own line says less than our `received` event does. */
function readHops(header: Buffer, queueId: string, role: ViewRole): Step[] {
  const block = scanHeader(header);
  const hops = findFields(block, 'received')
    .slice(0, TRACE_HOPS_MAX)
    .map((field) => parseReceived(fieldValue(block, field)));
  if (hops[0]?.id === queueId) hops.shift();
  return hops.reverse().map((hop) => hopStep(hop, role));
}

function hopStep(hop: ReceivedHop, role: ViewRole): Step {
  return {
    kind: 'hop',
    atMs: hop.atMs,
    recipient: role === 'recipient' ? null : hop.for,
    host: hop.from,
    address: hop.ip,
    tls: hop.comments.find((comment) => /\bTLS|\bSSL/iu.test(comment)) ?? null,
    protocol: hop.protocol,
    by: hop.by,
    reply: null,
    data: hop.id === null ? {} : { id: hop.id },
  };
}

function eventStep(event: JourneyEvent): Step {
  const { host, helo, address, tls, protocol, reply, ...data } = event.data;
  return {
    kind: event.kind,
    atMs: event.atMs,
    recipient: event.recipient ?? null,
    host: text(host) ?? text(helo),
    address: text(address),
    tls: text(tls),
    protocol: text(protocol),
    by: null,
    reply: text(reply),
    data: host !== undefined && helo !== undefined ? { ...data, helo } : data,
  };
}

function text(value: string | number | boolean | null | undefined): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}

function withDelays(steps: readonly Step[]): TraceStep[] {
  let before: number | null = null;
  return steps.map((step) => {
    if (before === null || step.atMs === null) {
      before = step.atMs ?? before;
      return { ...step, delayMs: null };
    }
    // Our own clock does not run backwards: events of one commit may have been noted in another order.
    const delayMs = step.kind === 'hop' ? step.atMs - before : Math.max(0, step.atMs - before);
    before = step.kind === 'hop' ? step.atMs : Math.max(step.atMs, before);
    return { ...step, delayMs };
  });
}
