// Bounds on what a SASL exchange may carry, in either direction.

/** A sign-in name; RFC 4616 §2 asks for at least 255 octets. */
export const NAME_MAX_OCTETS = 512;

/** A password; RFC 4616 §2 asks for at least 255 octets. */
export const PASSWORD_MAX_OCTETS = 1024;

/** Any one message of an exchange: PLAIN's three parts, or a SCRAM message with its nonces and channel binding. */
export const SASL_MESSAGE_MAX_OCTETS = 4096;

/** RFC 7677 §4: fewer iterations are not accepted from a server. */
export const SCRAM_ITERATIONS_MIN = 4096;

/** More iterations are not worked off for a server: it could hold our thread pool for hours. */
export const SCRAM_ITERATIONS_MAX = 2_000_000;

/** Random octets behind a nonce; 24 characters on the wire. */
export const SCRAM_NONCE_OCTETS = 18;
