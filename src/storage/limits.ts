// The named limits and sizes of storage.

/** Older ones can lose committed rows when a WAL is reset. */
export const SQLITE_VERSION_MIN = '3.51.3';
export const PAGE_BYTES = 4096;
/** How long a connection waits for a lock; only checkpoints and a starting process ever hold one. */
export const BUSY_TIMEOUT_MS = 10_000;
export const WRITER_CACHE_KIB = 64 * 1024;
export const READER_CACHE_KIB = 16 * 1024;
/** Prepared statements that a connection keeps. */
export const STATEMENTS_MAX = 500;

/** The WAL file is cut back to this when it starts anew. */
export const WAL_KEEP_BYTES = 64 * 1024 * 1024;
/** Above this the writer makes the WAL start anew. */
export const WAL_RESTART_BYTES = 128 * 1024 * 1024;
/** How long commits may wait for that. */
export const WAL_RESTART_WAIT_MS = 50;
export const CHECKPOINT_INTERVAL_MS = 100;

/** Up to here a message waits in memory for its group; beyond, it streams into a file of its own. */
export const SMALL_MESSAGE_MAX_BYTES = 256 * 1024;
/** All small messages of a process that wait. */
export const WAITING_MAX_BYTES = 64 * 1024 * 1024;
/** Octets left free in front of a large message for its trace fields; no prefix may be longer. */
export const PREFIX_MAX_BYTES = 64 * 1024;
/** A large message is written in pieces of up to this size … */
export const LARGE_WRITE_BYTES = 256 * 1024;
/** … of which a thread has so many on their way to the disk; beyond, it writes at once, which slows all its senders … */
export const WRITE_PIECES_MAX = 64;
/** … and keeps so many for the next. */
export const FREE_PIECES_MAX = 16;
/** What is no longer than this is written at once: cheaper than a round through the pool. */
export const LARGE_WRITE_NOW_BYTES = 4096;
/** A segment is sealed when it has grown beyond this. */
export const SEGMENT_ROLL_BYTES = 64 * 1024 * 1024;
/** This much of a segment is filled with zeros ahead of its use … */
export const SPARE_BYTES = 4 * 1024 * 1024;
export const SPARE_PIECE_BYTES = 256 * 1024;
/** … once a thread has shown that it will be used, */
export const SPARE_AFTER_GROUPS = 16;
/** and not more often than this. */
export const SPARE_INTERVAL_MS = 10_000;
/** The write-ahead log is laid out with this many octets before it is used. */
export const WAL_FIRST_BYTES = 4 * 1024 * 1024;
/** Octets that one group appends at most; the rest forms the next group. */
export const GROUP_MAX_BYTES = 16 * 1024 * 1024;
/** Messages in one group at most. */
export const GROUP_MAX_UNITS = 512;

/** Calls in one transaction at most. */
export const TRANSACTION_MAX_CALLS = 2000;
/** How long an unsynced write waits for company. */
export const UNSYNCED_WAIT_MS = 100;
/** Unsynced writes that wait at most before they are written anyway. */
export const UNSYNCED_MAX_CALLS = 256;

/** Segment files that a thread keeps open for reading. */
export const OPEN_SEGMENTS_MAX = 128;
/** Neighbouring records are read together up to this size. */
export const RUN_READ_BYTES = 1024 * 1024;

/** A record that arrived less than this ago is still in the page cache: it is read without a round through the pool … */
export const FRESH_READ_MS = 10_000;
/** … when it is no longer than this. */
export const FRESH_READ_MAX_BYTES = 64 * 1024;

/** Threads that may give unit ids. */
export const THREADS_MAX = 64;

export const UIDL_MAX_OCTETS = 70;
/** Steps from an alias to the last of its targets. */
export const ALIAS_DEPTH_MAX = 10;
export const ALIAS_TARGETS_MAX = 10_000;
/** Journey rows that a search reads at a time, and from which the octets of all are estimated. */
export const JOURNEY_SAMPLE_ROWS = 1000;
/** Keys that one call of the queue reads or commands at most. */
export const QUEUE_KEYS_MAX = 500;

/** Segments that compaction looks at in one go. */
export const COMPACT_SEGMENTS_MAX = 64;
/** Records that compaction moves in one transaction. */
export const MOVES_PER_CALL = 500;
export const COMPACT_INTERVAL_MS = 30_000;

/** Journey rows whose words are written in one transaction. */
export const JOURNEY_INDEX_ROWS = 250;
export const JOURNEY_INDEX_INTERVAL_MS = 100;
/** A call that took longer met a busy writer. */
export const JOURNEY_INDEX_BUSY_MS = 15;
/** Journey rows that are removed in one transaction. */
export const JOURNEY_PURGE_ROWS = 200;
export const JOURNEY_PURGE_INTERVAL_MS = 60_000;
export const JOURNEY_DAYS = 30;
export const JOURNEY_MAX_BYTES = 4 * 1024 * 1024 * 1024;
/** A longer WAL is said to the log: a reader holds it. */
export const WAL_ALARM_BYTES = 512 * 1024 * 1024;

/** Faults of one kind that `verify` reports at most; octets are all reported. */
export const VERIFY_FAULTS_PER_CHECK = 100;
export const VERIFY_PAGE_ROWS = 500;

/** Keywords of an account: the bits of two columns. */
export const KEYWORDS_MAX = 99;
/** Message-ids of one message (own, In-Reply-To, References) that join it to a conversation. */
export const THREAD_KEYS_MAX = 16;
/** Messages whose emails are looked after in the write that removes them; more are left to the upkeep. */
export const SWEEP_AT_ONCE_MAX = 1000;
/** An APPEND of a message that was stored in this folder less than this ago is not stored again. */
export const STORED_ONCE_MS = 600_000;
/** … when it is among so many last messages. */
export const STORED_ONCE_MESSAGES = 50;
/** Messages that one call copies to another account at most. */
export const COPY_ACROSS_MAX = 2000;
/** Folders of an account, names that only have others below them included. */
export const MAILBOXES_MAX = 10_000;
export const SUBSCRIPTIONS_MAX = 20_000;
/** Uids that one statement of a snapshot reads. */
export const SNAPSHOT_UIDS = 50_000;
/** Rows of the change log that are read at a time. */
export const CHANGES_PAGE_ROWS = 1000;
/** Grantees of one folder. */
export const GRANTS_MAX = 1000;
/** Octets of a large message that are kept in memory, for its header. */
export const HEAD_KEPT_BYTES = 64 * 1024;
/** Modseqs of an account that the change log goes back. */
export const LOG_MODSEQS_KEPT = 50_000;
/** Rows of it that one write forgets, and accounts that are looked at in one go. */
export const LOG_PRUNE_ROWS = 1000;
export const LOG_PRUNE_ACCOUNTS = 100;
export const LOG_PRUNE_INTERVAL_MS = 600_000;
/** Emails that one write of the upkeep looks after. */
export const SWEEP_EMAILS = 100;
export const SWEEP_INTERVAL_MS = 500;
/** Messages that are described in one go by the upkeep. */
export const DESCRIBE_EMAILS = 16;
export const DESCRIBE_INTERVAL_MS = 1000;
/** Sets of more ranges are brought into as few as their messages need. */
export const JOIN_RANGES_FROM = 32;
/** Copies into Trash may use this much of the quota, so that deleting works when the mailbox is full. */
export const TRASH_QUOTA_FACTOR = 2;
