// Bounds on the drop folder, into which any local user may put messages.

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

/** Octets of the line in front of the message: 10,000 recipients fit. */
export const DROP_HEAD_MAX_OCTETS = 1024 * 1024;
export const DROP_RECIPIENTS_MAX = 10_000;
/** Names that are looked at in one go. */
export const DROP_BATCH_MAX = 1000;
/** Messages that are handed over at a time. */
export const DROP_CONCURRENCY = 4;
/** Files that are left alone until the next try; with more the rest of the folder waits too. */
export const DROP_POSTPONED_MAX = 10_000;
/** How long a file waits that could not be taken just now. */
export const DROP_RETRY_MS = 30_000;
/** The folder is looked through so often, whether or not the system told of a change. */
export const DROP_RESCAN_MS = 5 * MINUTE_MS;
/** What a program that died left half-written, and what was set aside, goes after this long. */
export const DROP_HALF_KEPT_MS = DAY_MS;
export const DROP_BAD_KEPT_MS = 30 * DAY_MS;
