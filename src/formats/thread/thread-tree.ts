// What threading takes and gives, RFC 5256 §3: messages with their keys, and trees of them in order.

export interface ThreadedMessage {
  readonly uid: number;
  readonly messageId: string | null;
  /** Oldest first. */
  readonly references: readonly string[];
  /** The base subject's key under a collation; '' for none. */
  readonly subject: string;
  readonly isReplyOrForward: boolean;
  /** The sent date, or where there is none the internal date, in milliseconds. */
  readonly sentAtMs: number;
}

export interface ThreadNode {
  /** null: a message that is not there holds its answers together. */
  readonly uid: number | null;
  readonly children: readonly ThreadNode[];
}

/** Compares by date, and those of one date by uid. */
export function compareSent(a: ThreadedMessage, b: ThreadedMessage): number {
  return a.sentAtMs - b.sentAtMs || a.uid - b.uid;
}
