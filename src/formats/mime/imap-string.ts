// Strings of IMAP answers, RFC 9051 §4.3 and RFC 3501 §4.3, from octets as Latin-1: quoted where every octet may stand
// between quotes, else a literal. Octets above 127 stay what they are, which only a literal can hold.

const NEEDS_CARE = /["\\\0\r\n\x80-\xff]/;
const NEEDS_LITERAL = /[\r\n\x80-\xff]/;
const LINE_ENDINGS = /\r?\n/g;
const SPACES = /[ \t]+/g;
/** A NUL cannot be said in IMAP outside of literal8: U+FFFD in UTF-8 stands for it. */
const NUL_SHOWN = '\xef\xbf\xbd';

/** A string of the grammar: quoted, or a literal. */
export function formatImapString(value: string): string {
  if (!NEEDS_CARE.test(value)) return `"${value}"`;
  const text = value.includes('\0') ? value.replaceAll('\0', NUL_SHOWN) : value;
  if (NEEDS_LITERAL.test(text)) return `{${text.length}}\r\n${text}`;
  return `"${text.replaceAll(/["\\]/g, String.raw`\$&`)}"`;
}

/** RFC 9051 §9 nstring: NIL for null. */
export function formatNstring(value: string | null): string {
  return value === null ? 'NIL' : formatImapString(value);
}

/** A field's value in one line: without its folds, a bare CR as a space. */
export function unfolded(value: string): string {
  const line = value.includes('\n') ? value.replaceAll(LINE_ENDINGS, '') : value;
  return line.includes('\r') ? line.replaceAll('\r', ' ') : line;
}

/** A text that people read: in one line, without white space at the ends, and with single spaces inside. */
export function tidied(value: string): string {
  return unfolded(value).replaceAll(SPACES, ' ').replaceAll(/^ | $/g, '');
}
