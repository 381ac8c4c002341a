// The named limits of tracing.

/** Journeys that one question is answered with, unless it asks for less. */
export const TRACE_JOURNEYS_MAX = 100;
/** Journeys that are looked at for one question: most of what an address is found in may be other people's. */
export const TRACE_CANDIDATES_MAX = 1000;
/** Steps of one journey that are shown; the newest of them are left out beyond. */
export const TRACE_STEPS_MAX = 2000;
/** Received lines that are read from one header. */
export const TRACE_HOPS_MAX = 200;
/** Addresses of one account that its messages are recognized by. */
export const TRACE_ADDRESSES_MAX = 1000;
