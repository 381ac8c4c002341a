// The named limits of the demonstration.

/** A server that is not ready by then has failed. */
export const START_TIMEOUT_MS = 30_000;
/** How long the letter may be on its way. */
export const ROAD_TIMEOUT_MS = 20_000;
/** How often the servers are asked for news. */
export const POLL_INTERVAL_MS = 25;
/** A server that drains longer is ended by force. */
export const STOP_TIMEOUT_MS = 5_000;
/** How much of a server's log is told when it fails. */
export const LOG_TAIL_CHARACTERS = 400;
export const ATTACHMENT_OCTETS = 32 * 1024;
