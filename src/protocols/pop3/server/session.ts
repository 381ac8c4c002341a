// What the POP3 server library needs from the house. One session object per connection. The library owns the dialog
// (grammar, states, TLS, the SASL exchange, dot-stuffing, limits); the session decides and reads.
import type { ChannelBinding, SaslAccount, SaslServer, SaslVerdict } from '../../sasl/index.ts';

type MaybePromise<T> = T | Promise<T>;

export type Pop3Service = 'pop3' | 'pop3s';

/** The client at the other end; IPv4-mapped addresses as IPv4. */
export interface Pop3Peer {
  readonly service: Pop3Service;
  readonly address: string;
  readonly port: number;
  readonly localAddress: string;
  readonly localPort: number;
}

export interface Pop3TlsState {
  /** e.g. 'TLSv1.3' */
  readonly version: string;
  /** e.g. 'TLS_AES_256_GCM_SHA384' */
  readonly cipher: string;
  readonly servername?: string;
  /** What SCRAM-SHA-256-PLUS can bind to on this connection; made when asked for. */
  readonly channelBindings: () => readonly ChannelBinding[];
}

/** Changes as the dialog goes on; the same object for the whole connection. */
export interface Pop3DialogState {
  readonly peer: Pop3Peer;
  tls: Pop3TlsState | null;
  /** Who signed in. */
  account: SaslAccount | null;
  /** RFC 6856 §2: the client said UTF8. */
  utf8: boolean;
}

/** The octets of one message: `prefix` (may be empty) then the body, CRLF lines, not dot-stuffed. */
export interface MessageOctets {
  readonly prefix: Buffer;
  /** One Buffer for small messages; pieces of at most 256 kB, read on demand, for large ones. */
  readonly body: Buffer | AsyncIterable<Buffer>;
}

/** A mailbox as it was at sign-in, locked for this session. Indexes count from 0; deleted marks are the library's. */
export interface Pop3Maildrop {
  readonly count: number;
  /** Octets of the message as RETR sends it, before dot-stuffing. */
  size(index: number): number;
  /** RFC 1939 §7: 1 to 70 printable characters, unique in the mailbox, the same in every session. */
  uidl(index: number): string;
  /** A Buffer at once when it is at hand (read-ahead), else a promise. Rejects with MailError. */
  open(index: number): MaybePromise<MessageOctets>;
  /** UPDATE state: removes these messages for ever; resolves when that is durable. Rejects with MailError. */
  remove(indexes: readonly number[]): Promise<void>;
  /** Gives the lock back; called once, however the session ended. */
  close(): MaybePromise<void>;
}

export interface Pop3ServerSession {
  /** Before the banner. A text refuses the connection with -ERR [SYS/TEMP]. */
  connect(state: Pop3DialogState): MaybePromise<string | null>;
  /** May USER and PASS be used in this state (TLS, or a network that is named for it)? */
  passwordAllowed(state: Pop3DialogState): boolean;
  /** SASL mechanisms to advertise in this state; empty: none. */
  saslMechanisms(state: Pop3DialogState): readonly string[];
  /** A SASL exchange for this mechanism, or null when it is not on offer now. */
  startSasl(mechanism: string, state: Pop3DialogState): MaybePromise<SaslServer | null>;
  /** USER and PASS. */
  checkPassword(name: string, password: string, state: Pop3DialogState): Promise<SaslVerdict>;
  /** Locks and takes the snapshot for `state.account`. Rejects with MailError: mailbox-in-use, storage-failed … */
  openMaildrop(state: Pop3DialogState): Promise<Pop3Maildrop>;
  /** The connection is over, however it ended. */
  close(): void;
}
