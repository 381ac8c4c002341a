// The named limits of the small HTTP server.

export const HTTP_CONNECTIONS_MAX = 64;
/** The request line and the header together. */
export const HEADER_OCTETS_MAX = 8192;
export const HTTP_REQUEST_TIMEOUT_MS = 10_000;
export const KEEP_ALIVE_TIMEOUT_MS = 75_000;
