// What the relay asks of the reporting service (src/services/bounces): who is to be told, and telling them.
import type { QueueSettlement } from '../../storage/commit-unit.ts';
import type { WaitingRecipient } from '../../storage/queue-store.ts';
import type { Job } from './job.ts';

/** RFC 3464 §2.3.3: 'relayed' is said when the next hop sends no reports itself. */
export type ReportAction = 'failed' | 'delayed' | 'relayed';

export interface ReportedRecipient {
  readonly recipient: WaitingRecipient;
  readonly action: ReportAction;
  readonly enhanced: string;
  /** The next hop's words, or ours. */
  readonly text: string;
  /** Who said it; null: we. */
  readonly host: string | null;
  /** The text is an SMTP reply. */
  readonly isReply: boolean;
}

export interface ReportRequest {
  readonly job: Pick<Job, 'unitId' | 'place' | 'message'>;
  readonly recipients: readonly ReportedRecipient[];
  readonly atMs: number;
  /** Until when a delayed message is tried. */
  readonly retryUntilMs: number;
  /** What leaves the queue in the same transaction; null with delays. */
  readonly settlement: QueueSettlement | null;
}

export interface Reports {
  /** Whether somebody is told of this outcome (RFC 3461 §4.1, §5.2); `passedOn`: the next hop took NOTIFY over. */
  wants(message: Job['message'], recipient: WaitingRecipient, action: ReportAction, passedOn: boolean): boolean;
  /** Builds and commits the report, and the settlement with it; rejects when the store does. */
  submit(request: ReportRequest): Promise<void>;
}
