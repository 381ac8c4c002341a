// The named limits of the cluster engine.

export const CONNECT_TIMEOUT_MS = 5000;
/** The server cancels a statement that takes longer; a COMMIT that waits for a standby too. */
export const STATEMENT_TIMEOUT_MS = 30_000;
/** The client gives up a connection that owes an answer for longer. */
export const ANSWER_TIMEOUT_MS = 35_000;
/** How long the end of a transaction is looked up after its connection broke at COMMIT. */
export const OUTCOME_WAIT_MS = 10_000;
export const OUTCOME_LOOK_MS = 50;

/** Connections on which one thread reads. */
export const READING_CONNECTIONS = 2;
/** How often a group is done again because another transaction or a broken connection was in the way. */
export const GROUP_RETRIES_MAX = 5;
/** The longest pause before it is; random below, so that two do not meet again. */
export const RETRY_PAUSE_MAX_MS = 50;

/** Rows that one INSERT carries at most; a power of two. */
export const ROWS_PER_INSERT_MAX = 64;
/** Octets of a large message that one row carries. */
export const PIECE_BYTES = 256 * 1024;

/** NOTIFY takes a lock that all nodes share: a node sends one at most this often. */
export const NOTIFY_INTERVAL_MS = 20;
/** A node looks for others' changes at least this often. */
export const LOOK_INTERVAL_MS = 5000;
/** How long a broken listening connection rests before the next try. */
export const LISTEN_RETRY_MS = 1000;
/** Notes that one look reads at most; more are read in the next one. */
export const NOTES_PER_LOOK = 1000;
/** A node that could not look for so long must take everything for changed. */
export const NOTES_KEPT_SECONDS = 600;

export const UPKEEP_INTERVAL_MS = 30_000;
/** The node that does the upkeep has it for so long without asking again. */
export const UPKEEP_LEASE_MS = 120_000;
/** Octets of a large message whose unit did not come for so long are garbage; longer than any transaction may take. */
export const PENDING_MAX_SECONDS = 24 * 3600;
/** Segments that one round removes at most. */
export const GARBAGE_PER_ROUND = 1000;

/** A part of the queue belongs to a node for so long, unless it says again that it works on it. */
export const QUEUE_LEASE_MS = 12_000;
export const LEASE_RENEW_MS = 3000;
/** The holder stops this long before its lease ends for the others. */
export const LEASE_MARGIN_MS = 2000;
/** A lease that nobody has used for so long is given back. */
export const LEASE_UNUSED_MS = 5000;
/** What somebody else has is not asked for again before this. */
export const LEASE_REFUSED_MS = 2000;
export const LEASES_PER_STATEMENT_MAX = 500;
/** Rows of leases that ended so long ago go. */
export const LEASES_KEPT_SECONDS = 3600;
