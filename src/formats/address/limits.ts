// Bounds on addresses. RFC 5321 §4.5.3.1 names what everybody must take; VERP, SRS and BATV senders go beyond 64 octets.

/** RFC 5321 §4.5.3.1.1 asks for 64; longer ones exist as return paths. Octets of UTF-8. */
export const LOCAL_PART_MAX_OCTETS = 255;
/** RFC 5321 §4.5.3.1.2 */
export const DOMAIN_MAX_OCTETS = 255;
/** RFC 1035 §2.3.4 */
export const LABEL_MAX_OCTETS = 63;
/** RFC 5321 §4.5.3.1.3 asks for 256; source routes count. Characters between and with the angle brackets. */
export const PATH_MAX_CHARACTERS = 1024;
/** Addresses taken from one header field. */
export const ADDRESS_LIST_MAX_ENTRIES = 10_000;
