// Bounds of the queue runner: memory, connections, batches, times. All of them named, none of them scattered.
import { QUEUE_KEYS_MAX } from '../../storage/limits.ts';

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;

/** Recipients with their addresses in memory, all sites together; what is more waits as 40-octet rows. */
export const READY_RECIPIENTS_MAX = 100_000;
/** The same for one tenant at one site. */
export const LANE_RECIPIENTS_MAX = 1_000;
/** What every lane may hold even when memory is short, so that none starves. */
export const LANE_RECIPIENTS_MIN = 20;
/** Messages up to here are read whole; longer ones are read while they are sent. */
export const WHOLE_BODY_OCTETS_MAX = 131_072;

/** Recipients of one transaction unless the server names fewer (RFC 5321 §4.5.3.1.8 promises 100). */
export const TRANSACTION_RECIPIENTS_MAX = 1_000;
/** How long a site is believed to take no more than it once said. */
export const RECIPIENTS_LIMIT_KEPT_MS = HOUR_MS;
/** How often a recipient is handed to another connection before it is deferred. */
export const UNSENT_ROUNDS_MAX = 3;

export const CONNECTIONS_MAX = 500;
export const SITE_CONNECTIONS_MAX = 20;
export const SITE_CONNECTIONS_START = 2;
/** With more connections than this, one that has nothing to do is closed at once. */
export const IDLE_CONNECTIONS_MAX = 100;
/** A further connection is opened for so many messages that wait for one. */
export const JOBS_PER_OPENING = 4;
/** A connection is left after so many messages or so long, so that it does not stick to the slowest host. */
export const CONNECTION_MESSAGES_MAX = 1_000;
export const CONNECTION_AGE_MAX_MS = 5 * MINUTE_MS;
export const CONNECTION_IDLE_MAX_MS = 3 * SECOND_MS;
/** Addresses that one attempt to connect goes through. */
export const OPENING_ADDRESSES_MAX = 5;

/** An address that takes longer than this to greet is passed over by others meanwhile. */
export const SLOW_OPENING_MS = 10 * SECOND_MS;

/** So many openings of a site may keep us waiting before no further one is begun. */
export const SLOW_OPENINGS_MAX = 3;
/** After an opening failed while other connections live, the next one waits so long. */
export const OPENING_PAUSE_MS = SECOND_MS;

/** An address that failed is passed over for this long, doubling. */
export const ADDRESS_REST_MIN_MS = 30 * SECOND_MS;
export const ADDRESS_REST_MAX_MS = 15 * MINUTE_MS;
export const ADDRESSES_REMEMBERED_MAX = 20_000;
/** A site where no address answers is left alone for this long, doubling. */
export const SITE_REST_MIN_MS = MINUTE_MS;
export const SITE_REST_MAX_MS = 15 * MINUTE_MS;

/** How long a route is used before it is asked for again. */
export const ROUTE_KEPT_MS = 10 * SECOND_MS;
export const ROUTES_KEPT_MAX = 20_000;

/** Keys of one `loadItems`, and how many are being loaded at a time. */
export const LOAD_KEYS_MAX = 200;
export const LOADING_KEYS_MAX = 1_000;
/** Rows of a page at start-up: small, so that what a page leaves behind stays young garbage. */
export const START_PAGE_ROWS = 500;
/** Retries that came due while the server was down are spread over this long. */
export const START_SPREAD_MS = 5 * MINUTE_MS;
/** Entries of one queue command's transaction. */
export const COMMAND_ENTRIES_MAX = QUEUE_KEYS_MAX;

/** Settlements of one transaction of the store. */
export const SETTLEMENTS_MAX = 500;
/** Outcomes that the store has not taken yet; above this nothing new is sent. */
export const UNWRITTEN_MAX = 2_000;
export const STORE_RETRY_MS = SECOND_MS;
export const REPORT_RETRY_MAX_MS = 5 * MINUTE_MS;

/** Waits after the first failures, the longest wait, and when the sender is told; [outbound] may set others. */
export const RETRY_FIRST_WAITS_MS: readonly number[] = [1, 5, 15, 30].map((minutes) => minutes * MINUTE_MS);
export const RETRY_MAX_MS = 4 * HOUR_MS;
/** Whatever is set, no wait is shorter. */
export const RETRY_MIN_MS = SECOND_MS;
export const DELAY_REPORT_AFTER_MS = 4 * HOUR_MS;
/** How often what is in memory is searched for expired keys. */
export const EXPIRY_SWEEP_MS = MINUTE_MS;
/** How long `stop` waits for transactions that are under way. */
export const STOP_GRACE_MS = 10 * SECOND_MS;

/** What another node may be about to send is looked at again after about this long. */
export const CLAIM_WAIT_MS = 5 * SECOND_MS;
/** How often the claims of what is under way are used. */
export const CLAIM_USE_MS = 2 * SECOND_MS;
