// What the IMAP server library needs from the house. One session per connection, one account after sign-in, one mailbox
// while selected. The library owns the dialog: grammar, states, TLS, sequence numbers, formatting, limits; these decide,
// read and write. Everything rejects with MailError. Names of mailboxes are Unicode, '/' separates, INBOX is upper case.
import type { MaybePromise } from '../../../base/async/maybe-promise.ts';
import type { NumberSet } from '../../../formats/number-set.ts';
import type { ChannelBinding, SaslAccount, SaslServer, SaslVerdict } from '../../sasl/index.ts';
import type { SearchKey, SortKey, ThreadAlgorithm } from '../search-key.ts';

export type ImapService = 'imap' | 'imaps';

/** The client at the other end; IPv4-mapped addresses as IPv4. */
export interface ImapPeer {
  readonly service: ImapService;
  readonly address: string;
  readonly port: number;
  readonly localAddress: string;
  readonly localPort: number;
}

export interface ImapTlsState {
  /** e.g. 'TLSv1.3' */
  readonly version: string;
  /** e.g. 'TLS_AES_256_GCM_SHA384' */
  readonly cipher: string;
  readonly servername?: string;
  /** What SCRAM-SHA-256-PLUS can bind to on this connection; made when asked for. */
  readonly channelBindings: () => readonly ChannelBinding[];
}

/** Changes as the dialog goes on; the same object for the whole connection. */
export interface ImapDialogState {
  readonly peer: ImapPeer;
  tls: ImapTlsState | null;
  /** Who signed in. */
  account: SaslAccount | null;
}

export interface ImapServerSession {
  /** Before the greeting. A text refuses the connection with BYE. */
  connect(state: ImapDialogState): MaybePromise<string | null>;
  /** May LOGIN be used in this state (TLS, or a network that is named for it)? */
  passwordAllowed(state: ImapDialogState): boolean;
  /** SASL mechanisms to advertise in this state; empty: none. */
  saslMechanisms(state: ImapDialogState): readonly string[];
  /** A SASL exchange for this mechanism, or null when it is not on offer now. */
  startSasl(mechanism: string, state: ImapDialogState): MaybePromise<SaslServer | null>;
  /** LOGIN. */
  checkPassword(name: string, password: string, state: ImapDialogState): Promise<SaslVerdict>;
  /** The mail of `state.account`. Rejects with too-many-connections ([LIMIT]), account-disabled … */
  openAccount(state: ImapDialogState): MaybePromise<ImapAccount>;
  /** The connection is over, however it ended. */
  close(): void;
}

/** RFC 6154 §2, RFC 8457 (\Important) without the backslash and in lower case. */
export type MailboxRole = 'all' | 'archive' | 'drafts' | 'flagged' | 'important' | 'junk' | 'sent' | 'trash';

/** One line of LIST. */
export interface ListedMailbox {
  readonly name: string;
  readonly role: MailboxRole | null;
  /** False: only a name above others (\NonExistent), or a subscription whose mailbox is gone. */
  readonly exists: boolean;
  /** False: exists but holds no messages ever (\NoSelect), e.g. a shared parent. */
  readonly selectable: boolean;
  readonly subscribed: boolean;
  /** False where no child can be created (\NoInferiors). */
  readonly inferiors: boolean;
}

export interface MailboxStatus {
  readonly messages: number;
  readonly uidNext: number;
  readonly uidValidity: number;
  readonly unseen: number;
  readonly deleted: number;
  readonly deletedBytes: number;
  readonly size: number;
  readonly recent: number;
  readonly highestModSeq: number;
  /** RFC 8474 §4.1: 1 to 255 characters of A-Z a-z 0-9 _ - */
  readonly mailboxId: string;
}

export type StatusItem = keyof MailboxStatus;

/** What an append or copy made. Uids of the source and of the target go pairwise, ascending in the source. */
export interface CopyOutcome {
  readonly uidValidity: number;
  readonly sourceUids: NumberSet;
  readonly targetUids: NumberSet;
  /** Messages of the source that another session removed meanwhile. */
  readonly missing: number;
}

export interface AppendOutcome {
  readonly uidValidity: number;
  /** In the order of the command. */
  readonly uids: readonly number[];
}

/** System flags as bits: 1 \Seen, 2 \Answered, 4 \Flagged, 8 \Deleted, 16 \Draft. Keywords sorted, one space between. */
export interface FlagSet {
  readonly flags: number;
  readonly keywords: string;
}

/** One message on its way in. */
export interface ImapAppendMessage {
  /** The chunk is copied or written before the promise (if any) resolves. */
  write(chunk: Buffer): MaybePromise<void>;
}

