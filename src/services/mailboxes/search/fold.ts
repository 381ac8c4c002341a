// How texts are compared: by compatibility decomposition and without case, RFC 5051 in spirit (i;unicode-casemap).

// eslint-disable-next-line no-control-regex -- ASCII is the range
const ASCII = /^[\u0000-\u007f]*$/;

/** The form in which two texts are the same for a search. */
export function foldText(text: string): string {
  if (ASCII.test(text)) return text.toLowerCase();
  return text.normalize('NFKD').toUpperCase().toLowerCase();
}
