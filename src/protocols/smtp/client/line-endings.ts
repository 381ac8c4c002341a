// Line endings of a message on its way out, RFC 5321 §2.3.8 and §4.5.2: only CRLF, dots doubled at the start of a line.
// Works on whole buffers with native searches; without a dot at a line's start nothing is copied.
const LF = 0x0a;
const CR = 0x0d;
const DOT = 0x2e;
const LF_DOT = Buffer.from('\n.');
/** More pieces than this are cheaper to copy into one buffer than to hand to the kernel one by one. */
const PIECES_MAX = 16;

/** Whether a CR or an LF stands alone in `octets`; `before` is the octet in front of it (0: none). */
export function hasBareLineEnding(octets: Buffer, before: number): boolean {
  const { length } = octets;
  if (length === 0) return false;
  let from = 0;
  if (before === CR) {
    if (octets[0] !== LF) return true;
    from = 1;
  }
  for (;;) {
    const lf = octets.indexOf(LF, from);
    const cr = octets.indexOf(CR, from);
    // A CR at the very end waits for its LF in the next piece.
    if (lf === -1) return cr !== -1 && cr !== length - 1;
    if (cr !== lf - 1 || lf === 0) return true;
    from = lf + 1;
  }
}

/** The same octets with every dot at the start of a line doubled, as pieces of the original where possible. */
export function stuffDots(octets: Buffer, atLineStart: boolean): Buffer[] {
  const dots: number[] = [];
  if (atLineStart && octets[0] === DOT) dots.push(0);
  for (let at = octets.indexOf(LF_DOT); at !== -1; at = octets.indexOf(LF_DOT, at + 2)) dots.push(at + 1);
  if (dots.length === 0) return [octets];
  if (dots.length >= PIECES_MAX) return [copyStuffed(octets, dots)];
  const pieces: Buffer[] = [];
  let from = 0;
  for (const dot of dots) {
    // The piece ends with the dot and the next one starts with the same dot.
    pieces.push(octets.subarray(from, dot + 1));
    from = dot;
  }
  pieces.push(octets.subarray(from));
  return pieces;
}

function copyStuffed(octets: Buffer, dots: readonly number[]): Buffer {
  const stuffed = Buffer.allocUnsafe(octets.length + dots.length);
  let from = 0;
  let to = 0;
  for (const dot of dots) {
    to += octets.copy(stuffed, to, from, dot);
    stuffed[to++] = DOT;
    from = dot;
  }
  octets.copy(stuffed, to, from);
  return stuffed;
}
