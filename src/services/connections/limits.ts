// How many connections one address and one network may hold and open; each can be set in [limits].

/** Slots of the shared table; addresses beyond it share slots, which only makes limits stricter. */
export const LEDGER_SLOTS = 16_384;
/** Threads that may hold connections: protocol threads, counted from 0. */
export const LEDGER_THREADS_MAX = 32;
/** Probes before an address shares its neighbour's slot. */
export const LEDGER_PROBES_MAX = 16;
/** The window over which new connections are counted. */
export const CONNECTION_RATE_WINDOW_MS = 60_000;
