// Bounds on what joins messages to threads.

/** Characters of a subject that its base subject is made from. */
export const SUBJECT_MAX_CHARACTERS = 1_000;
/** Octets of References or In-Reply-To that are read: from the end, where the parent is. */
export const REFERENCES_MAX_OCTETS = 32_768;
/** Message-IDs kept of one field: the first, and the last ones. */
export const REFERENCES_MAX = 100;
/** Messages above one that are looked at when another may come between: beyond, it begins a thread of its own. */
export const THREAD_DEPTH_SEARCHED = 10_000;
