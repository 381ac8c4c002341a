// The named limits of the object store.

/** How often a request is sent again after a failure that may pass. */
export const OBJECT_RETRIES_MAX = 3;
/** … and no more after so long: with one last exchange that is less than the ten minutes that a sender waits. */
export const OBJECT_TRYING_MAX_MS = 240_000;
/** The pause before the first repetition; each later one is twice as long. Random between half of it and all of it. */
export const OBJECT_RETRY_PAUSE_MS = 100;
/** Of an answer that says what went wrong. */
export const OBJECT_FAULT_MAX_BYTES = 64 * 1024;

/** Objects are read and kept in blocks of this size, */
export const OBJECT_BLOCK_BYTES = 256 * 1024;
/** so many of them with one request when one block after the other is read. */
export const OBJECT_READ_AHEAD_BLOCKS = 4;
/** The blocks that one thread keeps. */
export const OBJECT_CACHE_BYTES = 32 * 1024 * 1024;
/** Octets of a file that wait in memory on their way to the store. */
export const OBJECT_UPLOAD_PIECE_BYTES = 256 * 1024;

/** Small messages stay in the database for so long: what is relayed and removed soon is never packed. */
export const PACK_AGE_SECONDS = 3600;
/** What is packed makes objects of about this size; */
export const PACK_BYTES = 16 * 1024 * 1024;
/** as long as there is less than this, it stays in the database. */
export const PACK_MIN_BYTES = 4 * 1024 * 1024;
/** Records in one object at most. */
export const PACK_RECORDS_MAX = 5000;
/** Objects that are packed anew together, because more than half of their octets are garbage. */
export const REPACK_OBJECTS_MAX = 16;
/** Damaged records that the packer remembers, so that it does not read them in every round. */
export const DAMAGED_RECORDS_MAX = 1000;

/** An object that no row points at stays for so long by the database's clock: longer than anybody reads with an old place. */
export const OBJECT_GRACE_SECONDS = 24 * 3600;
export const OBJECT_UPKEEP_INTERVAL_MS = 60_000;
/** Objects that one round removes at most, */
export const OBJECTS_REMOVED_PER_ROUND = 1000;
/** so many at a time. */
export const OBJECTS_AT_ONCE = 8;
