// Every bound of the IMAP library. A server gets them as one object so that tests can reach each of them cheaply.

export interface ImapLimits {
  /** A command with its literals (those of messages excepted), once signed in. RFC 9051 §4: at least 8192. */
  readonly commandMaxOctets: number;
  /** The same before sign-in. */
  readonly commandBeforeSignInMaxOctets: number;
  /** A line of an AUTHENTICATE exchange. */
  readonly authLineMaxOctets: number;
  /** Octets of refused literals that are read and thrown away before the connection is closed instead. */
  readonly swallowMaxOctets: number;
  /** Unread input kept while a command is being answered; above it the socket is not read. */
  readonly inputMaxOctets: number;
  /** Output not yet taken by the client; above it nothing further is made. */
  readonly outputMaxOctets: number;
  /** Commands in a row that were nonsense before the connection is closed. */
  readonly badCommandsMax: number;
  /** Failed sign-ins before the connection is closed. */
  readonly authFailuresMax: number;
  /** The first failed sign-in is answered after this delay, the second after twice as much, and so on. */
  readonly authFailureDelayMs: number;
  /** RFC 9051 §5.4: the autologout timer, at least 30 minutes. */
  readonly idleTimeoutMs: number;
  /** The same before sign-in. */
  readonly signInTimeoutMs: number;
  /** Between two `* OK Still here` during IDLE: keeps the way through address translation open. */
  readonly stillHereMs: number;
  /** RFC 9585 §3: a command that takes longer says how far it is, this often. */
  readonly progressEveryMs: number;
  /** From STARTTLS (or the start of an implicit TLS connection) to the end of the handshake. */
  readonly tlsHandshakeTimeoutMs: number;
  /** From our end of the connection to the client's. */
  readonly closeTimeoutMs: number;
}

export const IMAP_LIMITS: ImapLimits = {
  commandMaxOctets: 131_072,
  commandBeforeSignInMaxOctets: 12_288,
  authLineMaxOctets: 12_288,
  swallowMaxOctets: 67_108_864,
  inputMaxOctets: 65_536,
  outputMaxOctets: 262_144,
  badCommandsMax: 20,
  authFailuresMax: 3,
  authFailureDelayMs: 1_000,
  idleTimeoutMs: 35 * 60_000,
  signInTimeoutMs: 3 * 60_000,
  stillHereMs: 2 * 60_000,
  progressEveryMs: 10_000,
  tlsHandshakeTimeoutMs: 60_000,
  closeTimeoutMs: 10_000,
};

/** Letters of a tag. */
export const TAG_MAX_OCTETS = 128;
/** Ranges in one sequence set. */
export const SET_RANGES_MAX = 16_384;
/** Search keys in one command, and how deep they may be nested. */
export const SEARCH_KEYS_MAX = 1_024;
export const SEARCH_DEPTH_MAX = 64;
/** Items in one FETCH. */
export const FETCH_ITEMS_MAX = 256;
/** Names of header fields in one section. */
export const HEADER_FIELDS_MAX = 256;
/** Part numbers of one section, e.g. 1.2.3. */
export const SECTION_DEPTH_MAX = 128;
/** Flags in one command, and letters of a keyword. */
export const FLAGS_MAX = 128;
export const KEYWORD_MAX_OCTETS = 128;
/** Octets of a mailbox name, in UTF-8. */
export const MAILBOX_NAME_MAX_OCTETS = 1_024;
/** Patterns of one LIST. */
export const LIST_PATTERNS_MAX = 64;
/** Wildcards of one pattern: matching costs at most this many times the name. */
export const PATTERN_WILDCARDS_MAX = 32;
/** RFC 2971 §3.3: fields of ID, and octets of a value. */
export const ID_FIELDS_MAX = 30;
export const ID_VALUE_MAX_OCTETS = 1_024;
/** Messages of one APPEND (MULTIAPPEND). */
export const APPEND_MESSAGES_MAX = 1_000;
/** Rows asked of a mailbox at a time. */
export const FETCH_PAGE_ROWS = 500;
/** Octets asked of a message at a time. */
export const READ_PIECE_OCTETS = 262_144;
/** Messages and octets that are opened together. */
export const OPEN_RUN_MESSAGES = 64;
export const OPEN_RUN_OCTETS = 524_288;
/** A header whose fields are picked; what is behind is not looked at. */
export const HEADER_MAX_OCTETS = 1_048_576;
/** An encoded part that BINARY decodes; what is behind is not sent. */
export const BINARY_MAX_OCTETS = 67_108_864;
/** Texts of keywords that a session remembers to have announced; beyond, FLAGS may be told once more than needed. */
export const ANNOUNCED_KEYWORDS_MAX = 1_000;
/** Characters of numbers that are written at a time. */
export const RESULT_PIECE_LENGTH = 8_000;
/** Keys of one SORT. */
export const SORT_KEYS_MAX = 16;
/** RFC 5267 §4.3.1: results that a session has kept up to date, and messages of one that SORT has put in order. */
export const RESULT_CONTEXTS_MAX = 8;
export const SORTED_CONTEXT_MESSAGES_MAX = 50_000;
/** Sources of one ESEARCH or NOTIFY, and mailboxes of one source (RFC 7377 §2.2, RFC 5465 §6). */
export const MAILBOX_FILTERS_MAX = 64;
export const FILTER_MAILBOXES_MAX = 1_024;
