// The public face of the IMAP library.
export { IMAP_LIMITS, type ImapLimits } from './limits.ts';
export type { DateTest, SearchKey, SortField, SortKey, ThreadAlgorithm } from './search-key.ts';
export { ImapServer, type ImapServerOptions } from './server/server.ts';
export type * from './server/session.ts';
