// What became of an attempt, as values: one outcome for each recipient, and what it means for the connection.
import type { SmtpReply } from '../reply.ts';

/** Where in the dialog it was decided. */
export type ClientPhase = 'connect' | 'tls' | 'greeting' | 'ehlo' | 'auth' | 'mail' | 'rcpt' | 'data' | 'body';

/** The other end, as reports and the journey name it. */
export interface RemotePeer {
  readonly host: string;
  readonly address: string;
  /** e.g. 'TLSv1.3 TLS_AES_256_GCM_SHA384'; null: in the clear. */
  readonly tls: string | null;
}

export type RecipientOutcome = {
  /** 'unsent': nothing was decided and no octet of the message was sent; another connection may try at once. */
  readonly kind: 'relayed' | 'deferred' | 'failed' | 'unsent';
  readonly phase: ClientPhase;
  /** What the server said; null where it said nothing. */
  readonly reply: SmtpReply | null;
  /** The server's enhanced code, or the one that fits. */
  readonly enhanced: string;
  /** The server's words, or ours where it said nothing. */
  readonly text: string;
};

export interface TransactionResult {
  /** In the order of the recipients. */
  readonly outcomes: readonly RecipientOutcome[];
  readonly peer: RemotePeer;
  /** The server's DSN extension took the NOTIFY parameters over (RFC 3461 §5.2.1). */
  readonly dsnPassedOn: boolean;
  /**
   * The server took some recipients and refused the rest as too many (RFC 5321 §4.5.3.1.10): how many it takes at a
   * time; the refused ones are `unsent`.
   */
  readonly recipientsMax: number | null;
}

/** Why there is no connection. */
export interface OpenRefusal {
  readonly kind: 'refused';
  readonly phase: ClientPhase;
  readonly temporary: boolean;
  readonly reply: SmtpReply | null;
  readonly enhanced: string;
  readonly text: string;
  readonly peer: RemotePeer;
}

/** The first words of a reply, for people. */
export function replyText(reply: SmtpReply): string {
  return `${reply.code}${reply.enhanced === undefined ? '' : ` ${reply.enhanced}`} ${reply.lines.join(' ')}`.trim();
}
