// Bounds of taking a message in.

/** A message up to this size is looked at as a whole before it is stored; a larger one streams. */
export const WHOLE_MESSAGE_MAX_BYTES = 262_144;
/** A submitted message up to this size can have its body mended; in a larger one only the header is. */
export const MENDED_MESSAGE_MAX_BYTES = 4_194_304;
/**
 * Octets of all messages of the process that wait for their header or their end: each thread has its part. Beyond, they
 * stream early; who then has sent no whole header yet is told 452 4.3.1.
 */
export const HELD_MAX_BYTES = 134_217_728;
/** What a chunk costs besides its octets: a client may send them one by one. */
export const CHUNK_OVERHEAD_BYTES = 128;
/** What was held of a message that begins to stream is written in parts of this size. */
export const HEAD_PART_BYTES = 131_072;
/** RFC 5322 §2.1.1 */
export const SUBMISSION_LINE_MAX_OCTETS = 998;
/** Hops of a loop that the refusal names. */
export const NAMED_HOPS_MAX = 4;
/** Beyond so many queued recipients the journey notes them by domain. */
export const QUEUED_EVENTS_MAX = 50;
