// Bounds on header sections and lines, RFC 5322 §2.1.1 and RFC 2047 §2.

/** Octets of a header section that reception takes; 10,000 addresses in To still fit. */
export const HEADER_MAX_OCTETS = 1024 * 1024;
/** Fields of a header section that reception takes. */
export const HEADER_FIELDS_MAX = 2_000;
/** A longer name of a field is taken for text. */
export const FIELD_NAME_MAX_OCTETS = 200;
/** RFC 5322 §2.1.1: a line must not be longer, CRLF not counted. */
export const LINE_MAX_OCTETS = 998;
/** RFC 5322 §2.1.1: a line should not be longer, CRLF not counted. */
export const LINE_FOLD_OCTETS = 78;
/** RFC 2047 §2: one encoded word. */
export const ENCODED_WORD_MAX_OCTETS = 75;
