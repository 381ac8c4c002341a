// Bounds on what one domain's DNS can make us try.

/** Hosts of one domain that are tried; RFC 5321 §5.1 asks for two at least. */
export const MX_HOSTS_MAX = 16;
/** Addresses of one host. */
export const HOST_ADDRESSES_MAX = 8;
/** A site's key is readable up to this length, a fingerprint beyond. */
export const SITE_TEXT_MAX_CHARACTERS = 100;
