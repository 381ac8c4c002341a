// Brings a finished report on its way: into a local mailbox or the queue, in one unit with what it settles.
import { parseAddrSpec } from '../../formats/address/parse.ts';
import { formatReceived } from '../../formats/received.ts';
import { scanHeader } from '../../formats/header/scan.ts';
import { formatQueueId } from '../../base/ids/queue-id.ts';
import type { Clock } from '../../base/clock.ts';
import type { CommitUnit, JourneyEvent } from '../../storage/commit-unit.ts';
import type { Store } from '../../storage/store.ts';
import type { ReportLetter, SubmitReport } from '../bounces/reports.ts';
import type { Directory } from '../directory/directory.ts';
import type { AcceptedRecipient } from './arrival.ts';
import { placeRecipients, type Placement } from './placement.ts';

export interface SubmitReportParts {
  readonly store: Store;
  readonly directory: Pick<Directory, 'resolve'>;
  readonly clock: Clock;
  readonly hostname: string;
  readonly expiryMs: number;
}

/** Builds the function that the bounces service hands its letters to. */
export function createSubmitReport(parts: SubmitReportParts): SubmitReport {
  return async (letter) => {
    const { store, clock } = parts;
    const id = store.newUnitId();
    const placement = await place(letter, parts);
    const base = {
      id,
      journey: { messageId: letter.messageId, reversePath: '', accountId: null },
      settlement: letter.settlement,
    };
    const writer = store.openMessage();
    if (placement.deliveries.length === 0 && placement.queued.length === 0) {
      const lost: JourneyEvent = {
        atMs: clock.now(),
        kind: 'failed',
        recipient: letter.to,
        data: { reason: 'nobody takes this report' },
      };
      await writer.commit(Buffer.alloc(0), { ...base, deliveries: [], queued: null, events: [...letter.events, lost] });
      return;
    }
    await writer.write(letter.octets);
    const received = formatReceived({
      from: null,
      by: parts.hostname,
      protocol: 'local',
      tls: null,
      id: formatQueueId(id),
      for: null,
      atMs: clock.now(),
      zoneMinutes: 0,
    });
    await writer.commit(Buffer.from(received), unitOf(base, letter, placement, parts));
  };
}

async function place(letter: ReportLetter, parts: SubmitReportParts): Promise<Placement> {
  const { store, clock, directory } = parts;
  const forwardPath = parseAddrSpec(letter.to, { allowUtf8: true });
  const nobody: Placement = { deliveries: [], queued: [], events: [], refusals: [] };
  if (forwardPath === null) return nobody;
  const verdict = await directory.resolve(forwardPath);
  if (verdict.kind !== 'deliver' && verdict.kind !== 'relay') return nobody;
  const accepted: AcceptedRecipient = { recipient: { forwardPath, parameters: { notify: [] } }, verdict };
  return await placeRecipients({
    reversePath: null,
    recipients: [accepted],
    block: scanHeader(letter.octets),
    contentRefusal: null,
    size: letter.octets.length,
    read: store.read,
    clock,
  });
}

type UnitBase = Pick<CommitUnit, 'id' | 'journey'>;

function unitOf(base: UnitBase, letter: ReportLetter, placement: Placement, parts: SubmitReportParts): CommitUnit {
  const nowMs = parts.clock.now();
  return {
    ...base,
    deliveries: placement.deliveries,
    events: [...letter.events, ...placement.events],
    queued:
      placement.queued.length === 0
        ? null
        : {
            queuedAtMs: nowMs,
            reversePath: '',
            accountId: null,
            body: letter.body,
            smtputf8: letter.smtputf8,
            requiretls: false,
            ret: 'HDRS',
            envid: null,
            priority: 0,
            deliverBy: null,
            notBeforeMs: 0,
            expiresAtMs: nowMs + parts.expiryMs,
            held: false,
            recipients: placement.queued,
          },
  };
}
