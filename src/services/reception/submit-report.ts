// Brings a finished report on its way: into a local mailbox or the queue, in one unit with what it settles.
import { parseAddrSpec } from '../../formats/address/parse.ts';
import { formatReceived } from '../../formats/received.ts';
import { scanHeader } from '../../formats/header/scan.ts';
import { formatQueueId } from '../../base/ids/queue-id.ts';
import { MailError } from '../../base/errors/mail-error.ts';
import type { Clock } from '../../base/clock.ts';
import type { CommitUnit } from '../../storage/commit-unit.ts';
import type { Store } from '../../storage/store.ts';
import type { ReportLetter, SubmitReport } from '../bounces/reports.ts';
import type { Directory } from '../directory/directory.ts';
import type { AcceptedRecipient } from './arrival.ts';
import { placeRecipients, type Placement } from './placement.ts';
import { refusalOf } from './recipient-judge.ts';

export interface SubmitReportParts {
  readonly store: Store;
  readonly directory: Pick<Directory, 'resolve'>;
  readonly clock: Clock;
  readonly hostname: string;
  readonly expiryMs: number;
  /** Told of each report that is on its way: copies put into mailboxes here. */
  readonly onEnd?: (copies: number) => void;
}

const NOBODY = new MailError('account-unknown', 'Nobody takes this report', { temporary: false });

/** Builds the function that the bounces service hands its letters to. */
export function createSubmitReport(parts: SubmitReportParts): SubmitReport {
  return async (letter) => {
    const { store, clock } = parts;
    const placement = await place(letter, parts);
    if (placement instanceof MailError) return placement;
    const id = store.newUnitId();
    const base = {
      id,
      journey: { messageId: letter.messageId, reversePath: '', accountId: null },
      settlement: letter.settlement,
    };
    const writer = store.openMessage();
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
    parts.onEnd?.(placement.deliveries.length);
    return null;
  };
}

async function place(letter: ReportLetter, parts: SubmitReportParts): Promise<Placement | MailError> {
  const { store, clock, directory } = parts;
  const forwardPath = parseAddrSpec(letter.to, { allowUtf8: true });
  if (forwardPath === null) return new MailError('account-unknown', 'Not an address', { temporary: false });
  const verdict = await directory.resolve(forwardPath);
  const refusal = await refusalOf(verdict, 'anywhere', store.read);
  // Not a word about the recipient: whoever waits for the report tries again.
  if (refusal !== null && verdict.kind === 'temporary' && verdict.reason === 'directory-unavailable') throw refusal;
  if (refusal !== null || (verdict.kind !== 'deliver' && verdict.kind !== 'relay')) return refusal ?? NOBODY;
  const accepted: AcceptedRecipient = { recipient: { forwardPath, parameters: { notify: [] } }, verdict };
  const placement = await placeRecipients({
    reversePath: null,
    recipients: [accepted],
    block: scanHeader(letter.octets),
    contentRefusal: null,
    size: letter.octets.length,
    read: store.read,
    clock,
  });
  if (placement.deliveries.length > 0 || placement.queued.length > 0) return placement;
  return placement.refusals[0] ?? NOBODY;
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
