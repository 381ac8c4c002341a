// Encoded words, RFC 2047: reading them with any charset that the platform knows, writing them as UTF-8.
import { ENCODED_WORD_MAX_OCTETS } from './limits.ts';

// RFC 2231 §5 lets a language follow the charset. No character class overlaps its neighbour: linear.
const ENCODED_WORD = /=\?([^?\s*]+)(?:\*[^?\s]*)?\?([bq])\?([^?\s]*)\?=/gi;
const PLAIN_TEXT = /^[\x20-\x7e\t]*$/;
const PREFIX = '=?UTF-8?';
const ENCODED_TEXT_MAX = ENCODED_WORD_MAX_OCTETS - PREFIX.length - 'B??='.length;

/** Q encoding of RFC 2047 §4.2 to octets. */
function decodeQ(text: string): Buffer {
  const latin1 = text
    .replaceAll('_', ' ')
    .replaceAll(/=([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return Buffer.from(latin1, 'latin1');
}

/** Octets in a charset to text; null when the platform does not know the charset. */
export function decodeCharset(bytes: Uint8Array, charset: string): string | null {
  try {
    return new TextDecoder(charset).decode(bytes);
  } catch {
    // TextDecoder throws a RangeError for labels that it does not know; without `fatal` for nothing else.
    return null;
  }
}

/** Adjacent encoded words of one charset. */
interface Run {
  readonly charset: string;
  readonly octets: Buffer[];
  /** As it was written, for charsets that nobody knows. */
  source: string;
}

/**
 * The text with its encoded words decoded. White space between two of them is dropped (RFC 2047 §6.2), characters that
 * are split over two of one charset are put together. What cannot be decoded stays as it is.
 */
export function decodeEncodedWords(text: string): string {
  if (!text.includes('=?')) return text;
  const pieces: (string | Run)[] = [];
  let last = 0;
  for (const found of text.matchAll(ENCODED_WORD)) {
    const [source, label, encoding, encoded] = found as unknown as [string, string, string, string];
    const charset = label.toLowerCase();
    const octets = encoding.toLowerCase() === 'b' ? Buffer.from(encoded, 'base64') : decodeQ(encoded);
    const between = text.slice(last, found.index);
    last = found.index + source.length;
    const previous = pieces.at(-1);
    const adjacent = typeof previous === 'object' && between.trim() === '';
    if (!adjacent) pieces.push(between, { charset, octets: [octets], source });
    else if (previous.charset === charset) {
      previous.octets.push(octets);
      previous.source += between + source;
    } else pieces.push({ charset, octets: [octets], source });
  }
  const decoded = pieces.map((piece) =>
    typeof piece === 'string' ? piece : (decodeCharset(Buffer.concat(piece.octets), piece.charset) ?? piece.source),
  );
  return decoded.join('') + text.slice(last);
}

/** Words of at most 75 octets, separated by spaces, never splitting a character. B or Q, whichever is shorter. */
function encodeWords(text: string): string {
  const octets = Buffer.from(text.toWellFormed());
  let plain = 0;
  for (const octet of octets) if (isQSafe(octet)) plain++;
  return plain * 3 > octets.length * 2 ? encodeWithQ(text) : encodeWithB(text);
}

/** RFC 2047 §5 (3): what Q may leave as it is even in a phrase. */
function isQSafe(octet: number): boolean {
  return (octet >= 0x30 && octet <= 0x39) || (octet >= 0x41 && octet <= 0x5a) || (octet >= 0x61 && octet <= 0x7a);
}

function encodeWithQ(text: string): string {
  const words: string[] = [];
  let word = '';
  for (const character of text.toWellFormed()) {
    let encoded = '';
    for (const octet of Buffer.from(character)) {
      if (isQSafe(octet)) encoded += character;
      else encoded += octet === 0x20 ? '_' : `=${octet.toString(16).toUpperCase().padStart(2, '0')}`;
    }
    if (word.length + encoded.length > ENCODED_TEXT_MAX) {
      words.push(word);
      word = '';
    }
    word += encoded;
  }
  words.push(word);
  return words.map((encoded) => `${PREFIX}Q?${encoded}?=`).join(' ');
}

function encodeWithB(text: string): string {
  const words: string[] = [];
  const octetsMax = Math.floor(ENCODED_TEXT_MAX / 4) * 3;
  let word = '';
  let octets = 0;
  for (const character of text.toWellFormed()) {
    const size = Buffer.byteLength(character);
    if (octets + size > octetsMax) {
      words.push(word);
      word = '';
      octets = 0;
    }
    word += character;
    octets += size;
  }
  words.push(word);
  return words.map((plain) => `${PREFIX}B?${Buffer.from(plain).toString('base64')}?=`).join(' ');
}

/** Text for an unstructured field (Subject): as it is when it is ASCII without '=?', else in encoded words. */
export function encodeUnstructured(text: string): string {
  return PLAIN_TEXT.test(text) && !text.includes('=?') ? text : encodeWords(text);
}

const ATOMS = /^[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?: [A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*$/;

/** Text for a phrase (a display name): atoms, a quoted string, or encoded words. */
export function encodePhrase(text: string): string {
  if (!PLAIN_TEXT.test(text) || text.includes('=?')) return encodeWords(text);
  return ATOMS.test(text) ? text : `"${text.replaceAll(/["\\]/g, String.raw`\$&`)}"`;
}