/** APPEND: nothing is visible before `commit`, all messages of a command become visible together (RFC 3502 §3). */
export interface ImapAppend {
  /** Begins the next message. Rejects when it cannot fit (account-full, message-too-large). */
  open(options: AppendOptions): MaybePromise<ImapAppendMessage>;
  commit(): Promise<AppendOutcome>;
  abort(): void;
}

export interface AppendOptions extends FlagSet {
  /** null: now. */
  readonly internalDate: InternalDate | null;
  /** Announced octets; with CATENATE what is known so far. */
  readonly octets: number;
  /** RFC 9051 §6.3.12: sent as literal8 or UTF8 literal: NUL or UTF-8 headers are possible. */
  readonly eightBit: boolean;
}

export interface InternalDate {
  readonly atMs: number;
  /** Minutes east of Greenwich, as it was given. */
  readonly zoneMinutes: number;
}

/** The mail of the account that signed in, with what others share with it. */
export interface ImapAccount {
  /** RFC 7889: largest message that APPEND takes, in octets. */
  readonly appendMaxOctets: number;
  /** Told when the account is removed or disabled: the connection ends. */
  onRevoked?(listener: () => void): () => void;
  namespaces(): MaybePromise<ImapNamespaces>;
  /** All mailboxes this account may see, and subscriptions without mailboxes, ordered by name. */
  list(): MaybePromise<readonly ListedMailbox[]>;
  /** Rejects with mailbox-unknown. */
  status(name: string, items: ReadonlySet<StatusItem>): MaybePromise<MailboxStatus>;
  /** Gives the MAILBOXID. Rejects with mailbox-exists, mailbox-name, account-full. Missing parents are made too. */
  create(name: string, roles: readonly MailboxRole[]): Promise<string>;
  delete(name: string): Promise<void>;
  rename(from: string, to: string): Promise<void>;
  /** RFC 9051 §6.3.7: also where no such mailbox is. */
  subscribe(name: string): Promise<void>;
  unsubscribe(name: string): Promise<void>;
  open(name: string, readOnly: boolean): MaybePromise<ImapMailbox>;
  append(name: string): MaybePromise<ImapAppend>;
  /** The connection signed out or is over. */
  close(): void;
}

export interface ImapNamespace {
  readonly prefix: string;
  readonly separator: string | null;
}

/** RFC 2342 §5. */
export interface ImapNamespaces {
  readonly personal: readonly ImapNamespace[];
  readonly otherUsers: readonly ImapNamespace[];
  readonly shared: readonly ImapNamespace[];
}

/** Columns of a row; ask only for what is needed. */
export interface FetchColumns {
  readonly flags?: boolean;
  readonly internalDate?: boolean;
  readonly size?: boolean;
  readonly envelope?: boolean;
  readonly body?: boolean;
  readonly bodyStructure?: boolean;
  readonly preview?: boolean;
  readonly saveDate?: boolean;
  readonly emailId?: boolean;
  readonly threadId?: boolean;
}

/** One message as FETCH shows it; columns that were not asked for may be absent. */
export interface MessageRow {
  readonly uid: number;
  readonly flags?: number;
  readonly keywords?: string;
  readonly modSeq?: number;
  readonly internalDateMs?: number;
  readonly zoneMinutes?: number;
  /** RFC822.SIZE: octets of BODY[]. */
  readonly size?: number;
  /** On the wire as it stands: '(' … ')', 8-bit strings as literals. */
  readonly envelope?: Buffer | string;
  readonly body?: Buffer | string;
  readonly bodyStructure?: Buffer | string;
  /** RFC 8970: text without markup; null when there is none. */
  readonly preview?: string | null;
  readonly savedAtMs?: number | null;
  readonly emailId?: string;
  readonly threadId?: string | null;
}

/** The octets of one message and where its parts lie. */
export interface ImapMessage {
  readonly uid: number;
  readonly size: number;
  /** Octets [start, end) of the whole; a Buffer at once when at hand. At most 256 kB are asked for at a time. */
  read(start: number, end: number): MaybePromise<Buffer>;
  /** The parts, with offsets from the start of the message. */
  structure(): MaybePromise<MessageStructure>;
}

