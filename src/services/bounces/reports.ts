// The face of the reporting service: who is to be told of an outcome, and telling them. RFC 3461 §4–§5, RFC 3464.
import type { MailError } from '../../base/errors/mail-error.ts';
import type { DsnAction } from '../../formats/dsn/report.ts';
import type { BlobPlace } from '../../storage/blob-place.ts';
import type { JourneyEvent, QueuedMessage, QueuedRecipient, QueueSettlement } from '../../storage/commit-unit.ts';
import type { BodyType } from '../../storage/queue-terms.ts';

/** RFC 3464 §2.3.3. 'relayed' is said when the next hop sends no reports itself. */
export type ReportAction = DsnAction;

/** What reporting needs to know of the envelope. */
export type ReportedMessage = Pick<QueuedMessage, 'reversePath' | 'envid' | 'ret' | 'smtputf8' | 'queuedAtMs'>;

export interface ReportedRecipient {
  readonly recipient: Pick<QueuedRecipient, 'forwardPath' | 'orcpt' | 'notify'>;
  readonly action: ReportAction;
  readonly enhanced: string;
  /** The next hop's words, or ours; null: nothing to say. */
  readonly text: string | null;
  /** Who said it; null: we. */
  readonly host: string | null;
}

export interface ReportRequest {
  readonly unitId: number;
  readonly message: ReportedMessage;
  /** Where the message is, or its beginning where it is not stored (yet). */
  readonly original: BlobPlace | { readonly octets: Buffer; readonly isComplete: boolean };
  readonly recipients: readonly ReportedRecipient[];
  readonly atMs: number;
  /** Until when a delayed message is tried. */
  readonly retryUntilMs: number | null;
  /** What leaves the queue, and the events that are written, in the same transaction. */
  readonly settlement: QueueSettlement | null;
}

export interface Reports {
  /** Whether somebody is told of this outcome; `passedOn`: the next hop took NOTIFY over (RFC 3461 §5.2.1). */
  wants(
    message: ReportedMessage,
    recipient: ReportedRecipient['recipient'],
    action: ReportAction,
    passedOn: boolean,
  ): boolean;
  /** Builds and commits the report, and the settlement with it; rejects when the store does. */
  submit(request: ReportRequest): Promise<void>;
}

/** A finished report on its way: null sender, one recipient, NOTIFY=NEVER. */
export interface ReportLetter {
  /** addr-spec. */
  readonly to: string;
  /** With angle brackets. */
  readonly messageId: string;
  readonly octets: Buffer;
  readonly body: BodyType;
  readonly smtputf8: boolean;
  /** The unit that it reports on. */
  readonly aboutUnitId: number;
  /** For the journey of the report itself. */
  readonly events: readonly JourneyEvent[];
  /** To be committed in the unit that carries the report (`CommitUnit.settlement`). */
  readonly settlement: QueueSettlement;
}

/**
 * Routes and commits a report: into a local mailbox or the queue, with its settlement in the same unit. Resolves with null
 * when durable; with a refusal when its recipient cannot have it (no such mailbox here, or it is full), and then nothing
 * of it is committed, the settlement neither.
 */
export type SubmitReport = (letter: ReportLetter) => Promise<MailError | null>;
