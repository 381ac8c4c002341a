// Bounds on the control socket.

/** Octets of one request: an import's portion fits many times. */
export const REQUEST_MAX_OCTETS = 1024 * 1024;
/** Octets of one answer: a page of the largest listing fits. */
export const ANSWER_MAX_OCTETS = 32 * 1024 * 1024;
/** Commands that talk with the server at a time. */
export const CONTROL_CONNECTIONS_MAX = 32;
