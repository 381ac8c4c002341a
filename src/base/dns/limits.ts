// Bounds of the stub resolver and of the small authoritative server.

/** What we say that we take by UDP (EDNS0); fits one unfragmented packet nearly everywhere. */
export const UDP_PAYLOAD_OCTETS = 1232;
/** By UDP without EDNS0, RFC 1035 §4.2.1. */
export const UDP_PLAIN_PAYLOAD_OCTETS = 512;
/** RFC 1035 §4.2.2: the length field of TCP. */
export const TCP_MESSAGE_MAX_OCTETS = 65_535;
/** Records in all sections of one answer; more is malformed to us. */
export const MESSAGE_RECORDS_MAX = 512;
/** RFC 1035 §2.3.4, without the root's dot. */
export const NAME_MAX_OCTETS = 253;
export const LABEL_MAX_OCTETS = 63;
/** CNAMEs followed for one query. */
export const CNAME_CHAIN_MAX = 12;
/** Packets with a wrong id or question before UDP is given up as under attack and TCP is asked. */
export const UDP_STRANGERS_MAX = 8;

/** How long one server may take by UDP, and by TCP. */
export const UDP_TIMEOUT_MS = 2_000;
export const TCP_TIMEOUT_MS = 4_000;
/** How long a query may take with all its retries, its time in the line included. */
export const QUERY_DEADLINE_MS = 12_000;
/** How often the whole list of servers is gone through. */
export const ROUNDS_MAX = 2;
/** Servers used of the configured ones. */
export const SERVERS_MAX = 8;
/** How long the system's list of servers is believed. */
export const SYSTEM_SERVERS_MAX_AGE_MS = 60_000;

/** Queries on the wire at a time; each has a socket of its own, for its random port. */
export const IN_FLIGHT_MAX = 256;
/** Queries that wait for one of those places; more are answered `temporary` at once. */
export const WAITING_MAX = 20_000;

export const TTL_MIN_SECONDS = 5;
export const TTL_MAX_SECONDS = 86_400;
/** RFC 2308 §5: names and types that are not there. */
export const NEGATIVE_TTL_MIN_SECONDS = 5;
export const NEGATIVE_TTL_MAX_SECONDS = 300;
/** RFC 9520 §3.2: failures are remembered too, for a short time. */
export const FAILURE_TTL_SECONDS = 5;
export const CACHE_ENTRIES_MAX = 50_000;
export const CACHE_OCTETS_MAX = 16 * 1024 * 1024;

/** TCP connections that the small authoritative server serves at a time. */
export const STATIC_SERVER_CONNECTIONS_MAX = 64;
