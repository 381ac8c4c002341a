// Bounds of the POP3 client.

/** From a command to the end of its response. */
export const REPLY_TIMEOUT_MS = 60_000;
/** The longest response that the client keeps. */
export const RESPONSE_MAX_OCTETS = 256 * 1024 * 1024;
