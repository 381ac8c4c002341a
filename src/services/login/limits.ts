// How fast one network may guess passwords.

/** Failures that cost nothing: fingers slip. */
export const FREE_FAILURES = 5;

/** The delay of the first failure beyond those; doubles with every further one. */
export const FAILURE_DELAY_FIRST_MS = 1000;
export const FAILURE_DELAY_MAX_MS = 15_000;

/** A sign-in that would wait longer for its turn is refused for now. */
export const TURN_WAIT_MAX_MS = 20_000;

/** Failures count half after this time. */
export const FAILURE_HALF_LIFE_MS = 5 * 60_000;

/** More failures than this do not count, so that an hour after an attack a network is as good as new. */
export const FAILURES_MAX = 12;

/** Below this count a network is forgotten. */
export const FAILURES_FORGOTTEN = 0.1;

/** Wrong passwords of one network that are recognised when they come again. */
export const KNOWN_FAILURES_MAX = 8;

/** Networks that are remembered; the one that failed longest ago goes first. */
export const FAILING_NETWORKS_MAX = 20_000;
