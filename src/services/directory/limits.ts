// Bounds on following addresses to mailboxes.

/** Aliases and groups inside each other. */
export const EXPANSION_DEPTH_MAX = 10;
/** Addresses looked at for one recipient, those that lead nowhere included. */
export const EXPANSION_ADDRESSES_MAX = 20_000;
/** Alias domains inside each other. */
export const DOMAIN_ALIAS_DEPTH_MAX = 4;
/** Domains, and addresses, that a thread remembers. */
export const REMEMBERED_ENTRIES_MAX = 10_000;
