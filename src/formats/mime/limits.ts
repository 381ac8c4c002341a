// Bounds on what is read of a message for IMAP and JMAP. What lies beyond stays readable: as octets of the part around it.

/** Multiparts and messages inside each other; what is deeper is shown as one opaque part. */
export const BODY_DEPTH_MAX = 100;
/** Body parts of one message; the delimiters behind the last one belong to its octets. */
export const BODY_PARTS_MAX = 5_000;
/** RFC 2046 §5.1.1 allows 70 octets; of longer ones so many are compared. */
export const BOUNDARY_COMPARED_OCTETS = 200;
/** Parameters read of one field. */
export const BODY_PARAMETERS_MAX = 100;
/** Octets read of one field's value. */
export const FIELD_VALUE_MAX_OCTETS = 1024 * 1024;
/** Addresses shown of one field in ENVELOPE. */
export const ENVELOPE_ADDRESSES_MAX = 10_000;
/** Fields of one name whose addresses ENVELOPE shows. */
export const ADDRESS_FIELDS_MAX = 200;
/** Octets of a message that a search for text looks into. */
export const SEARCH_TEXT_MAX_OCTETS = 32 * 1024 * 1024;
/** RFC 8970 §3.2: a preview should not have more characters, and must not have more than 256. */
export const PREVIEW_MAX_CHARACTERS = 200;
/** Octets of a plain text that a preview is made from. */
export const PREVIEW_PLAIN_OCTETS = 4 * 1024;
/** Octets of an HTML text that a preview is made from: styles come first. */
export const PREVIEW_HTML_OCTETS = 128 * 1024;
/** Parts among which the text of a preview is looked for. */
export const PREVIEW_PARTS_SEARCHED = 50;
/** Characters of a text that a preview is made of when they are enough. */
export const PREVIEW_START_CHARACTERS = 600;
