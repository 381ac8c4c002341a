// Folding header fields, RFC 5322 §2.2.3. Unfolding gives the same text back, except where a token alone is longer than
// a line may be.
import { LINE_FOLD_OCTETS, LINE_MAX_OCTETS } from './limits.ts';

const SPACE = 0x20;
const TAB = 0x09;
const LF = 0x0a;
const COLON = 0x3a;
const COMMA = 0x2c;
const SEMICOLON = 0x3b;

/**
 * A whole field with CRLF at its end, folded before white space so that lines keep to 78 octets where they can and to
 * 998 always. `value` is one line without CR or LF (they are replaced by spaces).
 */
export function formatField(name: string, value: string): string {
  const line = `${name}: ${value.replaceAll(/[\r\n]+/g, ' ').trimEnd()}`;
  if (line.length <= LINE_FOLD_OCTETS && Buffer.byteLength(line) <= LINE_FOLD_OCTETS) return `${line}\r\n`;
  // The space after the colon is no place to fold: a line of white space alone is obsolete.
  const words = line.slice(name.length + 2).split(/(?<=[^ \t])(?=[ \t])/);
  let lineOctets = name.length + 2;
  let folded = `${name}: `;
  for (const [i, word] of words.entries()) {
    const octets = Buffer.byteLength(word);
    if (i > 0 && lineOctets + octets > LINE_FOLD_OCTETS) {
      folded += '\r\n';
      lineOctets = 0;
    }
    folded += word;
    lineOctets += octets;
  }
  const bytes = Buffer.from(`${folded}\r\n`);
  return refoldField(bytes)?.toString('utf8') ?? bytes.toString('utf8');
}

/**
 * A field with lines over 998 octets folded; null when no line is too long. Breaks before white space where there is
 * some, else after a comma or semicolon, else (never inside a UTF-8 character) at 998 octets.
 */
export function refoldField(field: Buffer): Buffer | null {
  const parts: Buffer[] = [];
  let start = 0;
  let changed = false;
  while (start < field.length) {
    const lf = field.indexOf(LF, start);
    const end = lf === -1 ? field.length : lf + 1;
    if (end - start > LINE_MAX_OCTETS + 2) {
      // The name and its colon stay together.
      foldLine(field.subarray(start, end), start === 0 ? field.indexOf(COLON) + 1 : 0, parts);
      changed = true;
    } else parts.push(field.subarray(start, end));
    start = end;
  }
  return changed ? Buffer.concat(parts) : null;
}

const CRLF = Buffer.from('\r\n');
const CRLF_SPACE = Buffer.from('\r\n ');

function foldLine(line: Buffer, nameEnd: number, parts: Buffer[]): void {
  let rest = line;
  let limit = LINE_MAX_OCTETS;
  while (rest.length > limit + 2) {
    const cut = foldPlace(rest, rest === line ? nameEnd : 0, limit);
    const next = rest[cut];
    const atSpace = next === SPACE || next === TAB;
    parts.push(rest.subarray(0, cut), atSpace ? CRLF : CRLF_SPACE);
    rest = rest.subarray(cut);
    limit = atSpace ? LINE_MAX_OCTETS : LINE_MAX_OCTETS - 1;
  }
  parts.push(rest);
}

/** Where to break a line that is longer than `limit`: as late as possible, and never leaving a line of white space. */
function foldPlace(line: Buffer, from: number, limit: number): number {
  let separator = -1;
  for (let i = limit; i > from; i--) {
    const octet = line[i];
    const previous = line[i - 1];
    if ((octet === SPACE || octet === TAB) && previous !== SPACE && previous !== TAB) return i;
    if (separator === -1 && (previous === COMMA || previous === SEMICOLON)) separator = i;
  }
  if (separator !== -1) return separator;
  let cut = limit;
  while (cut > limit - 4 && (line[cut]! & 0xc0) === 0x80) cut--;
  return cut;
}
