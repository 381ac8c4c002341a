// The collations of IMAP as keys: texts are equal when their keys are, sort as their keys do octet by octet, and one is
// part of the other when its key is. i;ascii-casemap of RFC 4790 §9.2, i;unicode-casemap of RFC 5051.

const ASCII = /^[\x00-\x7f]*$/;
const LOWER_ASCII = /[a-z]+/g;
/** The few characters whose title case is not their upper case: digraphs, and Georgian, which has none. */
const TITLE_CASE: ReadonlyMap<string, string> = new Map([
  ...['\u01c4', '\u01c5', '\u01c6'].map((letter) => [letter, '\u01c5'] as const),
  ...['\u01c7', '\u01c8', '\u01c9'].map((letter) => [letter, '\u01c8'] as const),
  ...['\u01ca', '\u01cb', '\u01cc'].map((letter) => [letter, '\u01cb'] as const),
  ...['\u01f1', '\u01f2', '\u01f3'].map((letter) => [letter, '\u01f2'] as const),
]);
const SPECIAL = /[\u01c4-\u01cc\u01f1-\u01f3\u10d0-\u10ff]/;

/** RFC 4790 §9.2.1 i;ascii-casemap: a-z as A-Z, nothing else changes. */
export function casemapAscii(text: string): string {
  return ASCII.test(text) ? text.toUpperCase() : text.replaceAll(LOWER_ASCII, (letters) => letters.toUpperCase());
}

/** RFC 5051 §2 i;unicode-casemap: each character in title case, then decomposed as far as it goes. */
export function casemapUnicode(text: string): string {
  if (ASCII.test(text)) return text.toUpperCase();
  let key = '';
  for (const character of text) key += titleCase(character);
  return key.normalize('NFKD');
}

/** Simple title case: one character for one. */
function titleCase(character: string): string {
  if (SPECIAL.test(character)) return TITLE_CASE.get(character) ?? character;
  const upper = character.toUpperCase();
  return upper.length === character.length ? upper : character;
}

/** Compares two keys octet by octet of their UTF-8, as RFC 5051 §2 wants: below 0, 0 or above 0. */
export function compareKeys(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const [x, y] = [a.charCodeAt(i), b.charCodeAt(i)];
    if (x === y) continue;
    // UTF-16 would put surrogates, which are above U+FFFF, in front of U+E000 to U+FFFF.
    const isSurrogate = x >= 0xd800 && x <= 0xdfff;
    if (isSurrogate !== (y >= 0xd800 && y <= 0xdfff)) return isSurrogate ? 1 : -1;
    return x - y;
  }
  return a.length - b.length;
}