/** RFC 2045, as the section grammar of RFC 9051 §6.4.5.1 needs it. */
export interface MessageStructure {
  /** Octets of the whole part: its header (with the empty line) [headerStart, bodyStart), its body [bodyStart, bodyEnd). */
  readonly headerStart: number;
  readonly bodyStart: number;
  readonly bodyEnd: number;
  /** Lower case, e.g. 'text/plain'. */
  readonly mediaType: string;
  /** Content-Transfer-Encoding in lower case; '7bit' when there is none. */
  readonly encoding: string;
  /** Of a multipart its parts; of a message/rfc822 or message/global exactly one: the message inside. */
  readonly children: readonly MessageStructure[];
}

/** What happened in a mailbox after a modseq. */
export interface MailboxChanges {
  /** The account's modseq up to which this tells all. */
  readonly modSeq: number;
  /** May name messages that were there already. */
  readonly arrived: NumberSet;
  /** Flags or other metadata changed; may name messages that have gone. */
  readonly changed: NumberSet;
  readonly expunged: NumberSet;
}

export type StoreMode = 'add' | 'remove' | 'replace';

export interface StoreRequest extends FlagSet {
  readonly mode: StoreMode;
  /** RFC 7162 §3.1.3. */
  readonly unchangedSince: number | null;
}

export interface StoreOutcome {
  /** What the change was logged as; null: nothing had to change. */
  readonly modSeq: number | null;
  /** Changed or already as wanted. */
  readonly done: NumberSet;
  /** Not changed: modseq above UNCHANGEDSINCE. */
  readonly modified: NumberSet;
}

export interface SearchOptions {
  /** Ends the work when the client is gone. */
  readonly signal: AbortSignal;
  /** RFC 9585: told now and then how far it is. */
  readonly onProgress?: (done: number, of: number) => void;
}

export interface ThreadNode {
  /** null: a message that is not there holds its answers together. */
  readonly uid: number | null;
  readonly children: readonly ThreadNode[];
}

/** A mailbox that is open. Sequence numbers, \Recent of this session and what the client knows are the library's. */
export interface ImapMailbox {
  readonly name: string;
  readonly readOnly: boolean;
  readonly uidValidity: number;
  readonly mailboxId: string;
  /** RFC 4314 §4: letters of the rights that this account has. */
  readonly rights: string;
  /** Keywords in use, one space between. */
  keywords(): MaybePromise<string>;
  /** May a client make up keywords (\*)? */
  readonly newKeywords: boolean;
  /** Uids now, ascending, with the modseq that this state has. */
  snapshot(): MaybePromise<MailboxSnapshot>;
  /** What happened after `modSeq`. Cheap when nothing did. Rejects with mailbox-unknown when the mailbox was deleted. */
  changes(modSeq: number): MaybePromise<MailboxChanges>;
  /** Told that `changes` has something to say (any thread's commit); many commits may be told once. */
  onChange(listener: () => void): () => void;
  /**
   * From which uid on messages are \Recent for this session: no session that selected (not examined) this mailbox was
   * told of them before. Unless read-only it counts as told from now on.
   */
  claimRecent(uidNext: number): MaybePromise<number>;
  /** Messages that are there, ascending; the caller asks for at most 1,000 at a time. */
  fetch(uids: NumberSet, columns: FetchColumns): MaybePromise<readonly MessageRow[]>;
  /** In the order asked, null where the message is gone. At most 128 messages or 1 MB, or one of any size. */
  openMessages(uids: readonly number[]): MaybePromise<readonly (ImapMessage | null)[]>;
  store(uids: NumberSet, request: StoreRequest): Promise<StoreOutcome>;
  copy(uids: NumberSet, target: string): Promise<CopyOutcome>;
  move(uids: NumberSet, target: string): Promise<CopyOutcome>;
  /** Removes those of `uids` that are \Deleted; null: all. Gives what went. */
  expunge(uids: NumberSet | null): Promise<NumberSet>;
  /** RFC 7162 §3.2.5: uids removed after `modSeq`; null when that far back is not known any more. */
  expungedSince(modSeq: number): MaybePromise<NumberSet | null>;
  search(key: SearchKey, options: SearchOptions): MaybePromise<NumberSet>;
  /** RFC 5256 §3. Uids in order. */
  sort(key: SearchKey, sort: readonly SortKey[], options: SearchOptions): MaybePromise<readonly number[]>;
  thread(key: SearchKey, algorithm: ThreadAlgorithm, options: SearchOptions): MaybePromise<readonly ThreadNode[]>;
  /** RFC 7162 §3.1.5: highest modseq among these messages. */
  highestModSeq(uids: NumberSet): MaybePromise<number>;
  close(): void;
}

export interface MailboxSnapshot {
  readonly uids: Uint32Array;
  readonly uidNext: number;
  readonly highestModSeq: number;
}
