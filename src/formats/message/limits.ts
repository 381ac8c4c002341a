// Bounds on MIME structure, RFC 2046 §5.1.

/** Multiparts and messages inside each other. */
export const MIME_DEPTH_MAX = 50;
/** Entities in one message, the root included. */
export const MIME_PARTS_MAX = 5_000;
/** RFC 2046 §5.1.1 allows 70; longer ones exist. With its hyphens it still fits a line. */
export const BOUNDARY_MAX_OCTETS = 990;
/** Parameters read of one field. */
export const PARAMETERS_MAX = 100;
