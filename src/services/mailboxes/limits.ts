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
/** Accounts whose keywords a thread remembers, and distinct states of flags of one. */
export const KEYWORD_ACCOUNTS_MAX = 1_000;
export const KEYWORD_STATES_MAX = 10_000;
/** A folder's name, the whole path. */
export const FOLDER_NAME_MAX_OCTETS = 1_000;
export const FOLDER_DEPTH_MAX = 30;
/** Up to here a message is read whole when parts of it are asked for, and parsed again; of larger ones offsets are kept. */
export const WHOLE_READ_MAX_OCTETS = 256 * 1024;
/** Ranges of uids inside a search key that become part of the statement. */
export const SEARCH_RANGES_MAX = 32;
/** Rows that a search looks at before it lets others have their turn, and octets that it reads at a time. */
export const SEARCH_PAGE_ROWS = 500;
export const SEARCH_READ_OCTETS = 4 * 1024 * 1024;
/** Messages of together so many octets are read at once. */
export const READ_TOGETHER_MAX_OCTETS = 4 * 1024 * 1024;
/** Rows that sorting and threading read at a time. */
export const SORT_PAGE_ROWS = 2_000;

/** How often the claims of long sessions are used, so that they stay ours. */
export const LOCK_USE_MS = 2000;
