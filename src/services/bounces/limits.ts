// Bounds of reports.

/** Octets of the original that are read for a report; the format keeps less. */
export const ORIGINAL_OCTETS_MAX = 131_072;
