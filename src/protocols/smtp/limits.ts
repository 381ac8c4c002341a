// Bounds on what one SMTP line or parameter may hold, the same on both ends of the wire. RFC 5321 §4.5.3.1 gives the
// smallest sizes everybody must take; each extension adds the room that its parameters need.

/** RFC 5321 §4.5.3.1.4, CRLF included. */
export const COMMAND_LINE_MAX_OCTETS = 512;
/** RFC 4954 §4, §4.5: the longest line of an AUTH exchange, CRLF included. */
export const AUTH_LINE_MAX_OCTETS = 12_288;
/** RFC 1870 §3 (26), RFC 6152 §2 (17), RFC 3461 §5.1 (107), RFC 4954 §5 (500), RFC 4865 §3 (34), RFC 2852 §2 (17), RFC 6710 §3 (15), RFC 6531 §3.1 (10), RFC 8689 §2 (11). */
export const MAIL_LINE_MAX_OCTETS = COMMAND_LINE_MAX_OCTETS + 26 + 17 + 107 + 500 + 34 + 17 + 15 + 10 + 11;
/** RFC 3461 §5.1: ORCPT and NOTIFY. */
export const RCPT_LINE_MAX_OCTETS = COMMAND_LINE_MAX_OCTETS + 500;

/** RFC 3461 §4.4, in its encoded form. */
export const ENVID_MAX_CHARACTERS = 100;
/** RFC 3461 §4.2, in its encoded form. */
export const ORCPT_MAX_CHARACTERS = 500;
/** RFC 1870 §4: up to 20 digits; larger numbers than this one are counted as this one. */
export const SIZE_MAX = Number.MAX_SAFE_INTEGER;

/** What we put into one line of a reply, RFC 5321 §4.5.3.1.5, without code and CRLF. */
export const REPLY_TEXT_MAX_OCTETS = 488;
/** Lines of one reply that we send. */
export const REPLY_LINES_MAX = 50;
