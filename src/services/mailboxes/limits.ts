// Bounds of reading mailboxes.

/** Rows that one statement reads. */
export const SNAPSHOT_PAGE_ROWS = 5_000;
/** Messages that one session sees; what is beyond shows when those before are gone. */
export const SNAPSHOT_MESSAGES_MAX = 1_000_000;
/** A message up to this size is read whole, a larger one in pieces of this size. */
export const PIECE_OCTETS = 256 * 1024;
/** What one read-ahead may hold: messages and octets. */
export const RUN_MESSAGES_MAX = 128;
export const RUN_OCTETS_MAX = 512 * 1024;
/** Messages that one write removes. */
export const REMOVE_MESSAGES_MAX = 1_000;
