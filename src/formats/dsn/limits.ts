// Bounds on delivery status notifications.

/** A larger message is not returned whole. */
export const DSN_FULL_MAX_OCTETS = 64 * 1024;
/** Of a larger header section only the first fields are returned. */
export const DSN_HEADERS_MAX_OCTETS = 64 * 1024;
/** Recipients named in the text for people; the machine part names all. */
export const DSN_TEXT_RECIPIENTS_MAX = 50;
/** Characters of another server's words that are passed on. */
export const DSN_DIAGNOSTIC_MAX_CHARACTERS = 1_000;
/** Recipients read from a report of somebody else. */
export const DSN_PARSED_RECIPIENTS_MAX = 10_000;
