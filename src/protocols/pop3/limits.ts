// Every bound of the POP3 library. A server gets them as one object so that tests can reach each of them cheaply.

export interface Pop3Limits {
  /** RFC 2449 §4: a command line with its CRLF. */
  readonly commandLineMaxOctets: number;
  /** RFC 5034 §4: a line of an AUTH exchange, and the AUTH command with an initial response. */
  readonly authLineMaxOctets: number;
  /** Unread commands kept while one is being answered; above it the socket is not read. */
  readonly inputMaxOctets: number;
  /** Replies written but not yet taken by the client; above it no further command is answered. */
  readonly outputMaxOctets: number;
  /** Commands in a row that were refused as nonsense before the connection is closed. */
  readonly badCommandsMax: number;
  /** Failed sign-ins before the connection is closed. */
  readonly authFailuresMax: number;
  /** The first failed sign-in is answered after this delay, the second after twice as much, and so on. */
  readonly authFailureDelayMs: number;
  /** RFC 1939 §3: the autologout timer, at least 10 minutes. */
  readonly idleTimeoutMs: number;
  /** From STLS (or the start of an implicit TLS connection) to the end of the handshake. */
  readonly tlsHandshakeTimeoutMs: number;
  /** From our end of the connection to the client's. */
  readonly closeTimeoutMs: number;
}

export const POP3_LIMITS: Pop3Limits = {
  commandLineMaxOctets: 255,
  authLineMaxOctets: 12_288,
  inputMaxOctets: 65_536,
  outputMaxOctets: 262_144,
  badCommandsMax: 20,
  authFailuresMax: 3,
  authFailureDelayMs: 1_000,
  idleTimeoutMs: 10 * 60_000,
  tlsHandshakeTimeoutMs: 60_000,
  closeTimeoutMs: 10_000,
};

/** RFC 2449 §4: the first line of a response with its CRLF. */
export const REPLY_LINE_MAX_OCTETS = 512;

/** RFC 1939 §7: a unique-id is 1 to 70 characters between 0x21 and 0x7E. */
export const UIDL_MAX_OCTETS = 70;

/** Digits of a message number or line count; more cannot mean anything. */
export const NUMBER_MAX_DIGITS = 10;
