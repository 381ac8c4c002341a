// The named limits of the small HTTP server and of the client.

export const HTTP_CONNECTIONS_MAX = 64;
/** The request line and the header together. */
export const HEADER_OCTETS_MAX = 8192;
export const HTTP_REQUEST_TIMEOUT_MS = 10_000;
export const KEEP_ALIVE_TIMEOUT_MS = 75_000;

/** Connections that one client of HTTP has open at a time; more requests wait for one of them. */
export const HTTP_CLIENT_CONNECTIONS_MAX = 32;
/** A request during which so long not an octet moves is given up; it may take twice as long until that is seen. */
export const HTTP_STALL_MS = 10_000;
/** A request that takes longer is given up, whatever moves. */
export const HTTP_EXCHANGE_MAX_MS = 240_000;
