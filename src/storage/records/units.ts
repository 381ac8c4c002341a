// The commit of one unit: octets, copies in folders, queue rows, journey. All of it or nothing.
import { MailError } from '../../base/errors/mail-error.ts';
import type { CommitUnit, JourneyHead, QueuedMessage, QueueSettlement } from '../commit-unit.ts';
import type { Transaction } from '../sql/transaction.ts';
import { addBlob, type NewRecord } from './blobs.ts';
import { appendJourney } from './journey.ts';
import { addMessage } from './messages.ts';
import { addToQueue, settleQueue } from './queue.ts';

/** A unit as it crosses from a thread to the writer: octets as latin1 text (a view would drag its whole pool along). */
export interface UnitCall {
  readonly id: number;
  readonly deliveries: readonly {
    readonly accountId: number;
    readonly mailbox: string;
    readonly prefix: string;
    readonly flags: readonly string[];
    readonly internalDateMs: number | null;
    readonly uidl: string | null;
  }[];
  readonly queued: QueuedMessage | null;
  readonly journey: JourneyHead;
  /** JSON of the events. */
  readonly events: string;
  readonly settlement: QueueSettlement | null;
}

/** The unit as it is sent to the writer. */
export function toUnitCall(unit: CommitUnit): UnitCall {
  return {
    id: unit.id,
    deliveries: unit.deliveries.map((delivery) => ({
      accountId: delivery.accountId,
      mailbox: delivery.mailbox,
      prefix: Buffer.from(delivery.prefix.buffer, delivery.prefix.byteOffset, delivery.prefix.length).toString(
        'latin1',
      ),
      flags: delivery.flags ?? [],
      internalDateMs: delivery.internalDateMs ?? null,
      uidl: delivery.uidl ?? null,
    })),
    queued: unit.queued,
    journey: unit.journey,
    events: JSON.stringify(unit.events),
    settlement: unit.settlement ?? null,
  };
}

/** Commits a unit; `record` is null when nobody gets the octets (all recipients discarded it). */
export async function commitUnit(tx: Transaction, unit: UnitCall, record: NewRecord | null): Promise<void> {
  if (record !== null) {
    await addBlob(tx, unit.id, record, unit.deliveries.length + (unit.queued === null ? 0 : 1));
    for (const delivery of unit.deliveries) await deliver(tx, unit.id, delivery, record);
    if (unit.queued !== null)
      await addToQueue(
        tx,
        { id: unit.id, segment: record.segment, offset: record.position, length: record.length },
        unit.queued,
      );
  }
  await appendJourney(tx, { unitId: unit.id, head: unit.journey, text: unit.events });
  if (unit.settlement !== null) await settleQueue(tx, [unit.settlement]);
}

async function deliver(
  tx: Transaction,
  blobId: number,
  delivery: UnitCall['deliveries'][number],
  record: NewRecord,
): Promise<void> {
  const mailboxId =
    (await tx.numbers.findFolder(delivery.accountId, delivery.mailbox)) ??
    (await tx.numbers.findFolder(delivery.accountId, 'INBOX'));
  const uid =
    mailboxId === null
      ? null
      : await addMessage(tx, {
          accountId: delivery.accountId,
          mailboxId,
          blobId,
          recordLength: record.length,
          prefix: Buffer.from(delivery.prefix, 'latin1'),
          internalDateMs: delivery.internalDateMs ?? tx.nowMs,
          flags: delivery.flags,
          ...(delivery.uidl === null ? {} : { uidl: delivery.uidl }),
        });
  // It was there when the message was routed: the sender tries again and hears what is true then.
  if (uid === null)
    throw new MailError('account-unknown', 'the mailbox has just been removed, try again', { temporary: true });
}
