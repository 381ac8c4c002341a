// Bounds of the IMAP listeners.

/** Connections that one account may have in one thread. */
export const ACCOUNT_CONNECTIONS_MAX = 64;
