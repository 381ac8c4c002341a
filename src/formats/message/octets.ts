// Fast questions about octets that decide how a message may travel: 8-bit, NUL, bare CR or LF, long lines (RFC 5322
// §2.1.1, RFC 2045 §2.7-2.9). Native searches only; no loop looks at single octets.
import { isAscii } from 'node:buffer';
import { LINE_MAX_OCTETS } from '../header/limits.ts';

const CR = 0x0d;
const LF = 0x0a;
const CHUNK_OCTETS = 64 * 1024;

/** Whether any octet is above 127. */
export function hasEightBit(octets: Buffer): boolean {
  return !isAscii(octets);
}

/** Whether any octet is 0. */
export function hasNul(octets: Buffer): boolean {
  return octets.includes(0);
}

/** Whether a CR stands without LF or a LF without CR. */
export function hasBareCrOrLf(octets: Buffer): boolean {
  for (let start = 0, end = 0; start < octets.length; start = end) {
    end = Math.min(start + CHUNK_OCTETS, octets.length);
    if (octets[end - 1] === CR && end < octets.length) end++;
    // Searching a string costs a fifth of searching a buffer: no call leaves the engine.
    if (hasBareInText(octets.toString('latin1', start, end))) return true;
  }
  return false;
}

function hasBareInText(text: string): boolean {
  for (let position = 0; ;) {
    const lf = text.indexOf('\n', position);
    const cr = text.indexOf('\r', position);
    if (lf === -1 && cr === -1) return false;
    if (cr === -1 || lf !== cr + 1) return true;
    position = lf + 1;
  }
}

/** Whether a line has more than 998 octets before its CRLF. */
export function hasLongLine(octets: Buffer): boolean {
  let lineStart = 0;
  while (octets.length - lineStart > LINE_MAX_OCTETS) {
    // The last line ending within reach of one line: most lines are never looked at.
    const lf = octets.lastIndexOf(LF, lineStart + LINE_MAX_OCTETS + 1);
    if (lf < lineStart) return true;
    lineStart = lf + 1;
  }
  return false;
}

/** The octets with every bare CR and bare LF as CRLF; the same buffer when there is none. */
export function toCrlf(octets: Buffer): Buffer {
  if (!hasBareCrOrLf(octets)) return octets;
  return Buffer.from(octets.toString('latin1').replaceAll(/\r\n|\r|\n/g, '\r\n'), 'latin1');
}
