// The commit of one unit: octets, copies in folders, queue rows, journey. All of it or nothing.
import { MailError } from '../../base/errors/mail-error.ts';
import type {
  CommitUnit,
  JourneyHead,
  PlacedMessage,
  QueuedMessage,
  QueueSettlement,
  ReplacedMessage,
} from '../commit-unit.ts';
import { type Description, NOT_DESCRIBED } from '../described-message.ts';
import type { Transaction } from '../sql/transaction.ts';
import { addBlob, type NewRecord } from './blobs.ts';
import { sweepEmails } from './emails.ts';
import { appendJourney } from './journey.ts';
import { removeSet } from './message-sets.ts';
import { addMessage, findStored } from './messages.ts';
import { addToQueue, settleQueue } from './queue.ts';

/** A unit as it crosses from a thread to the writer: octets as latin1 text (a view would drag its whole pool along). */
export interface UnitCall extends Description {
  readonly id: number;
  readonly deliveries: readonly {
    readonly accountId: number;
    readonly mailbox: string;
    readonly mailboxId: number | null;
    readonly prefix: string;
    readonly flags: readonly string[];
    readonly internalDateMs: number | null;
    readonly zoneMinutes: number;
    readonly uidl: string | null;
    readonly once: boolean;
  }[];
  readonly queued: QueuedMessage | null;
  readonly journey: JourneyHead | null;
  /** JSON of the events. */
  readonly events: string;
  readonly settlement: QueueSettlement | null;
  readonly replaces: ReplacedMessage | null;
}

/** The unit as it is sent to the writer, with what was derived from its octets. */
export function toUnitCall(unit: CommitUnit, description: Description = NOT_DESCRIBED): UnitCall {
  return {
    id: unit.id,
    deliveries: unit.deliveries.map((delivery) => ({
      accountId: delivery.accountId,
      mailbox: delivery.mailbox,
      mailboxId: delivery.mailboxId ?? null,
      prefix: Buffer.from(delivery.prefix.buffer, delivery.prefix.byteOffset, delivery.prefix.length).toString(
        'latin1',
      ),
      flags: delivery.flags ?? [],
      internalDateMs: delivery.internalDateMs ?? null,
      zoneMinutes: delivery.zoneMinutes ?? 0,
      uidl: delivery.uidl ?? null,
      once: delivery.once ?? false,
    })),
    queued: unit.queued,
    journey: unit.journey,
    events: JSON.stringify(unit.events),
    settlement: unit.settlement ?? null,
    replaces: unit.replaces ?? null,
    ...description,
  };
}

/** Commits a unit; `record` is null when nobody gets the octets (all recipients discarded it). Where each copy is. */
export async function commitUnit(tx: Transaction, unit: UnitCall, record: NewRecord | null): Promise<PlacedMessage[]> {
  const placed = record === null ? [] : await placeOctets(tx, unit, record);
  if (unit.replaces !== null) await replaceMessage(tx, unit.replaces);
  await appendJourney(tx, { unitId: unit.id, head: unit.journey, text: unit.events });
  if (unit.settlement !== null) await settleQueue(tx, [unit.settlement]);
  return placed;
}

/** Commits units that become visible together (RFC 3502 §3), in their order. */
export async function commitUnits(
  tx: Transaction,
  units: readonly { readonly unit: UnitCall; readonly record: NewRecord }[],
): Promise<PlacedMessage[][]> {
  const placed: PlacedMessage[][] = [];
  for (const { unit, record } of units) placed.push(await commitUnit(tx, unit, record));
  return placed;
}

async function placeOctets(tx: Transaction, unit: UnitCall, record: NewRecord): Promise<PlacedMessage[]> {
  const places: (PlacedMessage | { readonly mailboxId: number })[] = [];
  const accounts = new Set<number>();
  for (const delivery of unit.deliveries) {
    const mailboxId = await findTarget(tx, delivery);
    const there = delivery.once ? await findStored(tx, delivery.accountId, mailboxId, unit.messageIds) : null;
    places.push(there ?? { mailboxId });
    if (there === null) accounts.add(delivery.accountId);
  }
  const refs = accounts.size + (unit.queued === null ? 0 : 1);
  if (refs > 0) await addBlob(tx, unit.id, record, refs);
  const placed: PlacedMessage[] = [];
  for (const [index, delivery] of unit.deliveries.entries()) {
    const place = places[index]!;
    if ('uid' in place) placed.push(place);
    else placed.push(await deliver(tx, unit, delivery, { record, mailboxId: place.mailboxId, accounts }));
  }
  if (unit.queued !== null)
    await addToQueue(
      tx,
      { id: unit.id, segment: record.segment, offset: record.position, length: record.length },
      unit.queued,
    );
  return placed;
}

type Delivery = UnitCall['deliveries'][number];

async function findTarget(tx: Transaction, delivery: Delivery): Promise<number> {
  if (delivery.mailboxId !== null) return delivery.mailboxId;
  const found =
    (await tx.numbers.findFolder(delivery.accountId, delivery.mailbox)) ??
    (await tx.numbers.findFolder(delivery.accountId, 'INBOX'));
  // It was there when the message was routed: the sender tries again and hears what is true then.
  if (found === null) throw accountGone();
  return found;
}

function accountGone(): MailError {
  return new MailError('account-unknown', 'the mailbox has just been removed, try again', { temporary: true });
}

interface DeliveryPlace {
  readonly record: NewRecord;
  readonly mailboxId: number;
  /** Those that get an email row yet. */
  readonly accounts: Set<number>;
}

async function deliver(
  tx: Transaction,
  unit: UnitCall,
  delivery: Delivery,
  { record, mailboxId, accounts }: DeliveryPlace,
): Promise<PlacedMessage> {
  const message = {
    accountId: delivery.accountId,
    mailboxId,
    blobId: unit.id,
    recordLength: record.length,
    prefix: Buffer.from(delivery.prefix, 'latin1'),
    internalDateMs: delivery.internalDateMs ?? tx.nowMs,
    zoneMinutes: delivery.zoneMinutes,
    flags: delivery.flags,
    described: unit.described,
    messageIds: unit.messageIds,
    threadHashes: unit.threadHashes,
    ...(delivery.uidl === null ? {} : { uidl: delivery.uidl }),
  };
  const uid = await addMessage(tx, message, accounts.delete(delivery.accountId));
  if (uid === null)
    throw delivery.mailboxId === null
      ? accountGone()
      : new MailError('mailbox-unknown', 'the mailbox has just been removed', { temporary: false });
  return { mailboxId, uid };
}

async function replaceMessage(tx: Transaction, { accountId, mailboxId, uid }: ReplacedMessage): Promise<void> {
  const { count } = await removeSet(tx, { accountId, mailboxId }, [uid, uid], { onlyDeleted: false });
  if (count === 0) throw new MailError('mailbox-unknown', 'the message is not there any more', { temporary: false });
  await sweepEmails(tx, accountId, 1);
}
