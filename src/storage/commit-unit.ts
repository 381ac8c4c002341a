// One commit unit: everything that accepting one message means. It becomes durable whole or not at all, and only then
// may anyone answer 250.
import type { BodyType, Notify } from './queue-terms.ts';

/** A copy for one local mailbox. */
export interface LocalDelivery {
  readonly accountId: number;
  /** The folder's role or name; 'INBOX' unless a rule says otherwise. A folder that is not there becomes INBOX. */
  readonly mailbox: string;
  /** Exactly this folder instead, or the unit fails with mailbox-unknown. */
  readonly mailboxId?: number;
  /** Return-Path and Delivered-To: belongs to the mailbox row, never to the shared record. */
  readonly prefix: Uint8Array;
  /** System flags and keywords it arrives with. */
  readonly flags?: readonly string[];
  /** Absent: now. */
  readonly internalDateMs?: number;
  /** Of the internal date, minutes east of UTC. Absent: 0. */
  readonly zoneMinutes?: number;
  /** Given by an import; kept if it may be (RFC 1939 §7) and is not taken. Absent: the house makes one. */
  readonly uidl?: string;
  /** Not stored when the same Message-ID has just been stored in this folder; the place is then that of the other. */
  readonly once?: boolean;
}

/** Where a copy has got to. */
export interface PlacedMessage {
  readonly mailboxId: number;
  readonly uid: number;
}

/** A message that goes when the unit comes, RFC 8508 §3. */
export interface ReplacedMessage {
  readonly accountId: number;
  readonly mailboxId: number;
  readonly uid: number;
}

export interface QueuedRecipient {
  /** addr-spec as it will be sent; UTF-8 where the address has it. */
  readonly forwardPath: string;
  /** Where it is routed: A-label domain in lower case, or an address literal. */
  readonly domain: string;
  /** 'type;address' of RFC 3461 §4.2, or null. */
  readonly orcpt: string | null;
  /** null: NOTIFY was not given. */
  readonly notify: readonly Notify[] | null;
}

export interface QueuedMessage {
  /** When it was accepted; its age decides the time of each retry. */
  readonly queuedAtMs: number;
  /** addr-spec, '' for the null sender. */
  readonly reversePath: string;
  /** Who submitted it; null when it came unauthenticated. */
  readonly accountId: number | null;
  readonly body: BodyType;
  readonly smtputf8: boolean;
  readonly requiretls: boolean;
  readonly ret: 'FULL' | 'HDRS' | null;
  readonly envid: string | null;
  readonly priority: number;
  readonly deliverBy: { readonly atMs: number; readonly mode: 'R' | 'N'; readonly trace: boolean } | null;
  readonly notBeforeMs: number;
  readonly expiresAtMs: number;
  readonly held: boolean;
  readonly recipients: readonly QueuedRecipient[];
}

export type JourneyKind =
  | 'received'
  | 'refused'
  | 'routed'
  | 'expanded'
  | 'delivered'
  | 'queued'
  | 'attempted'
  | 'relayed'
  | 'deferred'
  | 'failed'
  | 'expired'
  | 'reported'
  | 'removed';

export interface JourneyEvent {
  readonly atMs: number;
  readonly kind: JourneyKind;
  /** The recipient that the event is about; absent: the whole message. */
  readonly recipient?: string;
  /**
   * Small and flat: host, address, tls, reply, … Never a subject, a password or somebody else's Bcc. In `received` and
   * `refused`, `address` is the client's; it may be shortened after some days.
   */
  readonly data: Readonly<Record<string, string | number | boolean | null>>;
}

/** Recipients that leave the queue: relayed, failed, expired or removed. */
export interface QueueSettlement {
  readonly unitId: number;
  /** Their indexes in `QueuedMessage.recipients`; one that has left already is no error. */
  readonly recipients: readonly number[];
  readonly events: readonly JourneyEvent[];
}

/** What the journey of a message is found by. */
export interface JourneyHead {
  readonly messageId: string | null;
  readonly reversePath: string;
  readonly accountId: number | null;
}

export interface CommitUnit {
  /** From `newUnitId`: ordered by time, unique over all threads; also the queue id. */
  readonly id: number;
  readonly deliveries: readonly LocalDelivery[];
  readonly queued: QueuedMessage | null;
  /** null: no journey, a client has put it into a folder itself. */
  readonly journey: JourneyHead | null;
  readonly events: readonly JourneyEvent[];
  /** A report's unit: the recipients that it reports leave the queue in the same transaction. */
  readonly settlement?: QueueSettlement;
  readonly replaces?: ReplacedMessage;
}
