// Content transfer encodings, RFC 2045 §6.7 (quoted-printable) and §6.8 (base64).

const CR = 0x0d;
const LF = 0x0a;
const EQUALS = 0x3d;
const SPACE = 0x20;
const TAB = 0x09;
const LINE_OCTETS = 76;
const CRLF = Buffer.from('\r\n');
const HEX = Buffer.from('0123456789ABCDEF');
/** A whole number of base64 lines; bounds the strings in between. */
const BASE64_CHUNK_OCTETS = 57 * 8192;

/** Octets as base64 in lines of 76 characters, each with CRLF. */
export function encodeBase64(octets: Buffer): Buffer {
  const characters = Math.ceil(octets.length / 3) * 4;
  const lines = Math.ceil(characters / LINE_OCTETS);
  const output = Buffer.allocUnsafe(characters + 2 * lines);
  let position = 0;
  for (let start = 0; start < octets.length; start += BASE64_CHUNK_OCTETS) {
    const chunk = Buffer.from(octets.toString('base64', start, start + BASE64_CHUNK_OCTETS), 'latin1');
    for (let line = 0; line < chunk.length; line += LINE_OCTETS) {
      position += chunk.copy(output, position, line, line + LINE_OCTETS);
      position += CRLF.copy(output, position);
    }
  }
  return output;
}

/** Octets of base64 text; whatever is no base64 character is skipped. */
export function decodeBase64(text: Buffer): Buffer {
  return Buffer.from(text.toString('latin1'), 'base64');
}

/** Text as quoted-printable with lines of at most 76 octets: CRLF stays a line ending, bare CR and LF are encoded. */
export function encodeQuotedPrintable(octets: Buffer): Buffer {
  // Every octet needs at most `=XX`, and each 73 octets of output at most one `=CRLF`.
  const output = Buffer.allocUnsafe(octets.length * 3 + (Math.ceil((octets.length * 3) / 73) + 1) * 3);
  let position = 0;
  let column = 0;
  for (let i = 0; i < octets.length; i++) {
    const octet = octets[i]!;
    if (octet === CR && octets[i + 1] === LF) {
      output[position++] = CR;
      output[position++] = LF;
      column = 0;
      i++;
      continue;
    }
    const width = mayStandPlain(octets, i, column) ? 1 : 3;
    // The last column is kept for the `=` of a soft line break.
    if (column + width > LINE_OCTETS - 1) {
      output[position++] = EQUALS;
      output[position++] = CR;
      output[position++] = LF;
      column = 0;
    }
    if (width === 1) output[position++] = octet;
    else {
      output[position++] = EQUALS;
      output[position++] = HEX[octet >> 4]!;
      output[position++] = HEX[octet & 15]!;
    }
    column += width;
  }
  return output.subarray(0, position);
}

/** RFC 2045 §6.7 rules 2 and 3; a dot and `F` of `From ` at the start of a line are encoded for the sake of old hosts. */
function mayStandPlain(octets: Buffer, index: number, column: number): boolean {
  const octet = octets[index]!;
  if (octet === SPACE || octet === TAB) {
    const next = octets[index + 1];
    return next !== undefined && !(next === CR && octets[index + 2] === LF);
  }
  if (octet < 0x21 || octet > 0x7e || octet === EQUALS) return false;
  if (column !== 0) return true;
  return octet !== 0x2e && !(octet === 0x46 && octets.toString('latin1', index, index + 5) === 'From ');
}

function hexValue(octet: number | undefined): number {
  if (octet === undefined) return -1;
  if (octet >= 0x30 && octet <= 0x39) return octet - 0x30;
  const upper = octet & 0xdf;
  return upper >= 0x41 && upper <= 0x46 ? upper - 0x37 : -1;
}

/** Octets of quoted-printable text; an `=` that begins no code stays, white space at the end of lines goes. */
export function decodeQuotedPrintable(text: Buffer): Buffer {
  const output = Buffer.allocUnsafe(text.length);
  let position = 0;
  // Where white space begins that goes if a line ending follows.
  let keep = 0;
  for (let i = 0; i < text.length; i++) {
    const octet = text[i]!;
    if (octet === EQUALS) {
      const high = hexValue(text[i + 1]);
      const low = hexValue(text[i + 2]);
      if (high >= 0 && low >= 0) {
        output[position++] = (high << 4) | low;
        keep = position;
        i += 2;
        continue;
      }
      const next = softBreakEnd(text, i + 1);
      if (next !== null) {
        keep = position;
        i = next - 1;
        continue;
      }
    }
    if (octet === LF || (octet === CR && text[i + 1] === LF)) position = keep;
    output[position++] = octet;
    if (octet !== SPACE && octet !== TAB) keep = position;
  }
  return output.subarray(0, keep);
}

/** After the line ending of a soft line break, RFC 2045 §6.7 rule 5; null when there is none. */
function softBreakEnd(text: Buffer, from: number): number | null {
  let position = from;
  while (text[position] === SPACE || text[position] === TAB) position++;
  if (position >= text.length) return text.length;
  if (text[position] === CR && text[position + 1] === LF) return position + 2;
  return text[position] === LF ? position + 1 : null;
}

/** The octets that a leaf part's body stands for; null for an encoding that is not known. */
export function decodeBody(body: Buffer, encoding: string): Buffer | null {
  switch (encoding) {
    case '7bit':
    case '8bit':
    case 'binary':
      return body;
    case 'base64':
      return decodeBase64(body);
    case 'quoted-printable':
      return decodeQuotedPrintable(body);
    default:
      return null;
  }
}
