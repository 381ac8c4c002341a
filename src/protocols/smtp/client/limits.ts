// Bounds and timeouts of the SMTP client. Timeouts are the minima of RFC 5321 §4.5.3.2, except connecting: a host that
// does not answer a SYN in 5 s is passed over, because waiting 30 s for a dead MX costs its site all its throughput.

/** One reply line, with its line end; RFC 5321 §4.5.3.1.5 says 512. */
export const REPLY_LINE_OCTETS_MAX = 4_096;
/** Lines of one reply. */
export const REPLY_LINES_MAX = 200;
/** Replies that nobody asked for yet. */
export const UNSOLICITED_REPLIES_MAX = 4;
/** Longest text of a reply that is kept for reports and the journey. */
export const REPLY_TEXT_OCTETS_MAX = 1_000;

export interface ClientTimeouts {
  readonly connectMs: number;
  readonly tlsMs: number;
  readonly greetingMs: number;
  /** EHLO, STARTTLS, AUTH, RSET. */
  readonly commandMs: number;
  readonly mailMs: number;
  readonly rcptMs: number;
  readonly dataMs: number;
  /** Without progress while the message is written. */
  readonly blockMs: number;
  /** After the final dot. */
  readonly finalMs: number;
  readonly quitMs: number;
  /** The watchdog: a whole transaction, however lively, on top of the time its octets may take. */
  readonly transactionMs: number;
}

export const CLIENT_TIMEOUTS: ClientTimeouts = {
  connectMs: 5_000,
  tlsMs: 30_000,
  greetingMs: 300_000,
  commandMs: 300_000,
  mailMs: 300_000,
  rcptMs: 300_000,
  dataMs: 120_000,
  blockMs: 180_000,
  finalMs: 600_000,
  quitMs: 5_000,
  transactionMs: 1_800_000,
};

/** The slowest line that the watchdog bears, in octets a second. */
export const WATCHDOG_OCTETS_PER_SECOND_MIN = 1_000;

/** A message that is not in memory is read and written in pieces of this size. */
export const BODY_PIECE_OCTETS = 131_072;
/** A message that must be converted is held in memory whole; above this it is not converted but reported. */
export const CONVERSION_OCTETS_MAX = 67_108_864;
/** TLS sessions that are remembered, all hosts together. */
export const TLS_SESSIONS_MAX = 2_000;
